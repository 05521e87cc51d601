// cim_regs: the register port, run-time settings and counters.
#pragma once

#include "golden/bits.hpp"

namespace neuspin::golden {

class Registers {
 public:
  /// Handshakes of this cycle that the counters watch.
  struct Watch {
    bool in_valid = false, in_ready = false, in_last = false;
    bool out_valid = false, out_ready = false, out_last = false;
    int samples = 0;  ///< dropout bits drawn
  };
  explicit Registers(const Plan& plan);
  void reset();

  [[nodiscard]] int passes() const { return passes_; }
  [[nodiscard]] int oodThreshold() const { return ood_threshold_; }
  [[nodiscard]] int oodK() const { return ood_k_; }
  [[nodiscard]] std::span<const std::uint32_t> drives() const { return drive_; }  ///< [unit]

  [[nodiscard]] std::uint32_t read(std::uint8_t addr) const;
  void tick(bool we, std::uint8_t addr, std::uint32_t wdata, const Watch& watch);
  void addProbes(const ProbeScope& scope) const;

 private:
  struct Counters {
    std::uint32_t cycles = 0, images_in = 0, images_out = 0, in_stalls = 0, out_stalls = 0, samples = 0;
  };
  void write(std::uint8_t addr, std::uint32_t wdata);
  void count(const Watch& watch);

  const Plan& plan_;
  std::uint32_t spec_id_;
  int passes_ = 1, ood_threshold_ = 0, ood_k_ = 1;
  std::vector<std::uint32_t> drive_;
  Counters counters_;
};

}  // namespace neuspin::golden
