// Compares the ports and registers of a Dut with those of the golden model, clock by clock.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dut.hpp"
#include "golden/network.hpp"
#include "lockstep.hpp"

namespace neuspin::tb {

class Scoreboard {
 public:
  /// Pairs every golden probe with its register. What has no partner, on either side, or another width goes
  /// to `result.failures`. All references must outlive this.
  Scoreboard(const Plan& plan, const Dut& dut, golden::Network& golden, LockstepResult& result,
             int max_reports);

  /// The settled outputs before a rising edge.
  void comparePorts(const golden::Outputs& expected, const NeuspinOutputs& actual);
  /// All registers after it.
  void compareRegisters();
  /// Clocks since reset, for reports.
  void setCycle(std::int64_t cycle) { cycle_ = cycle; }

 private:
  struct Pair {
    std::string scope, signal;
    int width = 0;
    const golden::Probe* probe = nullptr;  ///< nullptr: must stay 0
    const void* rtl = nullptr;
    std::size_t bytes = 0;  ///< of the word-wise image both sides have
    golden::Bits expected, actual;
  };
  /// One of at most 32 bits: most of a design's thousands, so compared without buffers.
  struct NarrowPair {
    const golden::Probe* probe = nullptr;
    const void* rtl = nullptr;
    std::size_t bytes = 0;
    std::size_t pair = 0;  ///< the same in pairs_, for the report
  };

  void compare(const std::string& scope, const std::string& signal, int width, const golden::Bits& expected,
               const golden::Bits& actual);
  [[nodiscard]] std::string describeBit(const std::string& scope, const std::string& signal, int width,
                                        int bit) const;

  const Plan& plan_;
  golden::Network& golden_;
  LockstepResult& result_;
  int max_reports_;
  std::int64_t cycle_ = 0;
  std::vector<Pair> pairs_;
  std::vector<NarrowPair> narrow_;
  std::vector<std::size_t> wide_;  ///< the others' places in pairs_
};

}  // namespace neuspin::tb
