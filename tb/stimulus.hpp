// What the testbench drives: pixels as beats, random stalls, harmless register traffic. All from seeds: the
// same numbers on every machine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "golden/network.hpp"
#include "plan/plan.hpp"

namespace neuspin::tb {

/// splitmix64: one 64-bit state, good enough to shuffle and to draw from, and the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  /// 0 … n−1, n >= 1.
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>((next() >> 32) * n >> 32); }
  std::uint32_t word() { return static_cast<std::uint32_t>(next() >> 32); }
  /// True once in n times.
  bool oneIn(std::uint32_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

enum class StallLevel {
  /// single clocks and short bursts, about one clock in five
  None,
  Light,
  Heavy,  ///< about half of the clocks, in bursts of every length; now and then long enough to fill or drain
          ///< every buffer
};

/// "none", "light", "heavy".
[[nodiscard]] std::optional<StallLevel> parseStallLevel(const std::string& word);
[[nodiscard]] std::string stallLevelName(StallLevel level);

/// One handshake's stalls: runs of clocks that alternate between holding and going.
class StallPattern {
 public:
  StallPattern(StallLevel level, std::uint64_t seed) : level_(level), random_(seed) {}
  /// Whether the next clock is held.
  bool next();

 private:
  StallLevel level_;
  Random random_;
  bool hold_ = true;  ///< so that the first run is one of going
  std::uint32_t left_ = 0;
};

/// Raw pixels as input beats (element e of a beat at [e*elem_bits +: elem_bits], absent elements 0).
class BeatSource {
 public:
  /// pixels: row-major (planar where there are channels), plan.input.features each; they and the plan must
  /// outlive this. Image n is image n modulo the images given.
  BeatSource(const Plan& plan, std::span<const std::uint8_t> pixels);
  [[nodiscard]] int beatsPerImage() const { return first_.beatsPerImage(); }
  [[nodiscard]] golden::Bits beat(std::int64_t image, int index) const;

 private:
  InputSpec input_;
  const LayerPlan& first_;
  std::span<const std::uint8_t> pixels_;
  std::int64_t images_;
};

/// Random reads of every register address, and writes that must change nothing but counters and alarms. Units
/// are addressed at random; a drive code is only ever written with what the unit holds already.
class RegisterTraffic {
 public:
  RegisterTraffic(const Plan& plan, std::uint64_t seed);
  void drive(golden::Inputs& inputs);
  /// Drive codes the units hold now, by id. The plan's at first.
  void setCodes(std::vector<int> codes) { codes_ = std::move(codes); }
  /// To be told of every write that somebody else makes.
  void observe(std::uint8_t address, std::uint32_t value);

 private:
  void driveUnitAccess(golden::Inputs& inputs);

  const Plan& plan_;
  Random random_;
  std::vector<int> codes_;
  int unit_ = 0, word_ = 0;  ///< what UNIT holds
};

/// One access of the register port or of the programming bus.
struct RegisterAccess {
  std::uint8_t address = 0;
  std::uint32_t value = 0;
  bool write = true;  ///< otherwise the address is read for one clock
};
struct ProgramWrite {
  std::uint16_t unit = 0, address = 0;
  golden::Bits data;
};

/// Writes of random values to every writable register but CALIBRATE and to some read-only and absent ones,
/// and unitSweep; PASSES last, to `passes`.
[[nodiscard]] std::vector<RegisterAccess> registerSweep(const Plan& plan, int passes, Random& random);
/// Random drive codes for some units of every supply and for absent ones; then drive codes, residuals, alarms
/// and usage counters of units read back, some alarms cleared.
[[nodiscard]] std::vector<RegisterAccess> unitSweep(const Plan& plan, Random& random);
/// Residual of a unit's last calibration, as software reads it: UNIT, then UNIT_DATA.
[[nodiscard]] std::array<RegisterAccess, 2> residualRead(int unit);
/// Register CALIBRATE: a write starts the loop, reads 1 while it runs.
inline constexpr std::uint8_t kCalibrate = 14;
inline constexpr std::uint8_t kClear = 5;
/// `count` random array rows, and as many scale-memory words, each of which gets the planned content of
/// another word of the same memory (so that every result still fits its width).
[[nodiscard]] std::vector<ProgramWrite> programSweep(const Plan& plan, int count, Random& random);

}  // namespace neuspin::tb
