#include "chip/chip.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cmath>

#include "chip/array_faults.hpp"

namespace neuspin::chip {
namespace {

device::UnitDesign designOf(const DeviceFile& file, const SupplyPlan& supply, int drive_bits) {
  const UnitSettings& units = file.units;
  return {.probability = supply.probability,
          .drive_bits = drive_bits,
          .kelvin = file.kelvin,
          .trim_kelvin = units.trim_kelvin,
          .variation = units.variation,
          .defects = units.defects,
          .sigma_p = units.model == UnitModel::Gaussian ? units.sigma_p : 0,
          .measured = units.measured,
          .first = supply.first_unit,
          .trim_bits = units.trim_bits,
          .trim_range = units.trim_range};
}

/// Tables of the supply's units, one a unit.
void makeSupply(const DeviceFile& file, int drive_bits, Chip& chip, SupplyPlan& supply) {
  if (file.units.model == UnitModel::Ideal) return;
  device::DeviceSet set = file.set;
  set.reset_fail.value = std::min(1.0, set.reset_fail.value * file.units.errors);
  set.read_error.value = std::min(1.0, set.read_error.value * file.units.errors);
  const auto bank = device::makeUnits(set, designOf(file, supply, drive_bits), chip.seed, supply.modules);
  supply.table.clear();
  supply.table_units = supply.modules;
  supply.reset_fail = bank.units.front().reset_fail;  // of all units alike
  supply.read_error = bank.units.front().read_error;
  std::vector<double> in_use;
  for (const device::UnitModel& unit : bank.units) {
    supply.table.insert(supply.table.end(), unit.table.begin(), unit.table.end());
    const double switches =
        std::ldexp(static_cast<double>(unit.table[static_cast<std::size_t>(supply.drive_code)]), -32);
    in_use.push_back(device::deliveredProbability(switches, set.reset_fail.value, set.read_error.value));
  }
  chip.supplies.push_back({.supply = supply.index,
                           .wanted = supply.probability,
                           .units = supply.modules,
                           .stuck = bank.stuck,
                           .untrimmed = bank.untrimmed,
                           .in_use = device::fitNormal(in_use)});
}

/// Share of a layer's rows that is typically driven in a read: all of ±1 inputs, half of the bits of a plane,
/// less what dropout leaves out.
double activityOf(const LayerPlan& layer) {
  const double inputs = layer.bipolar ? 1 : 0.5;
  if (layer.choice != Choice::Rows) return inputs;
  const double p = layer.supply->probability;
  return inputs * (1 - (layer.supply->whiten ? 2 * p * (1 - p) : p));
}

struct ArrayJob {
  LayerPlan* layer = nullptr;
  std::size_t tile = 0;
  ArrayReport report;
};

void makeArrays(const DeviceFile& file, int threads, Chip& chip) {
  std::vector<ArrayJob> jobs;
  for (LayerPlan& layer : chip.plan.layers) {
    layer.faults.resize(layer.tiles.size());
    if (layer.adc_bits > 0) layer.currents.resize(layer.tiles.size());
    for (std::size_t tile = 0; tile < layer.tiles.size(); ++tile) jobs.push_back({&layer, tile, {}});
  }
  tbb::task_arena arena(threads <= 0 ? tbb::task_arena::automatic : threads);
  arena.execute([&] {
    tbb::parallel_for(std::size_t{0}, jobs.size(), [&](std::size_t number) {
      ArrayJob& job = jobs[number];
      LayerPlan& layer = *job.layer;
      const auto array = static_cast<std::uint32_t>(number);
      if (layer.adc_bits == 0) {
        layer.faults[job.tile] = drawArrayFaults(file, layer.array_rows, layer.array_cols, layer.group,
                                                 chip.seed, array, job.report);
        return;
      }
      // The full scale of a converter is the counts it tells apart.
      const int counts = std::min(layer.group, (1 << layer.adc_bits) - 1);
      const ConverterReads reads{layer.group, counts, activityOf(layer)};
      auto drawn =
          drawArrayCurrents(file, layer.array_rows, layer.array_cols, reads, chip.seed, array, job.report);
      layer.faults[job.tile] = std::move(drawn.flipped);
      layer.currents[job.tile] = std::move(drawn.currents);
    });
  });
  for (const ArrayJob& job : jobs) {
    ArrayReport& sum = chip.arrays;
    sum.arrays += job.report.arrays;
    sum.junctions += job.report.junctions;
    sum.high += job.report.high;
    sum.low += job.report.low;
    sum.flipped += job.report.flipped;
    sum.defects += job.report.defects;
    sum.after_repair += job.report.after_repair;
  }
}

/// Columns are numbered over all arrays of the chip.
void makeNoise(const DeviceFile& file, Chip& chip) {
  std::uint32_t column = 0;
  for (LayerPlan& layer : chip.plan.layers) {
    if (layer.adc_bits > 0) {
      if (auto sigma = readNoiseTable(file, layer.group); !sigma.empty())
        layer.noise = {std::move(sigma), column};
    }
    column += static_cast<std::uint32_t>(layer.tiles.size()) * static_cast<std::uint32_t>(layer.array_cols);
  }
}

}  // namespace

Chip makeChip(const Plan& plan, const DeviceFile& file, std::uint32_t seed, int threads) {
  Chip chip{.seed = seed, .plan = plan, .supplies = {}, .arrays = {}};
  chip.plan.chip = fmt::format("{} {}", file.set.name, seed);
  const int drive_bits = plan.target.drive_bits;
  if (chip.plan.shared) makeSupply(file, drive_bits, chip, *chip.plan.shared);
  for (LayerPlan& layer : chip.plan.layers) {
    if (layer.supply) makeSupply(file, drive_bits, chip, *layer.supply);
  }
  makeArrays(file, threads, chip);
  makeNoise(file, chip);
  return chip;
}

}  // namespace neuspin::chip
