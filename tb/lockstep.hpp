// Runs an emitted design and the golden model side by side: same inputs, every output and every architectural
// register compared in every clock.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "build.hpp"
#include "golden/network.hpp"
#include "plan/plan.hpp"
#include "stimulus.hpp"

namespace neuspin::tb {

struct LockstepOptions {
  std::span<const std::uint8_t> pixels;  ///< row-major raw images; repeated if there are fewer than `images`
  std::int64_t images = 1;               ///< streamed and judged
  int passes = 0;                        ///< 0 = plan.passes; otherwise written to the PASSES register first
  std::uint32_t seed = 1;                ///< of the dropout devices
  StallLevel stalls = StallLevel::None;
  std::uint64_t stall_seed = 1;  ///< of stalls, register traffic and the closing sweep
  int max_mismatches = 10;       ///< the run stops there: once states differ, everything after differs too
  std::string trace_file;        ///< FST waveform; "" = none. Needs a model built with `trace`
  std::int64_t trace_from = 0, trace_to = -1;  ///< first and last clock of the waveform; −1 = to the end
  /// Verilator's coverage points, written at the end; "" = none. Needs a model built with `coverage`
  std::string coverage_file;
  std::function<void(std::int64_t images_done)> progress;
};

/// One difference between RTL and golden model.
struct Mismatch {
  std::string scope;  ///< instance path from the top module on
  std::string signal;
  std::int64_t cycle = 0;  ///< clocks since reset; ports before, registers after its rising edge
  int pass = 0;            ///< which the head was accumulating
  std::int64_t image = 0;  ///< images delivered before
  int width = 0;
  golden::Bits expected, actual;
  int first_bit = 0;  ///< lowest bit that differs
  std::string note;   ///< e.g. which plane and column that bit is
};

/// What one run of the calibration loop left.
struct CalibrationResult {
  bool on_command = false;     ///< from random drive codes; otherwise at start-up, from the planned ones
  int window = 0;              ///< draws a step
  std::vector<int> residuals;  ///< [unit] switches − wanted in its last window, read from the unit
};

struct LockstepResult {
  std::int64_t images = 0;
  int passes = 0;
  /// First accepted input beat … last accepted output beat, both counted; what plannedCycles(plan) predicts
  /// without stalls.
  std::int64_t cycles = 0, planned_cycles = 0, ideal_cycles = 0;
  /// clocks in which the testbench withheld a beat it had, or refused one it was offered
  std::int64_t stalls = 0;
  std::int64_t signals_compared = 0, comparisons = 0;
  std::int64_t mismatches = 0;
  std::vector<CalibrationResult> calibrations;  ///< in the order in which they ran
  std::int64_t clocks = 0;                      ///< simulated, with reset, closing sweep and drain
  double seconds = 0;
  std::vector<Mismatch> reports;  ///< the first of the mismatches
  std::vector<std::string>
      failures;  ///< everything else that is wrong: assertions, cycle counts, missing registers, …

  [[nodiscard]] bool passed() const { return mismatches == 0 && failures.empty(); }
  [[nodiscard]] double cyclesPerSecond() const {
    return seconds > 0 ? static_cast<double>(clocks) / seconds : 0;
  }
};

/// Order of events: reset; PASSES if asked for; the start-up calibration if the design has one; idle until
/// the supplies have drawn ahead; `images` images; random drive codes and a calibration on command, where the
/// loop takes at most some 100 000 clocks, and two images; a sweep of writes over registers and programming
/// bus; one more image; drain. All images but the last are judged against golden::Infer. nullopt and an error
/// if the model cannot be loaded or the waveform cannot be written.
[[nodiscard]] std::optional<LockstepResult> runLockstep(const Plan& plan, const Weights& weights,
                                                        const Model& model, const LockstepOptions& options,
                                                        Diagnostics& diags);

/// One mismatch as readable lines.
[[nodiscard]] std::string render(const Mismatch& mismatch);

}  // namespace neuspin::tb
