#include "array/mesh.hpp"

#include <algorithm>
#include <cmath>

namespace neuspin::array {

MeshSolver::MeshSolver(int rows, int cols, std::span<const double> g, double wire)
    : rows_(static_cast<std::size_t>(rows)),
      cols_(static_cast<std::size_t>(cols)),
      wire_(wire),
      line_(wire > 0 ? 1 / wire : 0),
      g_(g.begin(), g.end()),
      row_pivot_(g.size()),
      col_pivot_(g.size()) {
  if (wire_ == 0) return;
  // Row i: (2·line + g)a_j − line·a_{j−1} − line·a_{j+1} = g·b_ij, one `line` less at the far end. Columns
  // likewise, from the far end (row 0) to the grounded one.
  for (std::size_t i = 0; i < rows_; ++i) {
    for (std::size_t j = 0; j < cols_; ++j) {
      const double row_diagonal = g_[at(i, j)] + (j + 1 < cols_ ? 2 * line_ : line_);
      row_pivot_[at(i, j)] = 1 / (row_diagonal - (j > 0 ? line_ * line_ * row_pivot_[at(i, j - 1)] : 0));
      const double col_diagonal = g_[at(i, j)] + (i > 0 ? 2 * line_ : line_);
      col_pivot_[at(i, j)] = 1 / (col_diagonal - (i > 0 ? line_ * line_ * col_pivot_[at(i - 1, j)] : 0));
    }
  }
}

void MeshSolver::solveRows(std::span<const double> volts, const std::vector<double>& other,
                           std::vector<double>& nodes) const {
  for (std::size_t i = 0; i < rows_; ++i) {
    double carried = line_ * volts[i];
    for (std::size_t j = 0; j < cols_; ++j) {
      const std::size_t k = at(i, j);
      nodes[k] = (g_[k] * other[k] + carried) * row_pivot_[k];
      carried = line_ * nodes[k];
    }
    for (std::size_t j = cols_ - 1; j-- > 0;) {
      const std::size_t k = at(i, j);
      nodes[k] += line_ * row_pivot_[k] * nodes[k + 1];
    }
  }
}

double MeshSolver::solveCols(std::span<const double> volts, const std::vector<double>& other,
                             std::vector<double>& nodes) const {
  std::vector<double> fresh(nodes.size());
  for (std::size_t i = 0; i < rows_; ++i) {
    const bool end = i + 1 == rows_;
    for (std::size_t j = 0; j < cols_; ++j) {
      const std::size_t k = at(i, j);
      const double carried = (i > 0 ? line_ * fresh[k - cols_] : 0) + (end ? line_ * volts[j] : 0);
      fresh[k] = (g_[k] * other[k] + carried) * col_pivot_[k];
    }
  }
  for (std::size_t i = rows_ - 1; i-- > 0;) {
    for (std::size_t j = 0; j < cols_; ++j) {
      const std::size_t k = at(i, j);
      fresh[k] += line_ * col_pivot_[k] * fresh[k + cols_];
    }
  }
  double moved = 0;
  for (std::size_t k = 0; k < nodes.size(); ++k) moved = std::max(moved, std::abs(fresh[k] - nodes[k]));
  nodes.swap(fresh);
  return moved;
}

MeshSolver::Result MeshSolver::solve(std::span<const double> row_volts, std::span<const double> col_volts,
                                     double tolerance, int max_sweeps) const {
  Result result;
  result.row_current.assign(rows_, 0.0);
  result.col_current.assign(cols_, 0.0);
  if (wire_ == 0) {
    for (std::size_t i = 0; i < rows_; ++i) {
      for (std::size_t j = 0; j < cols_; ++j) {
        const double current = g_[at(i, j)] * (row_volts[i] - col_volts[j]);
        result.row_current[i] += current;
        result.col_current[j] += current;
      }
    }
    return result;
  }
  double scale = 0;
  for (const double v : row_volts) scale = std::max(scale, std::abs(v));
  for (const double v : col_volts) scale = std::max(scale, std::abs(v));
  std::vector<double> row_nodes(g_.size()), col_nodes(g_.size());
  for (std::size_t i = 0; i < rows_; ++i) {
    for (std::size_t j = 0; j < cols_; ++j) col_nodes[at(i, j)] = col_volts[j];
  }
  result.converged = false;
  while (result.sweeps < max_sweeps && !result.converged) {
    solveRows(row_volts, col_nodes, row_nodes);
    const double moved = solveCols(col_volts, row_nodes, col_nodes);
    ++result.sweeps;
    result.converged = moved <= tolerance * scale;
  }
  for (std::size_t i = 0; i < rows_; ++i)
    result.row_current[i] = line_ * (row_volts[i] - row_nodes[at(i, 0)]);
  for (std::size_t j = 0; j < cols_; ++j) {
    result.col_current[j] = line_ * (col_nodes[at(rows_ - 1, j)] - col_volts[j]);
  }
  return result;
}

std::vector<double> MeshSolver::effectiveMatrix() const {
  std::vector<double> matrix(g_.size());
  const std::vector<double> no_rows(rows_, 0.0);
  std::vector<double> col_volts(cols_, 0.0);
  for (std::size_t j = 0; j < cols_; ++j) {
    // −1 V at the end of column j alone: the current out of row driver i is what 1 V at i would send into j.
    col_volts[j] = -1;
    const Result result = solve(no_rows, col_volts);
    for (std::size_t i = 0; i < rows_; ++i) matrix[at(i, j)] = result.row_current[i];
    col_volts[j] = 0;
  }
  return matrix;
}

}  // namespace neuspin::array
