// `neuspin plot`: all pictures at once.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>

#include "cli/figures.hpp"
#include "cli/sweeping.hpp"
#include "support/progress.hpp"

namespace neuspin::cli {
namespace {

struct PlotOptions : SweepOptions {
  std::string out, table = "generic28";
  std::int64_t energy_images = 1;
  bool no_sweep = false;
};

constexpr int kUnits = 1000;  // in the histograms

/// Wanted probability of the first stochastic unit of the networks.
double wantedProbability(const SweepInput& input) {
  for (const SweepNetwork& network : input.networks) {
    const Plan& plan = network.loaded.plan;
    if (plan.shared) return plan.shared->probability;
    for (const LayerPlan& layer : plan.layers) {
      if (layer.supply) return layer.supply->probability;
    }
  }
  return 0.5;
}

void addDevices(const SweepInput& input, Figures& figures, Diagnostics& diags) {
  const double p = wantedProbability(input);
  const auto add = [&](const chip::DeviceFile& file) {
    figures.emplace("switching-" + file.set.name, switchingChart(file.set, file.units.measured.get()));
    figures.emplace("trim-" + file.set.name, trimChart(file, p, kUnits));
  };
  add(input.device);
  for (const std::string& name : device::builtInSets()) {
    chip::DeviceFile file = input.device;
    const auto set = device::loadDeviceSet(name, diags);
    if (!set) continue;
    file.set = *set;
    file.units.measured = nullptr;
    add(file);  // the device file's own set is there already
  }
}

std::vector<EnergyPair> energiesOf(const SweepInput& input, const PlotOptions& options,
                                   const energy::Table& table) {
  std::vector<EnergyPair> energies;
  Progress progress("counting events", std::ssize(input.networks), options.common.quiet);
  for (const SweepNetwork& network : input.networks) {
    const Plan& plan = network.loaded.plan;
    const auto images = std::min(network.sets.test.images(), options.energy_images);
    const auto pixels =
        std::span(network.sets.test.pixels).first(static_cast<std::size_t>(images * plan.input.features));
    const auto measured =
        energy::measure(plan, network.loaded.weights, pixels, network.study.passes, network.study.seed);
    energies.push_back({.network = plan.name,
                        .passes = measured.passes,
                        .junctions = energy::breakdown(plan, measured, table, false),
                        .lfsr = energy::breakdown(plan, measured, table, true)});
    progress.update(std::ssize(energies));
  }
  return energies;
}

int plotCommand(const PlotOptions& options) {
  Diagnostics diags;
  auto table = energy::loadTable(options.table, diags);
  fmt::print(stderr, "{}", diags.render());
  if (!table) return kBadInput;
  const auto input = prepareSweep(options);
  if (!input) return kBadInput;
  energy::addDevice(input->device.set, *table);
  Figures figures;
  addDevices(*input, figures, diags);
  figures.emplace(
      "energy",
      energyChart(energiesOf(*input, options, *table),
                  fmt::format("junctions {}, energy table {} (sources of its constants: neuspin energy)",
                              input->device.set.name, table->name)));
  const bool text = options.common.json != "-";
  // Faults of either state, and of one state, which shift all sums alike.
  for (const chip::Axis& axis : chip::axes()) {
    if (options.no_sweep || (axis.name != "stuck" && axis.name != "stuck_p")) continue;
    const auto sweep = runSweep(*input, axis, axis.points, options);
    const auto gaps = gapsOf(sweep);
    addFigures(sweep, gaps, figures);
    if (text) fmt::print("{}{}", toText(sweep), selfHealingText(sweep, gaps));
  }
  if (!writeFigures(options.out, figures)) return kBadInput;
  if (text) {
    for (const auto& [name, chart] : figures) fmt::print("{}/{}.svg\n", options.out, name);
  }
  const nlohmann::json report = {
      {"folder", options.out}, {"device", toJson(input->device)}, {"figures", toJson(figures)}};
  return writeJson(options.common, report) ? kOk : kBadInput;
}

}  // namespace

void addPlot(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand(
      "plot",
      "all pictures as SVG: switching curves, units before and after trimming, energy by kind of "
      "event, accuracy against stuck cells");
  auto options = std::make_shared<PlotOptions>();
  addSweepOptions(*sub, *options);
  sub->add_option("--out", options->out, "folder to write (replaced whole if neuspin wrote it)")->required();
  sub->add_option("--table", options->table, "energy table, or a .toml file (gen/energy/README.md)")
      ->capture_default_str();
  sub->add_option("--energy-images", options->energy_images, "images whose events are counted")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  sub->add_flag("--no-sweep", options->no_sweep, "leave out the curves over chips, which take the time");
  sub->footer(
      "Example: neuspin plot examples/fashion-mlp-det examples/fashion-mlp-affine --limit 2000 --out "
      "figures");
  sub->callback([options, &run] { run = [options] { return plotCommand(*options); }; });
}

}  // namespace neuspin::cli
