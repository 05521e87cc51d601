// `neuspin energy`: events of the clocked golden model times the energy of each.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

#include "cli/cli.hpp"
#include "cli/pixels.hpp"
#include "energy/energy.hpp"

namespace neuspin::cli {
namespace {

struct EnergyOptions {
  Common common;
  std::string set = "stt40", table = "generic28", data;
  std::int64_t images = 2;
  int passes = 0;
  double clock_mhz = 0;
  bool random = false;
};

constexpr double kFemtoToNano = 1e-6;

nlohmann::json breakdownJson(const energy::Breakdown& breakdown) {
  nlohmann::json items = nlohmann::json::array();
  for (const energy::Item& item : breakdown.items) {
    items.push_back({{"part", item.part},
                     {"event", item.event},
                     {"count", item.count},
                     {"femtojoules_each", item.each},
                     {"source", device::sourceName(item.source)},
                     {"nanojoules", item.femtojoules() * kFemtoToNano}});
  }
  return {{"nanojoules_per_image", breakdown.total() * kFemtoToNano}, {"items", std::move(items)}};
}

/// Keys in the order in which they first occur, each with its share of the total.
std::string sharesText(const energy::Breakdown& breakdown, const std::string energy::Item::*key,
                       const std::map<std::string, std::string>& notes) {
  std::string text;
  std::vector<std::string> seen;
  for (const energy::Item& item : breakdown.items) {
    const std::string& name = item.*key;
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
    seen.push_back(name);
    double energy = 0, count = 0;
    for (const energy::Item& other : breakdown.items) {
      if (other.*key != name) continue;
      energy += other.femtojoules();
      count += other.count;
    }
    const auto note = notes.find(name);
    text += fmt::format("  {:<20}{:>16.0f}{:>14.4f}{:>8.2f} %{}\n", name, count, energy * kFemtoToNano,
                        100 * energy / breakdown.total(), note == notes.end() ? "" : "  " + note->second);
  }
  return text;
}

std::string text(const Plan& plan, const EnergyOptions& options, const energy::Measured& measured,
                 const energy::Table& table, const energy::Breakdown& junctions,
                 const energy::Breakdown& substitute) {
  std::map<std::string, std::string> notes;
  for (const energy::Breakdown* breakdown : {&junctions, &substitute}) {
    for (const energy::Item& item : breakdown->items)
      notes[item.event] = fmt::format("{:.4g} fJ [{}]", item.each, device::sourceName(item.source));
  }
  std::string out = fmt::format("{}: T = {}, mean of {} images, junctions {}, events at the energies of {}\n",
                                plan.name, measured.passes, measured.images, options.set, table.name);
  out += fmt::format("  {:<20}{:>16}{:>14}{:>10}  each\n", "event", "an image", "nJ", "share");
  out += sharesText(junctions, &energy::Item::event, notes);
  out += fmt::format("  {:<20}{:>16}{:>14.4f}{:>8.2f} %\n", "total", "", junctions.total() * kFemtoToNano,
                     100.0);
  out += fmt::format("  {:<20}{:>16}{:>14}{:>10}\n", "part", "events", "nJ", "share");
  out += sharesText(junctions, &energy::Item::part, {});
  out += fmt::format(
      "with LFSRs in place of the junctions: {:.4f} nJ an image, random bits {:.6f} nJ instead of {:.4f}\n",
      substitute.total() * kFemtoToNano, substitute.of("lfsr_bit") * kFemtoToNano,
      (junctions.of("mtj_set") + junctions.of("mtj_read") + junctions.of("mtj_reset")) * kFemtoToNano);
  const double cycles = static_cast<double>(measured.cycles) / static_cast<double>(measured.images);
  out +=
      fmt::format("cycles: {} for {} images, {:.1f} an image{}\n", measured.cycles, measured.images, cycles,
                  options.clock_mhz > 0
                      ? fmt::format(": {:.3f} us at {} MHz", cycles / options.clock_mhz, options.clock_mhz)
                      : "");
  return out;
}

nlohmann::json reportOf(const EnergyOptions& options, std::uint32_t seed, const energy::Measured& measured,
                        const energy::Table& table, const energy::Breakdown& junctions,
                        const energy::Breakdown& substitute) {
  nlohmann::json report = {{"set", options.set},
                           {"table", table.name},
                           {"images", measured.images},
                           {"passes", measured.passes},
                           {"seed", seed},
                           {"cycles", measured.cycles},
                           {"samples", measured.events.samples},
                           {"junctions", breakdownJson(junctions)},
                           {"lfsr", breakdownJson(substitute)}};
  if (options.clock_mhz > 0)
    report["microseconds_per_image"] =
        static_cast<double>(measured.cycles) / static_cast<double>(measured.images) / options.clock_mhz;
  return report;
}

int energyCommand(const EnergyOptions& options) {
  const auto loaded = load(options.common);
  if (!loaded) return kBadInput;
  const Plan& plan = loaded->plan;
  Diagnostics diags;
  auto table = energy::loadTable(options.table, diags);
  const auto set = device::loadDeviceSet(options.set, diags);
  const auto pixels = loadPixels(options.data, options.random, options.images, 1, plan, diags);
  const int passes = passesFor(*loaded, options.passes, diags);
  fmt::print(stderr, "{}", diags.render());
  if (diags.hasErrors() || !table || !set || !pixels) return kBadInput;
  energy::addDevice(*set, *table);

  const auto measured = energy::measure(plan, loaded->weights, *pixels, passes, plan.seed);
  const auto junctions = energy::breakdown(plan, measured, *table, false);
  const auto substitute = energy::breakdown(plan, measured, *table, true);
  if (options.common.json != "-")
    fmt::print("{}", text(plan, options, measured, *table, junctions, substitute));
  return writeJson(options.common, reportOf(options, plan.seed, measured, *table, junctions, substitute))
             ? kOk
             : kBadInput;
}

}  // namespace

void addEnergy(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand(
      "energy",
      "energy of an image by event and by part: events of the clocked golden model times a table's energies");
  auto options = std::make_shared<EnergyOptions>();
  addCommon(*sub, options->common);
  sub->add_option("--set", options->set, "device set of the junctions, or a .toml file")
      ->capture_default_str();
  sub->add_option("--table", options->table, "energy table, or a .toml file (gen/energy/README.md)")
      ->capture_default_str();
  sub->add_option("--images", options->images, "images to run")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  sub->add_option("--passes", options->passes, "Monte Carlo passes T (default: the network's)")
      ->check(CLI::Range(1, 255));
  sub->add_option("--clock-mhz", options->clock_mhz, "also time an image at this clock")
      ->check([](const std::string& text) {  // CLI::Range lets NaN pass
        const double mhz = std::strtod(text.c_str(), nullptr);
        return mhz >= 1e-3 && mhz <= 1e6 ? std::string() : "a clock of 0.001 to 1000000 MHz is wanted";
      })
      ->check(CLI::PositiveNumber);
  auto* data = sub->add_option(
      "--data", options->data,
      "images, IDX, .npy or .npz (default: Fashion-MNIST for 784 features, else random pixels)");
  sub->add_flag("--random", options->random, "pseudo-random pixels")->excludes(data);
  sub->footer("Example: neuspin energy examples/fashion-mlp-scaledrop --set sot_meas_a --clock-mhz 100");
  sub->callback([options, &run] { run = [options] { return energyCommand(*options); }; });
}

}  // namespace neuspin::cli
