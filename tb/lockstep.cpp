#include "lockstep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "dut.hpp"
#include "emit/supplies.hpp"
#include "golden/bits.hpp"
#include "golden/head_math.hpp"
#include "golden/infer.hpp"
#include "plan/timing.hpp"
#include "plan/timing_supply.hpp"
#include "scoreboard.hpp"

namespace neuspin::tb {
namespace {

using Clock = std::chrono::steady_clock;

/// No calibration takes longer: every code of every unit, a window each.
std::int64_t calibrationBound(const Plan& plan) {
  const std::int64_t window = std::int64_t{1} << plan.target.calibration_window_log2;
  const std::int64_t codes = std::int64_t{1} << plan.target.drive_bits;
  std::int64_t units = 0;
  for (const emit::SupplyUse& use : emit::suppliesOf(plan)) {
    units = std::max<std::int64_t>(units, use.supply->modules);
  }
  return units * codes * window * plan::drawCycles(plan.target) + 1000;
}

class Run {
 public:
  Run(const Plan& plan, const Weights& weights, Dut& dut, const LockstepOptions& options,
      LockstepResult& result)
      : plan_(plan),
        options_(options),
        result_(result),
        dut_(dut),
        golden_(plan, weights, options.seed),
        scoreboard_(plan, dut, golden_, result, options.max_mismatches),
        source_(plan, options.pixels),
        traffic_(plan, options.stall_seed ^ 0x7265'6769'7374'6572),
        in_stalls_(options.stalls, options.stall_seed ^ 0x696e),
        out_stalls_(options.stalls, options.stall_seed ^ 0x6f75'74),
        random_(options.stall_seed) {
    inputs_.in_data.resize(static_cast<std::size_t>(golden::wordsFor(plan.layers.front().beatBits())));
    inputs_.prog_data.resize(static_cast<std::size_t>(golden::wordsFor(plan.prog_bits)));
  }

  void reset() {
    const std::string text = dut_.takeText();  // assertions on the random state before reset mean nothing
    if (text.find("$readmem") != std::string::npos) fail("memory image not found: " + text);
    NeuspinInputs inputs = convert();
    inputs.rst_n = 0;
    NeuspinOutputs outputs{};
    for (int i = 0; i < 4; ++i) {
      dut_.low(inputs, outputs);
      dut_.high();
      if (i == 1) {  // by now even macros without a reset hold what the reset state gives them
        static_cast<void>(dut_.takeText());
        failures_ = dut_.failures();
      }
    }
    checkAssertions();
    scoreboard_.compareRegisters();
  }

  void writePasses(int passes) { access({2, static_cast<std::uint32_t>(passes)}); }

  void idle(std::int64_t clocks) {
    for (std::int64_t i = 0; i < clocks && !stopped(); ++i) {
      traffic_.drive(inputs_);
      clock();
    }
  }

  /// Waits until CALIBRATE reads 0 and every queue is full again, and reads the residuals; what the units
  /// hold then.
  std::vector<golden::UnitState> awaitCalibration(bool on_command);

  /// Random drive codes for some units, then the loop that brings them back.
  std::vector<golden::UnitState> calibrate() {
    for (const RegisterAccess& step : unitSweep(plan_, random_)) access(step);
    access({kCalibrate, random_.word()});
    return awaitCalibration(true);
  }
  [[nodiscard]] std::vector<std::uint32_t> arrayReads() const { return golden_.arrayReads(); }

  /// Streams images [first, first+images); `expected` (one entry an image, or empty) is what each must come
  /// out as.
  void stream(std::int64_t first, std::int64_t images,
              const std::vector<std::vector<golden::Beat>>& expected);

  /// The counters of events, as software reads them, against those that the energy report is made of. Only
  /// while nothing moves.
  void checkCounters() {
    const Counted now = count();
    constexpr std::uint8_t kSamples = 13, kReads = 16, kRowReads = 17;
    for (const auto& [address, events] : {std::pair(kSamples, now.samples - cleared_.samples),
                                          {kReads, now.reads - cleared_.reads},
                                          {kRowReads, now.row_reads - cleared_.row_reads}}) {
      access({.address = address, .value = 0, .write = false});
      if (!stopped() && outputs_.reg_rdata != static_cast<std::uint32_t>(events))
        fail(fmt::format("register {} counts {}, the golden model {} events", address, outputs_.reg_rdata,
                         events));
    }
  }

  void sweep(int passes) {
    for (const RegisterAccess& step : registerSweep(plan_, passes, random_)) access(step);
    constexpr int kProgrammedWords = 32;
    for (ProgramWrite& write : programSweep(plan_, kProgrammedWords, random_)) {
      inputs_.prog_we = true;
      inputs_.prog_unit = write.unit;
      inputs_.prog_addr = write.address;
      inputs_.prog_data = std::move(write.data);
      traffic_.drive(inputs_);
      inputs_.reg_we = false;
      clock();
    }
    inputs_.prog_we = false;
  }

  [[nodiscard]] bool stopped() const {
    return result_.mismatches >= options_.max_mismatches || !result_.failures.empty();
  }
  void fail(std::string what) { result_.failures.push_back(fmt::format("cycle {}: {}", cycle_, what)); }

 private:
  [[nodiscard]] NeuspinInputs convert() const {
    return {.in_data = inputs_.in_data.data(),
            .prog_data = inputs_.prog_data.data(),
            .reg_wdata = inputs_.reg_wdata,
            .prog_unit = inputs_.prog_unit,
            .prog_addr = inputs_.prog_addr,
            .reg_addr = inputs_.reg_addr,
            .rst_n = 1,
            .in_valid = inputs_.in_valid,
            .out_ready = inputs_.out_ready,
            .reg_we = inputs_.reg_we,
            .prog_we = inputs_.prog_we};
  }

  /// Events of the golden model that have a counter in the RTL.
  struct Counted {
    std::int64_t samples = 0, reads = 0, row_reads = 0;
  };
  [[nodiscard]] Counted count() const {
    const golden::Events events = golden_.events();
    Counted counted{.samples = events.samples, .reads = 0, .row_reads = 0};
    for (const golden::LayerEvents& layer : events.layers) {
      counted.reads += layer.reads;
      counted.row_reads += layer.driven_rows;
    }
    return counted;
  }

  /// One clock on both sides; returns the outputs seen before the edge.
  const golden::Outputs& clock() {
    traceWindow();
    scoreboard_.setCycle(cycle_);
    const golden::Outputs& expected = golden_.eval(inputs_);
    outputs_ = expected;
    NeuspinOutputs actual{};
    dut_.low(convert(), actual);
    scoreboard_.comparePorts(expected, actual);
    // Reads reach their counters a cycle late, so those of the cycle of a CLEAR are counted after it.
    const bool clears = inputs_.reg_we && inputs_.reg_addr == kClear;
    if (clears) cleared_ = count();
    golden_.tick();
    if (clears) cleared_.samples = count().samples;
    dut_.high();
    scoreboard_.compareRegisters();
    checkAssertions();
    ++cycle_;
    ++result_.clocks;
    return outputs_;
  }

  void access(const RegisterAccess& step) {
    if (stopped()) return;
    inputs_.reg_we = step.write;
    inputs_.reg_addr = step.address;
    inputs_.reg_wdata = step.value;
    clock();
    if (!step.write) return;
    traffic_.observe(step.address, step.value);
    // The same address again: the value read back is compared with the golden model's.
    inputs_.reg_we = false;
    clock();
  }

  void checkAssertions() {
    if (dut_.failures() == failures_) return;
    failures_ = dut_.failures();
    fail("assertion failed: " + dut_.takeText());
  }

  void traceWindow() {
    if (options_.trace_file.empty()) return;
    if (cycle_ == options_.trace_from && !dut_.openTrace(options_.trace_file)) {
      fail("cannot write the waveform " + options_.trace_file);
    }
    if (cycle_ == options_.trace_to + 1 && options_.trace_to >= 0) dut_.closeTrace();
  }

  const Plan& plan_;
  const LockstepOptions& options_;
  LockstepResult& result_;
  Dut& dut_;
  golden::Network golden_;
  Scoreboard scoreboard_;
  BeatSource source_;
  RegisterTraffic traffic_;
  StallPattern in_stalls_, out_stalls_;
  Random random_;
  golden::Inputs inputs_;
  golden::Outputs outputs_;
  Counted cleared_;  ///< when the counters were last cleared
  std::int64_t cycle_ = 0;
  int failures_ = 0;
};

void Run::stream(std::int64_t first, std::int64_t images,
                 const std::vector<std::vector<golden::Beat>>& expected) {
  // No correct design goes this long without moving a beat: all passes of two images, each clock stalled many
  // times over.
  const std::int64_t patience = 10'000 + 64 * plannedCycles(plan_, 2, options_.seed);
  std::int64_t sent_image = 0, done_images = 0, first_clock = -1, last_move = cycle_;
  int sent_beat = 0;
  std::vector<golden::Beat> beats;
  inputs_.in_valid = false;
  // An image may come out before its last pixels are in: strides and pooling leave some unused.
  while ((done_images < images || sent_image < images) && !stopped()) {
    if (!inputs_.in_valid && sent_image < images) {  // a beat once offered stays until it is taken
      inputs_.in_valid = !in_stalls_.next();
      if (inputs_.in_valid) {
        inputs_.in_data = source_.beat(first + sent_image, sent_beat);
      } else {
        ++result_.stalls;
      }
    }
    inputs_.out_ready = !out_stalls_.next();
    traffic_.drive(inputs_);
    const std::int64_t now = cycle_;
    const golden::Outputs& outputs = clock();
    if (outputs.out_valid && !inputs_.out_ready) ++result_.stalls;
    if (inputs_.in_valid && outputs.in_ready) {
      if (first_clock < 0) first_clock = now;
      last_move = now;
      inputs_.in_valid = false;
      if (++sent_beat == source_.beatsPerImage()) {
        sent_beat = 0;
        ++sent_image;
      }
    }
    if (outputs.out_valid && inputs_.out_ready) {
      last_move = now;
      beats.push_back({outputs.out_data[0], outputs.out_data[1], outputs.out_data[2], outputs.out_data[3]});
      if (outputs.out_last) {
        if (!expected.empty() && beats != expected[static_cast<std::size_t>(done_images)]) {
          fail(fmt::format("image {}: the results on the output stream are not those of golden::Infer",
                           first + done_images));
        }
        beats.clear();
        ++done_images;
        result_.cycles = now - first_clock + 1;
        if (options_.progress) options_.progress(done_images);
      }
    }
    if (cycle_ - last_move > patience) {
      fail(fmt::format("no beat moved for {} clocks; {} of {} images were delivered", patience, done_images,
                       images));
    }
  }
  inputs_.in_valid = false;
}

std::vector<golden::UnitState> Run::awaitCalibration(bool on_command) {
  constexpr int kEvery = 16;  // clocks between two looks at the register
  bool running = true;
  for (std::int64_t waited = 0; running && !stopped(); ++waited) {
    traffic_.drive(inputs_);
    inputs_.reg_we = false;  // drive codes are not what they were
    if (waited % kEvery == 0) inputs_.reg_addr = kCalibrate;
    const golden::Outputs& outputs = clock();
    if (waited % kEvery == 0) running = outputs.reg_rdata != 0;
    if (waited > calibrationBound(plan_)) fail("CALIBRATE has not become 0");
  }
  std::vector<golden::UnitState> units = golden_.unitStates();
  std::vector<int> codes;
  for (const golden::UnitState& unit : units) codes.push_back(unit.drive_code);
  traffic_.setCodes(std::move(codes));
  CalibrationResult report{
      .on_command = on_command, .window = 1 << plan_.target.calibration_window_log2, .residuals = {}};
  for (int unit = 0; unit < plan_.units && !stopped(); ++unit) {
    for (const RegisterAccess& step : residualRead(unit)) access(step);
    report.residuals.push_back(static_cast<std::int32_t>(outputs_.reg_rdata));
  }
  result_.calibrations.push_back(std::move(report));
  idle(emit::refillBound(plan_));
  return units;
}

/// What images [first, first + images) must come out as, their passes counted from the draws of `units` and
/// the reads of the arrays on.
std::vector<std::vector<golden::Beat>> inferBeats(const Plan& plan, const Weights& weights,
                                                  const LockstepOptions& options, std::int64_t first,
                                                  std::int64_t images, std::vector<golden::UnitState> units,
                                                  std::vector<std::uint32_t> reads) {
  std::vector<std::uint8_t> pixels;
  const auto features = static_cast<std::size_t>(plan.input.features);
  const std::size_t given = options.pixels.size() / features;
  for (std::int64_t image = first; image < first + images; ++image) {
    const auto row = options.pixels.subspan(static_cast<std::size_t>(image) % given * features, features);
    pixels.insert(pixels.end(), row.begin(), row.end());
  }
  std::vector<std::vector<golden::Beat>> beats(static_cast<std::size_t>(images));
  golden::InferOptions infer_options;
  infer_options.seed = options.seed;
  infer_options.passes = options.passes;
  infer_options.units = std::move(units);
  infer_options.reads = std::move(reads);
  golden::Infer(plan, weights)
      .run(pixels, infer_options, [&](std::int64_t image, const golden::ImageResult& result) {
        beats[static_cast<std::size_t>(image)] = golden::packBeats(result);
      });
  return beats;
}

}  // namespace

std::optional<LockstepResult> runLockstep(const Plan& plan, const Weights& weights, const Model& model,
                                          const LockstepOptions& options, Diagnostics& diags) {
  auto dut = Dut::load(model, options.seed, static_cast<int>(options.stall_seed % 1'000'000'007) + 1, diags);
  if (!dut) return std::nullopt;
  Plan timed = plan;  // what plannedCycles is to assume
  timed.passes = options.passes > 0 ? options.passes : plan.passes;
  LockstepResult result;
  result.images = options.images;
  result.passes = timed.passes;
  result.planned_cycles = plannedCycles(timed, options.images, options.seed);
  result.ideal_cycles = idealCycles(timed).per_image * options.images;

  const Clock::time_point start = Clock::now();
  Run run(plan, weights, *dut, options, result);
  run.reset();
  if (options.passes > 0) run.writePasses(options.passes);
  const bool loop = plan.units > 0 && plan.target.calibration != Calibration::None;
  std::vector<golden::UnitState> units;
  if (loop && plan.target.calibration == Calibration::Startup) {
    units = run.awaitCalibration(false);
  } else {
    run.idle(prefetchCycles(plan, options.seed));
  }
  run.stream(0, options.images, inferBeats(plan, weights, options, 0, options.images, units, {}));
  if (!run.stopped() && !emit::startupShiftsTiming(plan)) {
    if (options.stalls != StallLevel::None) {
      const std::int64_t least = plan::leastCycles(timed, options.images, options.seed);
      if (result.cycles < least)
        run.fail(fmt::format("the design took {} cycles, {} are the least", result.cycles, least));
    } else if (result.cycles != result.planned_cycles) {
      run.fail(
          fmt::format("the design took {} cycles, {} were planned", result.cycles, result.planned_cycles));
    }
  }
  // The closing part adds comparisons, not images, cycles or stalls.
  const std::int64_t cycles = result.cycles, stalls = result.stalls;
  std::int64_t next = options.images;
  constexpr std::int64_t kCalibrationClocks = 100'000;  // a loop over hundreds of units takes millions
  if (!run.stopped() && loop && calibrationBound(plan) <= kCalibrationClocks) {
    constexpr std::int64_t kJudged = 2;
    run.idle(settleCycles(plan));
    units = run.calibrate();
    run.stream(next, kJudged, inferBeats(plan, weights, options, next, kJudged, units, run.arrayReads()));
    next += kJudged;
  }
  if (!run.stopped()) {
    run.idle(settleCycles(plan) + 2);
    run.checkCounters();
    run.sweep(std::min(timed.passes, 3));
    run.stream(next, 1, {});
    run.idle(prefetchCycles(plan, options.seed) + 8);
  }
  result.cycles = cycles;
  result.stalls = stalls;
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (!options.coverage_file.empty()) {
    const std::string partial = options.coverage_file + ".partial";
    std::error_code error;
    const bool written = dut->writeCoverage(partial);
    if (written) std::filesystem::rename(partial, options.coverage_file, error);
    if (!written || error) {
      diags.error("cannot-write", {.file = options.coverage_file}, "the coverage points cannot be written",
                  "choose another --coverage file");
      return std::nullopt;
    }
  }
  return result;
}

}  // namespace neuspin::tb
