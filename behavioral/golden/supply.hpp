// cim_mask_supply, cim_arbiter_onehot and cim_mask_fanout: the choices drawn by a bank, kept ahead of their
// consumers. Outputs come from registers; tick() is the clock edge.
#pragma once

#include "golden/bank.hpp"

namespace neuspin::golden {

/// A mask in use, one ahead.
class MaskSupply {
 public:
  /// Keeps a reference to `supply`.
  MaskSupply(const SupplyPlan& supply, const TargetSpec& target, std::uint32_t seed);
  void reset();
  [[nodiscard]] bool valid() const { return cur_valid_; }
  [[nodiscard]] const Bits& mask() const { return cur_; }  ///< 1 = dropped
  [[nodiscard]] const Bank& bank() const { return bank_; }
  void tick(bool mask_ready, const UnitBus& bus);
  void addProbes(const ProbeScope& scope) const;

 private:
  void putSlice();

  const SupplyPlan& supply_;
  Bank bank_;
  int round_ = 0;
  bool cur_valid_ = false, nxt_valid_ = false;
  Bits cur_, nxt_;
};

/// Uniform one of N by rejection.
class Arbiter {
 public:
  static constexpr int kLastTry = 15;
  static constexpr int kUsageWord = 16;  ///< of the unit bus, at the first unit

  /// Keeps a reference to `supply`.
  Arbiter(const SupplyPlan& supply, const TargetSpec& target, std::uint32_t seed);
  void reset();
  [[nodiscard]] bool valid() const { return cur_valid_; }
  [[nodiscard]] int index() const { return cur_; }
  [[nodiscard]] const Bank& bank() const { return bank_; }
  /// How often choices were taken, 0 for other words and units of the bus.
  [[nodiscard]] std::uint32_t readUsage(int id, int word) const;
  void tick(bool mask_ready, const UnitBus& bus);
  void addProbes(const ProbeScope& scope) const;

 private:
  const SupplyPlan& supply_;
  Bank bank_;
  int try_ = 0, cur_ = 0, nxt_ = 0;
  bool cur_valid_ = false, nxt_valid_ = false;
  std::vector<std::uint32_t> usage_;  ///< [choice]
};

/// One bit stream of which every consumer takes every bit.
class MaskFanout {
 public:
  MaskFanout(int consumers, int depth);
  void reset();
  [[nodiscard]] bool ready() const;
  [[nodiscard]] bool valid(int consumer) const { return count_[static_cast<std::size_t>(consumer)] != 0; }
  [[nodiscard]] bool bit(int consumer) const;
  /// take: [consumer] ready_i.
  void tick(bool mask_valid, bool mask_bit, bool flush, const std::vector<bool>& take);
  void addProbes(const ProbeScope& scope) const;

 private:
  [[nodiscard]] int after(int at) const { return at == depth_ - 1 ? 0 : at + 1; }

  int depth_;
  std::vector<bool> ring_;  ///< [slot]
  int wr_ = 0;
  std::vector<int> rd_, count_;  ///< [consumer]
};

}  // namespace neuspin::golden
