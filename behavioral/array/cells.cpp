#include "array/cells.hpp"

#include "device/gaussian.hpp"
#include "device/lifetime.hpp"
#include "device/stt.hpp"

namespace neuspin::array {
namespace {

/// Which junctions have lost their state since they were written.
class Retention {
 public:
  Retention(const device::DeviceSet& set, const ArrayConditions& conditions, std::uint32_t seed,
            std::uint32_t array)
      : seconds_(conditions.retention_seconds),
        delta_(set.delta_retention.value * 300 / conditions.retention_kelvin),
        key_(device::streamKey(seed, device::Stream::Retention, array)) {
    if (set.mu0hk.given && set.ms.given && set.free_layer.given && set.curie.given) {
      tau_d_ = device::sttJunction(set, conditions.retention_kelvin).tau_d;
    }
  }

  [[nodiscard]] bool lost(const device::Shift& shift, std::uint64_t device) const {
    if (seconds_ <= 0) return false;
    const double delta = delta_ * shift.diameter * shift.diameter * shift.free_layer * shift.hk * shift.ms;
    return device::streamUniform(key_, device) < device::retentionLoss(delta, 0, seconds_, tau_d_);
  }

 private:
  double seconds_, delta_;
  double tau_d_ = 1e-9;  // of sets that do not state it
  std::uint64_t key_;
};

}  // namespace

CellGrid makeCells(const device::DeviceSet& set, const ArrayConditions& conditions,
                   std::span<const std::uint8_t> weights, const DefectMap& defects, std::uint32_t seed,
                   std::uint32_t array) {
  const device::CellReader reader(set, conditions.read);
  const device::ChipVariation variation(set, seed, array, conditions.variation);
  const Retention retention(set, conditions, seed, array);
  CellGrid grid;
  grid.rows = defects.rows;
  grid.cols = defects.cols;
  grid.g_p = reader.cell(true);
  grid.g_ap = reader.cell(false);
  grid.one.resize(weights.size());
  grid.zero.resize(weights.size());
  const auto conductance = [&](Defect defect, bool parallel, std::uint64_t device, double x, double y) {
    device::Shift shift = variation.at(device, x, y);
    if (retention.lost(shift, device)) parallel = !parallel;
    if (defect == Defect::StuckP) parallel = true;
    if (defect == Defect::StuckAp) parallel = false;
    if (defect == Defect::Pinhole) shift = device::withPinhole(set, shift, set.pinhole_area.value);
    return static_cast<float>(reader.cell(parallel, shift));
  };
  for (int row = 0; row < grid.rows; ++row) {
    for (int col = 0; col < grid.cols; ++col) {
      const std::size_t cell = grid.at(row, col);
      if (defects.open_row[static_cast<std::size_t>(row)] != 0 ||
          defects.open_col[static_cast<std::size_t>(col)] != 0) {
        continue;  // conducts nothing
      }
      const double x = (col + 0.5) / grid.cols, y = (row + 0.5) / grid.rows;
      const bool weight = weights[cell] != 0;
      grid.one[cell] = conductance(defects.one[cell], weight, 2 * cell, x, y);
      grid.zero[cell] = conductance(defects.zero[cell], !weight, 2 * cell + 1, x, y);
    }
  }
  return grid;
}

std::vector<std::uint8_t> lostStates(const device::DeviceSet& set, const ArrayConditions& conditions, int rows,
                                     int cols, std::uint32_t seed, std::uint32_t array) {
  std::vector<std::uint8_t> lost;
  if (conditions.retention_seconds <= 0) return lost;
  const device::ChipVariation variation(set, seed, array, conditions.variation);
  const Retention retention(set, conditions, seed, array);
  lost.resize(2 * static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
  for (std::size_t device = 0; device < lost.size(); ++device) {
    const auto cell = static_cast<int>(device / 2);
    const double x = (cell % cols + 0.5) / cols, y = (cell / cols + 0.5) / rows;
    lost[device] = retention.lost(variation.at(device, x, y), device) ? 1 : 0;
  }
  return lost;
}

double columnConductance(const CellGrid& grid, int col, std::span<const std::int8_t> x) {
  double sum = 0;
  for (int row = 0; row < grid.rows; ++row) {
    const std::int8_t input = x[static_cast<std::size_t>(row)];
    if (input > 0) sum += static_cast<double>(grid.one[grid.at(row, col)]);
    if (input < 0) sum += static_cast<double>(grid.zero[grid.at(row, col)]);
  }
  return sum;
}

double dotEstimate(const CellGrid& grid, double conductance, int reference_rows) {
  return (2 * conductance - reference_rows * (grid.g_p + grid.g_ap)) / (grid.g_p - grid.g_ap);
}

}  // namespace neuspin::array
