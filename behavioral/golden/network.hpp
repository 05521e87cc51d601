// Clocked golden model of the whole accelerator: every architectural register and port of rtl/README.md, from
// that page and the Plan alone (never from the RTL). Judged against the RTL each clock by tb/.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "golden/events.hpp"
#include "plan/plan.hpp"

namespace neuspin::golden {

/// Little-endian 32-bit words; unused high bits are 0.
using Bits = std::vector<std::uint32_t>;

struct Inputs {
  Bits in_data;  ///< ⌈beat bits / 32⌉ words
  bool in_valid = false;
  bool out_ready = false;
  bool reg_we = false;
  std::uint8_t reg_addr = 0;
  std::uint32_t reg_wdata = 0;
  bool prog_we = false;
  std::uint16_t prog_unit = 0, prog_addr = 0;
  Bits prog_data;  ///< ⌈prog_bits / 32⌉ words
};

struct Outputs {
  bool in_ready = false;
  Bits out_data;  ///< 4 words
  bool out_valid = false, out_last = false;
  std::uint32_t reg_rdata = 0;
};

/// One compared register: RTL scope below the top instance (e.g. "u_layer0.u_ctrl"), signal name, width in
/// bits, and how to read the golden value (writes ⌈width/32⌉ words). `word`, where it is set, is that value
/// itself: stochastic units are many, and looking at a word is several times cheaper than a call.
struct Probe {
  std::string scope;
  std::string signal;
  int width = 0;
  std::function<void(std::span<std::uint32_t>)> read;
  const std::uint32_t* word = nullptr;
};

struct UnitState;  // golden/infer.hpp

/// What is going on now, for mismatch reports.
struct Progress {
  std::int64_t cycle = 0;  ///< ticks since reset
  std::int64_t images_out = 0;
  int pass = 0;  ///< pass the head is accumulating
};

class Network {
 public:
  /// `seed` replaces plan.seed for the stochastic devices. Weights go into the array images. Starts in reset
  /// state.
  Network(const Plan& plan, const Weights& weights, std::uint32_t seed);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  void reset();
  /// Combinational outputs for these inputs in the present state. Does not change state.
  const Outputs& eval(const Inputs& inputs);
  /// Rising clock edge with the inputs of the last eval().
  void tick();

  [[nodiscard]] const std::vector<Probe>& probes() const;
  [[nodiscard]] Progress progress() const;
  [[nodiscard]] Events events() const;
  /// [unit] drive codes now, and the draws each unit had made when the queues of choices were last empty (at
  /// reset and after every calibration): what Infer needs to judge the passes from there on.
  [[nodiscard]] std::vector<UnitState> unitStates() const;
  /// Reads of every array since reset, as InferOptions::reads.
  [[nodiscard]] std::vector<std::uint32_t> arrayReads() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace neuspin::golden
