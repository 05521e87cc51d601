#include "array/cells.hpp"

#include <cmath>

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

constexpr std::uint32_t kNever = 0xFFFFFFFF;  // next to no junction passes

/// For ChipVariation::normalsWithin: junctions that pass have resistance and TMR within the factor `coarse`.
std::uint32_t leastRadius(const device::ChipVariation& variation, double coarse) {
  constexpr double kSlack = 1.001;  // single-precision normals
  for (const double sigmas : {4.0, 3.5, 3.0, 2.5, 2.0, 1.5}) {
    if (variation.factorWithin(sigmas * kSlack) >= coarse) continue;
    return static_cast<std::uint32_t>(std::ceil(std::exp(-sigmas * sigmas / 2) * 4294967296.0));
  }
  return kNever;
}

}  // namespace

JunctionStates makeJunctions(const device::DeviceSet& set, const ArrayConditions& conditions,
                             const DefectMap& defects, std::uint32_t seed, std::uint32_t array,
                             double coarse) {
  const device::CellReader reader(set, conditions.read);
  const device::ChipVariation variation(set, seed, array, conditions.variation);
  const Retention retention(set, conditions, seed, array);
  const std::size_t junctions = 2 * defects.one.size();
  JunctionStates states{.g_p = reader.cell(true),
                        .g_ap = reader.cell(false),
                        .parallel = std::vector<float>(junctions),
                        .antiparallel = std::vector<float>(junctions),
                        .lost = std::vector<std::uint8_t>(junctions)};
  const auto nominal_p = static_cast<float>(states.g_p), nominal_ap = static_cast<float>(states.g_ap);
  const std::uint32_t least = conditions.retention_seconds > 0 ? kNever : leastRadius(variation, coarse);
  const auto draw = [&](Defect defect, bool broken, std::size_t junction, double x, double y) {
    if (defect == Defect::None && !broken && variation.normalsWithin(junction, least)) {
      states.parallel[junction] = nominal_p;
      states.antiparallel[junction] = nominal_ap;
      return;
    }
    const device::Shift drawn = conditions.retention_seconds > 0 ? variation.at(junction, x, y)
                                                                 : variation.resistanceAt(junction, x, y);
    states.lost[junction] = retention.lost(drawn, junction) ? 1 : 0;
    if (broken) return;  // conducts nothing
    const device::Shift shift =
        defect == Defect::Pinhole ? device::withPinhole(set, drawn, set.pinhole_area.value) : drawn;
    const double resistance = shift.ra / (shift.diameter * shift.diameter);
    const auto near = [coarse](double relative) { return relative < coarse && relative * coarse > 1; };
    const bool nominal = near(resistance) && near(shift.tmr);
    const auto cell = [&](bool parallel) {
      if (nominal) return parallel ? nominal_p : nominal_ap;
      return static_cast<float>(reader.cell(parallel, shift));
    };
    states.parallel[junction] = cell(defect != Defect::StuckAp);
    states.antiparallel[junction] = cell(defect == Defect::StuckP);
  };
  std::size_t cell = 0;
  for (int row = 0; row < defects.rows; ++row) {
    for (int col = 0; col < defects.cols; ++col, ++cell) {
      const double x = (col + 0.5) / defects.cols, y = (row + 0.5) / defects.rows;
      const bool broken = defects.open_row[static_cast<std::size_t>(row)] != 0 ||
                          defects.open_col[static_cast<std::size_t>(col)] != 0;
      draw(defects.one[cell], broken, 2 * cell, x, y);
      draw(defects.zero[cell], broken, 2 * cell + 1, x, y);
    }
  }
  return states;
}

CellGrid makeCells(const device::DeviceSet& set, const ArrayConditions& conditions,
                   std::span<const std::uint8_t> weights, const DefectMap& defects, std::uint32_t seed,
                   std::uint32_t array) {
  const JunctionStates states = makeJunctions(set, conditions, defects, seed, array);
  CellGrid grid;
  grid.rows = defects.rows;
  grid.cols = defects.cols;
  grid.g_p = states.g_p;
  grid.g_ap = states.g_ap;
  const auto conductance = [&](std::size_t junction, bool parallel) {
    return (parallel != (states.lost[junction] != 0) ? states.parallel : states.antiparallel)[junction];
  };
  for (std::size_t cell = 0; cell < weights.size(); ++cell) {
    const bool weight = weights[cell] != 0;
    grid.one.push_back(conductance(2 * cell, weight));
    grid.zero.push_back(conductance(2 * cell + 1, !weight));
  }
  return grid;
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
