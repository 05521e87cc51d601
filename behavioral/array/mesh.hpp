// IR drop in an input-driven crossbar: every row line is driven at its first column, every column line ends
// at a virtual ground beyond its last row, `wire` Ohm a cell on both.
#pragma once

#include <span>
#include <vector>

namespace neuspin::array {

/// Currents into the ends of the column lines for frozen cells. Solved by exact tridiagonal solves of all row
/// lines, then of all column lines, in turn, until the voltages move by less than the tolerance: some ten
/// sweeps unless the wires dominate.
class MeshSolver {
 public:
  /// g: S, >= 0, [row][col]; wire >= 0.
  MeshSolver(int rows, int cols, std::span<const double> g, double wire);

  struct Result {
    std::vector<double> row_current, col_current;  ///< A, out of the row drivers and into the column ends
    int sweeps = 0;
    bool converged = true;
  };
  /// Row and column ends held at these voltages.
  [[nodiscard]] Result solve(std::span<const double> row_volts, std::span<const double> col_volts,
                             double tolerance = 1e-10, int max_sweeps = 1000) const;

  /// The matrix E with column currents = Eᵀ·row voltages, S, [row][col], exact for this array whatever the
  /// input: one solve a column, since the network is reciprocal. Rows must not float (a dropped row is held
  /// at 0 V here).
  [[nodiscard]] std::vector<double> effectiveMatrix() const;

 private:
  [[nodiscard]] std::size_t at(std::size_t row, std::size_t col) const { return row * cols_ + col; }
  void solveRows(std::span<const double> volts, const std::vector<double>& other,
                 std::vector<double>& nodes) const;
  double solveCols(std::span<const double> volts, const std::vector<double>& other,
                   std::vector<double>& nodes) const;

  std::size_t rows_, cols_;
  double wire_, line_;                             // Ohm, S of one cell's wire
  std::vector<double> g_, row_pivot_, col_pivot_;  // pivots: reciprocal, of the tridiagonal factorisations
};

}  // namespace neuspin::array
