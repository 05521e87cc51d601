#include "cli/sweeping.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/method.hpp"
#include "support/progress.hpp"

namespace neuspin::cli {

void addSweepOptions(CLI::App& app, SweepOptions& options) {
  addCommonOfSeveral(app, options.specs, "network.toml files or their folders, all of one task",
                     options.common);
  addDevice(app, options.device);
  app.add_option("--chips", options.chips, "chips at every point, with consecutive seeds")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  addTestSet(app, options.quality);
}

std::optional<SweepInput> prepareSweep(const SweepOptions& options) {
  SweepInput input;
  bool complete = true;
  for (const std::string& spec : options.specs) {
    Common common = options.common;
    common.network = spec;
    auto loaded = load(common);
    complete = complete && loaded;
    if (loaded) input.networks.push_back({std::move(*loaded), {}, {}, {}, {}});
  }
  if (!complete) return std::nullopt;
  Diagnostics diags;
  const auto device = readDevice(options.device, diags);
  input.device = device ? *device : chip::sweepChip();
  const Loaded& first = input.networks.front().loaded;
  for (SweepNetwork& network : input.networks) {
    checkFits(first, network.loaded, diags);
    network.study = studyOptions(options.quality, network.loaded, diags);
    network.method = methodOf(network.loaded.network);
  }
  for (SweepNetwork& network : input.networks) {
    if (diags.hasErrors()) break;
    if (auto sets = readSets(options.quality, network.loaded.plan, network.loaded.network.file, diags))
      network.sets = std::move(*sets);
  }
  fmt::print(stderr, "{}", diags.render());
  if (diags.hasErrors()) return std::nullopt;
  for (SweepNetwork& network : input.networks)
    network.ideal = studyIdeal(network.loaded, network.sets, network.study);
  return input;
}

evaluate::Sweep runSweep(const SweepInput& input, const chip::Axis& axis, const std::vector<double>& points,
                         const SweepOptions& options) {
  evaluate::Sweep sweep{.axis = std::string(axis.name),
                        .label = std::string(axis.label),
                        .logarithmic = axis.logarithmic,
                        .images = input.networks.front().sets.test.images(),
                        .curves = {}};
  const std::int64_t all = std::ssize(input.networks) * std::ssize(points) * options.chips;
  Progress progress(fmt::format("chips along {}", axis.name), all, options.common.quiet);
  std::int64_t done = 0;
  for (const SweepNetwork& network : input.networks) {
    evaluate::SweepCurve curve{.network = network.loaded.plan.name,
                               .method = network.method,
                               .passes = network.ideal.passes,
                               .ideal = network.ideal.seeds.front(),
                               .points = {}};
    for (const double value : points) {
      auto chips = studyChips(network.loaded, axis.at(input.device, value), options.chips, network.sets,
                              network.study, [&](const chip::Chip&) { progress.update(++done); });
      curve.points.push_back({value, std::move(chips)});
    }
    sweep.curves.push_back(std::move(curve));
  }
  progress.finish();
  return sweep;
}

std::vector<evaluate::Gap> gapsOf(const evaluate::Sweep& sweep) {
  std::vector<evaluate::Gap> gaps;
  const auto base = std::ranges::find(sweep.curves, kDeterministic, &evaluate::SweepCurve::method);
  if (base == sweep.curves.end()) return gaps;
  for (const bool affine : {true, false}) {
    for (auto curve = sweep.curves.begin(); curve != sweep.curves.end(); ++curve) {
      if (curve != base && (curve->method == kAffine) == affine)
        gaps.push_back(evaluate::gapBetween(*curve, *base));
    }
  }
  return gaps;
}

bool showsSelfHealing(const evaluate::Sweep& sweep, const std::vector<evaluate::Gap>& gaps) {
  return !gaps.empty() &&
         std::ranges::find(sweep.curves, kAffine, &evaluate::SweepCurve::method) != sweep.curves.end();
}

std::string selfHealingText(const evaluate::Sweep& sweep, const std::vector<evaluate::Gap>& gaps) {
  if (!showsSelfHealing(sweep, gaps))
    return "self-healing: give a deterministic network and one with inverted normalisation to compare them\n";
  return toText(gaps.front(), sweep, {gaps.begin() + 1, gaps.end()});
}

}  // namespace neuspin::cli
