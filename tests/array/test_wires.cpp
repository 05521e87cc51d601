// IR drop against nodal analysis: Kirchhoff's equations of the whole network as one sparse system, solved
// directly.
#include <Eigen/SparseCholesky>
#include <Eigen/SparseCore>

#include "array/ladder.hpp"
#include "array/mesh.hpp"
#include "array_fixture.hpp"

using namespace neuspin;
using namespace neuspin::array;

namespace {

/// Node equations: conductances between unknown nodes or to a fixed voltage.
class Nodes {
 public:
  explicit Nodes(int count) : count_(count), right_(Eigen::VectorXd::Zero(count)) {}
  void between(int a, int b, double g) {
    entries_.emplace_back(a, a, g);
    entries_.emplace_back(b, b, g);
    entries_.emplace_back(a, b, -g);
    entries_.emplace_back(b, a, -g);
  }
  void toVoltage(int a, double volts, double g) {
    entries_.emplace_back(a, a, g);
    right_[a] += g * volts;
  }
  Eigen::VectorXd solve() const {
    Eigen::SparseMatrix<double> matrix(count_, count_);
    matrix.setFromTriplets(entries_.begin(), entries_.end());
    const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> solver(matrix);
    return solver.solve(right_);
  }

 private:
  int count_;
  std::vector<Eigen::Triplet<double>> entries_;
  Eigen::VectorXd right_;
};

/// Currents into the column ends of the input-driven mesh.
std::vector<double> nodalMesh(int rows, int cols, const std::vector<double>& g, double wire,
                              const std::vector<double>& volts) {
  Nodes nodes(2 * rows * cols);
  const auto row_node = [&](int i, int j) { return i * cols + j; };
  const auto col_node = [&](int i, int j) { return rows * cols + i * cols + j; };
  for (int i = 0; i < rows; ++i) {
    nodes.toVoltage(row_node(i, 0), volts[static_cast<std::size_t>(i)], 1 / wire);
    for (int j = 0; j < cols; ++j) {
      nodes.between(row_node(i, j), col_node(i, j), g[static_cast<std::size_t>(i * cols + j)]);
      if (j + 1 < cols) nodes.between(row_node(i, j), row_node(i, j + 1), 1 / wire);
      if (i + 1 < rows) nodes.between(col_node(i, j), col_node(i + 1, j), 1 / wire);
    }
  }
  for (int j = 0; j < cols; ++j) nodes.toVoltage(col_node(rows - 1, j), 0, 1 / wire);
  const auto v = nodes.solve();
  std::vector<double> current(static_cast<std::size_t>(cols));
  for (int j = 0; j < cols; ++j) current[static_cast<std::size_t>(j)] = v[col_node(rows - 1, j)] / wire;
  return current;
}

/// Current of a column with bit line driven by 1 V and source line grounded at the same end.
double nodalColumn(const std::vector<double>& g, double wire) {
  const int n = static_cast<int>(g.size());
  Nodes nodes(2 * n);
  nodes.toVoltage(0, 1, 1 / wire);
  nodes.toVoltage(n, 0, 1 / wire);
  for (int k = 0; k < n; ++k) {
    nodes.between(k, n + k, g[static_cast<std::size_t>(k)]);
    if (k + 1 < n) {
      nodes.between(k, k + 1, 1 / wire);
      nodes.between(n + k, n + k + 1, 1 / wire);
    }
  }
  return nodes.solve()[n] / wire;
}

/// Random balanced columns through the ladder: slope of the estimate against the product.
LineFit ladderFit(double r_p, int rows, int columns, double wire) {
  Random random(11);
  const double g_p = 1 / r_p, g_ap = g_p / 2.5;
  std::vector<double> ideal, read, g(static_cast<std::size_t>(rows));
  for (int c = 0; c < columns; ++c) {
    int matches = 0;
    for (auto& cell : g) {
      const bool match = random.uniform() < 0.5;
      matches += match ? 1 : 0;
      cell = match ? g_p : g_ap;
    }
    ideal.push_back(2 * matches - rows);
    read.push_back((2 * ladderConductance(g, wire) - rows * (g_p + g_ap)) / (g_p - g_ap));
  }
  return fitLine(ideal, read);
}

/// What the sum over cells says of random reads less what the converter finds: mean and standard deviation,
/// matches. Cells spread by `spread`.
struct Misread {
  double mean = 0, sigma = 0;
};
Misread misread(const GroupLadder& ladder, int rows, double activity, double spread, int reads) {
  Random random(15);
  const LinearMatches linear = linearMatches(ladder, rows, activity);
  const double step = ladder.g_p - ladder.g_ap, mean = (ladder.g_p + ladder.g_ap) / 2;
  std::vector<double> g(static_cast<std::size_t>(rows));
  std::vector<int> driven(g.size());
  double sum = 0, squares = 0;
  for (int read = 0; read < reads; ++read) {
    double matches = 0;
    for (std::size_t row = 0; row < g.size(); ++row) {
      driven[row] = random.uniform() < activity ? 1 : 0;
      const double cell =
          (random.uniform() < 0.5 ? ladder.g_p : ladder.g_ap) * (1 + spread * random.normal());
      g[row] = driven[row] * cell;
      if (driven[row] != 0) matches += linear.middle + linear.slope[row] * (cell - mean) / step;
    }
    const double off = matches - exactMatches(ladder, g, driven);
    sum += off;
    squares += off * off;
  }
  return {sum / reads, std::sqrt(squares / reads - sum / reads * (sum / reads))};
}

struct BinaryMesh {
  std::vector<double> plus, minus;
  std::vector<int> weight;
};

/// Two arrays of ±1 weights, R_P, TMR 150 %.
BinaryMesh binaryMesh(int n, double r_p, Random& random) {
  BinaryMesh mesh;
  for (int k = 0; k < n * n; ++k) {
    mesh.weight.push_back(random.uniform() < 0.5 ? -1 : 1);
    mesh.plus.push_back(mesh.weight.back() > 0 ? 1 / r_p : 1 / (2.5 * r_p));
    mesh.minus.push_back(mesh.weight.back() < 0 ? 1 / r_p : 1 / (2.5 * r_p));
  }
  return mesh;
}

double meshGain(int n, double r_p, double wire) {
  Random random(13);
  const BinaryMesh mesh = binaryMesh(n, r_p, random);
  const MeshSolver plus(n, n, mesh.plus, wire), minus(n, n, mesh.minus, wire);
  const std::vector<double> ground(static_cast<std::size_t>(n), 0.0);
  std::vector<double> ideal, read;
  for (int k = 0; k < 4; ++k) {
    std::vector<double> volts;
    for (const auto x : random.input(n)) volts.push_back(0.1 * x);
    const auto up = plus.solve(volts, ground), down = minus.solve(volts, ground);
    BOOST_TEST((up.converged && down.converged));
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int i = 0; i < n; ++i)
        sum += volts[static_cast<std::size_t>(i)] / 0.1 * mesh.weight[static_cast<std::size_t>(i * n + j)];
      ideal.push_back(sum);
      read.push_back(
          (up.col_current[static_cast<std::size_t>(j)] - down.col_current[static_cast<std::size_t>(j)]) /
          0.1 / (0.6 / r_p));
    }
  }
  return fitLine(ideal, read).slope;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wires)

BOOST_AUTO_TEST_CASE(ladder_equals_nodal_analysis) {
  Random random(10);
  for (const int n : {1, 2, 17, 128}) {
    for (const double wire : {0.01, 1.0, 50.0}) {
      std::vector<double> g(static_cast<std::size_t>(n));
      for (auto& cell : g) cell = n > 1 && random.uniform() < 0.1 ? 0 : 1e-6 + 4e-4 * random.uniform();
      BOOST_TEST(std::abs(ladderConductance(g, wire) / nodalColumn(g, wire) - 1) < 1e-9, n << " " << wire);
    }
  }
}

BOOST_AUTO_TEST_CASE(ladder_gain) {
  BOOST_TEST(std::abs(ladderFit(1e6, 128, 4000, 1).slope - 0.9850) < 0.01);
  BOOST_TEST(std::abs(ladderFit(50e3, 256, 8000, 1).slope - 0.444) < 0.01);
  BOOST_TEST(std::abs(ladderFit(4e3, 64, 20000, 1).slope - 0.486) < 0.015);
  BOOST_TEST(std::abs(ladderFit(50e3, 128, 4000, 1).residual - 1.2) < 0.1);
  BOOST_TEST(std::abs(ladderFit(1e6, 256, 4000, 1).residual - 0.38) < 0.05);
  const LineFit ideal = ladderFit(50e3, 256, 100, 0);
  BOOST_TEST(std::abs(ideal.slope - 1) < 1e-12);
  BOOST_TEST(ideal.residual < 1e-9);
  const double g[] = {1e-5, 2e-5, 3e-5};
  BOOST_TEST(ladderConductance(g, 0) == 3e-5 + 2e-5 + 1e-5);  // exactly the sum
}

BOOST_AUTO_TEST_CASE(a_group_is_a_column_of_which_the_rest_is_silent) {
  Random random(16);
  constexpr std::size_t kRows = 24, kGroup = 4;
  std::vector<double> column(kRows);
  for (const std::size_t first : {0U, 4U, 20U}) {
    std::ranges::fill(column, 0.0);
    for (std::size_t k = first; k < first + kGroup; ++k) column[k] = 1e-4 * (1 + random.uniform());
    const GroupLadder ladder{.g_p = 2e-4, .g_ap = 1e-4, .wire = 30, .before = static_cast<int>(first)};
    const double seen = groupConductance(ladder, std::span(column).subspan(first, kGroup));
    BOOST_TEST(std::abs(seen / nodalColumn(column, 30) - 1) < 1e-9);
  }
}

// The references share the wires: no match and all matches are told exactly, and what is between is bent up.
BOOST_AUTO_TEST_CASE(matches_between_the_references) {
  const GroupLadder ladder{.g_p = 1.7e-4, .g_ap = 0.85e-4, .wire = 1, .before = 248};
  const std::vector<int> all(8, 1), some = {1, 0, 1, 1, 0, 0, 0, 0}, none(8, 0);
  const auto cells = [&](const std::vector<int>& driven, int parallel) {
    std::vector<double> g;
    for (const int drives : driven) g.push_back(drives * (parallel-- > 0 ? ladder.g_p : ladder.g_ap));
    return g;
  };
  BOOST_TEST(std::abs(exactMatches(ladder, cells(all, 0), all)) < 1e-12);
  BOOST_TEST(std::abs(exactMatches(ladder, cells(all, 8), all) - 8) < 1e-12);
  BOOST_TEST(std::abs(exactMatches(ladder, cells(some, 8), some) - 3) < 1e-12);
  BOOST_TEST(exactMatches(ladder, cells(none, 8), none) == 0);
  const double half = exactMatches(ladder, cells(all, 4), all);
  BOOST_TEST((half > 4.3 && half < 4.6), half);
}

// The farthest group of 256 rows, 1 Ohm a cell. Without the wires in it a sum would be off by its bend, 0.3
// matches of a group of 8 at 6 kOhm (junction and access transistor of stt40).
BOOST_AUTO_TEST_CASE(sums_over_cells_stand_for_the_ladder) {
  const struct {
    double r_p;
    int group;
    double mean, sigma;  // most
  } cases[] = {{6e3, 8, 0.013, 0.085},   {6e3, 32, 0.02, 0.19},    {50e3, 8, 0.003, 0.015},
               {50e3, 32, 0.008, 0.065}, {1e6, 8, 0.00015, 0.001}, {1e6, 32, 0.0006, 0.005}};
  for (const auto& [r_p, group, mean, sigma] : cases) {
    for (const double activity : {1.0, 0.75, 0.5}) {
      for (const double spread : {0.0, 0.08}) {
        GroupLadder ladder{.g_p = 1 / r_p, .g_ap = 0.5 / r_p, .wire = 1, .before = 256 - group};
        const Misread off = misread(ladder, group, activity, spread, 20000);
        BOOST_TEST_MESSAGE("R_P " << r_p << ", group " << group << ", activity " << activity << ", spread "
                                  << spread << ": off by " << off.mean << " +- " << off.sigma << " matches");
        BOOST_TEST(std::abs(off.mean) < mean);
        BOOST_TEST(off.sigma < sigma);
        ladder.wire = 0;
        const Misread exact = misread(ladder, group, activity, spread, 100);
        BOOST_TEST(std::abs(exact.mean) + exact.sigma < 1e-12);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(mesh_equals_nodal_analysis) {
  Random random(12);
  for (const auto& [rows, cols] : {std::pair{32, 32}, {5, 40}, {40, 3}, {1, 1}}) {
    for (const double wire : {0.1, 1.0, 20.0}) {
      std::vector<double> g(static_cast<std::size_t>(rows * cols)), volts(static_cast<std::size_t>(rows));
      for (auto& cell : g) cell = 1e-6 + 2e-4 * random.uniform();
      for (auto& v : volts) v = random.uniform() - 0.5;
      const MeshSolver solver(rows, cols, g, wire);
      const auto result = solver.solve(volts, std::vector<double>(static_cast<std::size_t>(cols), 0.0));
      BOOST_TEST(result.converged);
      const auto exact = nodalMesh(rows, cols, g, wire, volts);
      double largest = 0;
      for (const double current : exact) largest = std::max(largest, std::abs(current));
      for (std::size_t j = 0; j < exact.size(); ++j) {
        BOOST_TEST(std::abs(result.col_current[j] - exact[j]) < 1e-6 * largest,
                   rows << "x" << cols << " " << wire);
      }
      double in = 0, out = 0;  // no current is lost
      for (const double c : result.row_current) in += c;
      for (const double c : result.col_current) out += c;
      BOOST_TEST(std::abs(in - out) < 1e-6 * largest * cols);
    }
  }
}

BOOST_AUTO_TEST_CASE(mesh_gain) {
  const double far = meshGain(128, 1e6, 1), middle = meshGain(128, 50e3, 1), near = meshGain(128, 5e3, 1);
  BOOST_TEST(std::abs(far - 0.9922) < 0.001, far);
  BOOST_TEST(std::abs(middle - 0.861) < 0.006, middle);
  BOOST_TEST((near > 0.349 && near < 0.364), near);
  BOOST_TEST(std::abs(meshGain(16, 50e3, 0) - 1) < 1e-12);
  // First order: 1/(1 + (2/3)·g_mean·wire·N²).
  BOOST_TEST(std::abs(middle - 1 / (1 + 2.0 / 3 * 0.7 / 50e3 * 128 * 128)) < 0.01);
}

BOOST_AUTO_TEST_CASE(effective_matrix_replaces_the_mesh) {
  constexpr int kRows = 20, kCols = 24;
  Random random(14);
  std::vector<double> g(kRows * kCols), volts(kRows);
  for (auto& cell : g) cell = 1e-5 + 2e-4 * random.uniform();
  const MeshSolver solver(kRows, kCols, g, 5);
  const auto matrix = solver.effectiveMatrix();
  for (int k = 0; k < 3; ++k) {
    for (auto& v : volts) v = random.uniform() - 0.5;
    const auto exact = solver.solve(volts, std::vector<double>(kCols, 0.0)).col_current;
    for (std::size_t j = 0; j < kCols; ++j) {
      double sum = 0;
      for (std::size_t i = 0; i < kRows; ++i) sum += matrix[i * kCols + j] * volts[i];
      BOOST_TEST(std::abs(sum - exact[j]) < 1e-10);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
