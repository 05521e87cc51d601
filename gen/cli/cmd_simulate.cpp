// `neuspin simulate`: emits the design, verilates it, and runs it in lock-step with the golden model.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "build.hpp"
#include "cli/device.hpp"
#include "cli/pixels.hpp"
#include "emit/emit.hpp"
#include "lockstep.hpp"
#include "support/files.hpp"
#include "support/progress.hpp"

namespace neuspin::cli {
namespace {

namespace fs = std::filesystem;

struct SimulateOptions {
  Common common;
  DeviceOptions device;
  std::int64_t images = 10;
  int passes = 0;
  std::optional<std::uint32_t> seed;
  std::string stalls = "none";
  std::uint64_t stall_seed = 1;
  std::string data;
  bool random = false;
  std::string work = "neuspin-work";
  std::string trace, coverage;
  std::int64_t trace_from = 0, trace_to = -1;
};

/// The command that repeats this run with a waveform around the first mismatch.
std::string replayCommand(const SimulateOptions& options, const Plan& plan,
                          const tb::LockstepResult& result) {
  const std::int64_t cycle = result.reports.empty() ? result.clocks : result.reports.front().cycle;
  std::string command = "neuspin simulate " + options.common.network;
  if (!options.common.target.empty()) command += " --target " + options.common.target;
  command += fmt::format(" --images {} --seed {} --stalls {} --stall-seed {}", options.images,
                         options.seed.value_or(plan.seed), options.stalls, options.stall_seed);
  if (options.passes > 0) command += fmt::format(" --passes {}", options.passes);
  if (!options.device.file.empty()) command += " --device " + options.device.file;
  if (options.device.chip) command += fmt::format(" --chip {}", *options.device.chip);
  if (!options.data.empty()) command += " --data " + options.data;
  if (options.random) command += " --random";
  command += fmt::format(" --work {} --trace mismatch.fst --trace-from {} --trace-to {}", options.work,
                         std::max<std::int64_t>(0, cycle - 50), cycle + 10);
  return command;
}

/// Residuals of one run of the loop, as switches and as an error of the probability.
struct Residuals {
  int least = 0, most = 0;
  double mean_size = 0;  ///< mean |residual|

  explicit Residuals(const std::vector<int>& residuals) {
    if (residuals.empty()) return;
    const auto [low, high] = std::ranges::minmax(residuals);
    least = low;
    most = high;
    for (const int residual : residuals) mean_size += std::abs(residual);
    mean_size /= static_cast<double>(residuals.size());
  }
};

nlohmann::json calibrationReport(const tb::CalibrationResult& calibration) {
  const Residuals residuals(calibration.residuals);
  return {{"on_command", calibration.on_command}, {"units", calibration.residuals.size()},
          {"window", calibration.window},         {"least_residual", residuals.least},
          {"most_residual", residuals.most},      {"mean_size", residuals.mean_size}};
}

std::string calibrationText(const tb::CalibrationResult& calibration) {
  const Residuals residuals(calibration.residuals);
  return fmt::format(
      "{}: {} unit{}, residuals {:+} … {:+} of {} draws, mean size {:.2f} (p off by {:.4f}, noise of the "
      "window included)",
      calibration.on_command ? "on command from random drive codes" : "at start-up",
      calibration.residuals.size(), calibration.residuals.size() == 1 ? "" : "s", residuals.least,
      residuals.most, calibration.window, residuals.mean_size, residuals.mean_size / calibration.window);
}

nlohmann::json report(const tb::LockstepResult& result) {
  nlohmann::json body = {{"images", result.images},
                         {"passes", result.passes},
                         {"cycles", result.cycles},
                         {"planned_cycles", result.planned_cycles},
                         {"ideal_cycles", result.ideal_cycles},
                         {"stalls", result.stalls},
                         {"signals_compared", result.signals_compared},
                         {"comparisons", result.comparisons},
                         {"mismatches", result.mismatches},
                         {"cycles_per_second", result.cyclesPerSecond()},
                         {"failures", result.failures},
                         {"calibrations", nlohmann::json::array()},
                         {"first_mismatches", nlohmann::json::array()}};
  for (const tb::CalibrationResult& calibration : result.calibrations)
    body["calibrations"].push_back(calibrationReport(calibration));
  for (const tb::Mismatch& mismatch : result.reports) {
    body["first_mismatches"].push_back({{"scope", mismatch.scope},
                                        {"signal", mismatch.signal},
                                        {"cycle", mismatch.cycle},
                                        {"image", mismatch.image},
                                        {"pass", mismatch.pass}});
  }
  return body;
}

void print(const SimulateOptions& options, const Plan& plan, const tb::Model& model,
           const tb::LockstepResult& result) {
  fmt::print("{}: {} images, T = {}, stalls {}\n", plan.name, result.images, result.passes, options.stalls);
  fmt::print("  simulation        {}\n",
             model.reused ? "reused" : fmt::format("built in {:.1f} s", model.seconds));
  fmt::print("  cycles            {} measured, {} planned without stalls, {} ideal\n", result.cycles,
             result.planned_cycles, result.ideal_cycles);
  fmt::print("  stalled clocks    {}\n", result.stalls);
  fmt::print("  compared          {} signals every clock, {} comparisons\n", result.signals_compared,
             result.comparisons);
  for (const tb::CalibrationResult& calibration : result.calibrations)
    fmt::print("  calibration       {}\n", calibrationText(calibration));
  fmt::print("  speed             {:.0f} cycles/s\n", result.cyclesPerSecond());
  fmt::print("  mismatches        {}\n", result.mismatches);
  for (const tb::Mismatch& mismatch : result.reports) fmt::print("  MISMATCH {}\n", tb::render(mismatch));
  for (const std::string& failure : result.failures) fmt::print("  FAILURE {}\n", failure);
  if (!options.trace.empty()) fmt::print("  waveform          {}\n", options.trace);
  if (!options.coverage.empty()) fmt::print("  coverage          {}\n", options.coverage);
  if (!result.passed()) fmt::print("\nreplay with a waveform:\n  {}\n", replayCommand(options, plan, result));
}

int simulate(const SimulateOptions& options) {
  auto loaded = load(options.common);
  if (!loaded) return kBadInput;
  Diagnostics diags;
  const auto device = readDevice(options.device, diags);
  if (diags.hasErrors()) {
    fmt::print(stderr, "{}", diags.render());
    return kBadInput;
  }
  std::optional<chip::Chip> chip;
  if (device) {
    chip = chip::makeChip(loaded->plan, *device, device->seed);
    loaded->plan = chip->plan;
  }
  const Plan& plan = loaded->plan;
  const auto fail = [&](int code) {
    fmt::print(stderr, "{}", diags.render());
    return code;
  };
  const int passes = passesFor(*loaded, options.passes, diags);
  if (options.trace_to >= 0 && options.trace_to < options.trace_from) {
    diags.error("empty-trace", {.file = "--trace-to"},
                fmt::format("the waveform would end at clock {}, before it begins at {}", options.trace_to,
                            options.trace_from),
                "give --trace-to a later clock");
  }
  if (diags.hasErrors()) return fail(kBadInput);
  const auto pixels =
      loadPixels(options.data, options.random, options.images, options.stall_seed, plan, diags);
  if (!pixels) return fail(kBadInput);

  const FileSet design = emitDesign(plan, loaded->weights, {.vector_images = 0, .pixels = {}});
  const tb::BuildOptions build_options{.work = options.work,
                                       .trace = !options.trace.empty(),
                                       .coverage = !options.coverage.empty(),
                                       .optimise = "-O1",
                                       .quiet = options.common.quiet};
  const auto model = tb::buildModel(plan.name, design, build_options, diags);
  if (!model) return fail(kToolMissing);

  Progress progress("simulating " + plan.name, options.images, options.common.quiet);
  tb::LockstepOptions run;
  run.pixels = *pixels;
  run.images = options.images;
  run.passes = passes;
  run.seed = options.seed.value_or(plan.seed);
  run.stalls = *tb::parseStallLevel(options.stalls);
  run.stall_seed = options.stall_seed;
  run.trace_file = options.trace.empty() ? "" : fs::absolute(options.trace).string();
  run.coverage_file = options.coverage.empty() ? "" : fs::absolute(options.coverage).string();
  run.trace_from = options.trace_from;
  run.trace_to = options.trace_to;
  run.progress = [&](std::int64_t done) { progress.update(done); };
  const auto result = tb::runLockstep(plan, loaded->weights, *model, run, diags);
  progress.finish();
  if (!result) return fail(kToolMissing);

  nlohmann::json json = report(*result);
  if (chip) {
    json["device"] = toJson(*device);
    json["device"]["drawn"] = toJson(*chip);
  }
  if (options.common.json != "-") {
    if (chip) fmt::print("{}{}", toText(*device), toText(*chip));
    print(options, plan, *model, *result);
  }
  if (!writeJson(options.common, json)) return kBadInput;
  return result->passed() ? kOk : kCheckFailed;
}

}  // namespace

void addSimulate(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand("simulate",
                                 "verilate the design and compare it with the golden model in every clock");
  auto options = std::make_shared<SimulateOptions>();
  addCommon(*sub, options->common);
  addDevice(*sub, options->device);
  sub->add_option("--images", options->images, "images to stream")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  sub->add_option("--passes", options->passes, "write PASSES first (default: as planned)")
      ->check(CLI::Range(1, 255));
  sub->add_option("--seed", options->seed, "of the dropout devices (default: the network's)");
  sub->add_option("--stalls", options->stalls, "random stalls of both streams: none, light or heavy")
      ->check(CLI::IsMember({"none", "light", "heavy"}))
      ->capture_default_str();
  sub->add_option("--stall-seed", options->stall_seed, "of stalls, register traffic and random pixels")
      ->capture_default_str();
  auto* data = sub->add_option(
      "--data", options->data,
      "images, IDX, .npy or .npz (default: Fashion-MNIST for 784 features, else random pixels)");
  sub->add_flag("--random", options->random, "pseudo-random pixels")->excludes(data);
  sub->add_option("--work", options->work, "folder for builds; kept, so that the next run builds nothing")
      ->capture_default_str();
  auto* trace = sub->add_option("--trace", options->trace, "write an FST waveform (a build of its own)");
  sub->add_option("--trace-from", options->trace_from, "first clock of the waveform")
      ->needs(trace)
      ->check(CLI::NonNegativeNumber);
  sub->add_option("--trace-to", options->trace_to, "last clock of the waveform")
      ->needs(trace)
      ->check(CLI::NonNegativeNumber);
  sub->add_option("--coverage", options->coverage,
                  "write which statements and branches ran, for neuspin coverage (a build of its own)");
  sub->footer("Example: neuspin simulate examples/fashion-mlp-scaledrop --images 50 --stalls heavy");
  sub->callback([options, &run] { run = [options] { return simulate(*options); }; });
}

}  // namespace neuspin::cli
