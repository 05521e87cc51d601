// `neuspin sweep`: robustness curves over many chips.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/figures.hpp"
#include "cli/sweeping.hpp"

namespace neuspin::cli {
namespace {

struct SweepCommandOptions : SweepOptions {
  std::vector<std::string> axes;
  std::vector<double> points;
  std::string plots;
};

std::vector<std::string> axisNames() {
  std::vector<std::string> names;
  for (const chip::Axis& axis : chip::axes()) names.emplace_back(axis.name);
  return names;
}

/// The axes asked for, each once, in the order of chip::axes().
std::vector<const chip::Axis*> axesOf(const SweepCommandOptions& options, Diagnostics& diags) {
  std::vector<const chip::Axis*> chosen;
  for (const chip::Axis& axis : chip::axes()) {
    if (options.axes.empty() || std::ranges::find(options.axes, axis.name) != options.axes.end())
      chosen.push_back(&axis);
  }
  if (options.points.empty()) return chosen;
  if (chosen.size() != 1) {
    diags.error("points-of-several-axes", {.file = "--points"}, "points belong to one axis",
                "name it with --axis, or leave --points out");
    return chosen;
  }
  const chip::Axis& axis = *chosen.front();
  for (const double value : options.points) {
    if (value >= axis.low && value <= axis.high) continue;
    diags.error("point-out-of-range", {.file = "--points"},
                fmt::format("{:g} is not on the axis {}", value, axis.name),
                fmt::format("values from {:g} to {:g} ({})", axis.low, axis.high, axis.label));
  }
  if (!std::ranges::is_sorted(options.points, std::less_equal<>()) || options.points.size() < 2)
    diags.error("points-in-order", {.file = "--points"},
                "a curve takes two points or more, each larger than the one before",
                "sort them, without repetitions");
  return chosen;
}

/// Takes out the axes that no network shows, which is an error where they were asked for by name.
void keepAxesOf(const SweepInput& input, const SweepCommandOptions& options,
                std::vector<const chip::Axis*>& axes, Diagnostics& diags) {
  const bool converters = std::ranges::any_of(input.networks, [](const SweepNetwork& network) {
    return std::ranges::any_of(network.loaded.plan.layers,
                               [](const LayerPlan& layer) { return layer.adc_bits > 0; });
  });
  if (converters) return;
  for (const chip::Axis* axis : axes) {
    if (options.axes.empty() || !axis->converters) continue;
    diags.error("axis-without-effect", {.file = "--axis"},
                fmt::format("{} acts on columns that sum currents, and no network here has any", axis->name),
                "give --target a file with sensing = \"adc\" in [array], or leave this axis out");
  }
  std::erase_if(axes, [](const chip::Axis* axis) { return axis->converters; });
}

/// Of inverted normalisation on the axis where it is largest.
struct LargestGap {
  const chip::Axis* axis = nullptr;
  evaluate::Gap gap;
  void offer(const chip::Axis& on, const evaluate::Gap& other) {
    if (axis != nullptr && mean() >= other.over_chips[other.largest].mean) return;
    axis = &on;
    gap = other;
  }
  [[nodiscard]] double mean() const { return gap.over_chips[gap.largest].mean; }
};

nlohmann::json largestJson(const LargestGap& largest) {
  return {{"axis", largest.axis->name},
          {"value", largest.gap.values[largest.gap.largest]},
          {"gap", evaluate::toJson(largest.gap.over_chips[largest.gap.largest])},
          {"ideal", largest.gap.ideal},
          {"seen", largest.gap.seen()}};
}

int sweepCommand(const SweepCommandOptions& options) {
  Diagnostics diags;
  const auto fail = [&] {
    fmt::print(stderr, "{}", diags.render());
    return kBadInput;
  };
  auto axes = axesOf(options, diags);
  if (diags.hasErrors()) return fail();
  const auto input = prepareSweep(options);
  if (!input) return kBadInput;
  keepAxesOf(*input, options, axes, diags);
  if (diags.hasErrors()) return fail();
  const bool text = options.common.json != "-";
  if (text) fmt::print("{}", toText(input->device));
  nlohmann::json report = {
      {"device", toJson(input->device)}, {"chips", options.chips}, {"sweeps", nlohmann::json::array()}};
  Figures figures;
  LargestGap largest;
  for (const chip::Axis* axis : axes) {
    const auto sweep =
        runSweep(*input, *axis, options.points.empty() ? axis->points : options.points, options);
    auto gaps = gapsOf(sweep);
    nlohmann::json entry = toJson(sweep);
    entry["gaps"] = nlohmann::json::array();
    for (const auto& gap : gaps) entry["gaps"].push_back(toJson(gap));
    report["sweeps"].push_back(std::move(entry));
    addFigures(sweep, gaps, figures);
    if (showsSelfHealing(sweep, gaps)) largest.offer(*axis, gaps.front());
    if (text) fmt::print("\n{}{}", toText(sweep), selfHealingText(sweep, gaps));
  }
  if (largest.axis != nullptr) {
    report["self_healing"] = largestJson(largest);
    if (text)
      fmt::print("\nself-healing, largest gap of all axes: {:+.2f} points of accuracy at {} = {:g}, {}\n",
                 100 * largest.mean(), largest.axis->name, largest.gap.values[largest.gap.largest],
                 largest.gap.seen() ? "seen" : "NOT seen");
  }
  if (!options.plots.empty() && !writeFigures(options.plots, figures)) return kBadInput;
  return writeJson(options.common, report) ? kOk : kBadInput;
}

}  // namespace

void addSweep(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand("sweep",
                                 "robustness curves: accuracy and NLL of networks over many chips against "
                                 "stuck cells, variation, temperature, time");
  auto options = std::make_shared<SweepCommandOptions>();
  addSweepOptions(*sub, *options);
  sub->add_option(
         "--axis", options->axes,
         "repeatable: stuck, stuck_p, stuck_ap, conductance, sigma_p, kelvin, retention, and with converters "
         "wires, read_noise (default: all)")
      ->check(CLI::IsMember(axisNames()))
      ->take_all();
  sub->add_option("--points", options->points,
                  "values on the one axis, ascending, separated by commas (default: the axis' own)")
      ->delimiter(',');
  sub->add_option("--plots", options->plots, "write the curves as SVG into this folder");
  sub->footer(
      "Example: neuspin sweep examples/fashion-mlp-det examples/fashion-mlp-affine --axis stuck --points "
      "0,0.05,0.1,0.2 "
      "--chips 20 --limit 2000 --plots curves");
  sub->callback([options, &run] { run = [options] { return sweepCommand(*options); }; });
}

}  // namespace neuspin::cli
