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
