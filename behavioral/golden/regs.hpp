// cim_regs: the register port, run-time settings and counters.
#pragma once

#include "golden/bank.hpp"

namespace neuspin::golden {

class Registers {
 public:
  /// Handshakes of this cycle that the counters watch.
  struct Watch {
    bool in_valid = false, in_ready = false, in_last = false;
    bool out_valid = false, out_ready = false, out_last = false;
    int samples = 0;                         ///< bits drawn by stochastic units
    std::uint32_t reads = 0, row_reads = 0;  ///< of the arrays of all layers, and the rows driven in them
  };
  /// What the banks put on the register port.
  struct BankStatus {
    std::uint32_t unit_rdata = 0;
    bool calibrating = false;
    std::uint32_t alarms = 0;  ///< bit b: bank b, the first 32
  };
  explicit Registers(const Plan& plan);
  void reset();

  [[nodiscard]] int passes() const { return passes_; }
  [[nodiscard]] int oodThreshold() const { return ood_threshold_; }
  [[nodiscard]] int oodK() const { return ood_k_; }
  [[nodiscard]] int unitId() const { return static_cast<int>(unit_ & lowMask(16)); }
  [[nodiscard]] int unitWord() const { return static_cast<int>(unit_ >> 16); }

  /// The unit bus while this is on the register port.
  [[nodiscard]] UnitBus bus(bool we, std::uint8_t addr, std::uint32_t wdata) const;
  [[nodiscard]] std::uint32_t read(std::uint8_t addr, const BankStatus& banks) const;
  void tick(bool we, std::uint8_t addr, std::uint32_t wdata, const Watch& watch);
  void addProbes(const ProbeScope& scope) const;

 private:
  struct Counters {
    std::uint32_t cycles = 0, images_in = 0, images_out = 0, in_stalls = 0, out_stalls = 0, samples = 0,
                  reads = 0, row_reads = 0;
  };
  void write(std::uint8_t addr, std::uint32_t wdata);
  void count(const Watch& watch);

  const Plan& plan_;
  std::uint32_t spec_id_;
  int passes_ = 1, ood_threshold_ = 0, ood_k_ = 1;
  std::uint32_t unit_ = 0;
  Counters counters_;
};

}  // namespace neuspin::golden
