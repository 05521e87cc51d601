// cim_mtj_sequencer and cim_stochastic_bank with its units (cim_dropout_module, cim_mtj_bit): junctions that
// are driven together through SET, READ, RESET, monitored and calibrated.
#pragma once

#include <optional>

#include "golden/bits.hpp"
#include "golden/unit_calibrator.hpp"
#include "golden/unit_monitor.hpp"

namespace neuspin::golden {

struct UnitState;

/// The unit bus in this cycle, the same at every bank.
struct UnitBus {
  int id = 0, word = 0;
  bool we = false;
  std::uint32_t wdata = 0;
  bool calibrate = false;
};

/// SET → READ → RESET once a round, twice where two draws are XORed; after reset() a RESET comes first.
class Sequencer {
 public:
  enum class State : std::uint8_t { Idle = 0, Set = 1, Read = 2, Reset = 3 };
  Sequencer(const TargetSpec& target, bool whiten);
  void reset();

  [[nodiscard]] State state() const { return state_; }
  /// First cycle of a pulse.
  [[nodiscard]] bool begins(State pulse) const { return state_ == pulse && cnt_ == 0; }
  [[nodiscard]] bool idle() const { return state_ == State::Idle && !half_ && primed_; }
  /// Not before the RESET that comes first is over.
  [[nodiscard]] bool primed() const { return primed_; }
  [[nodiscard]] bool sample() const { return state_ == State::Read && cnt_ == read_cycles_ - 1; }
  [[nodiscard]] bool keep() const { return sample() && whiten_ && !half_; }  ///< first draw of a pair
  [[nodiscard]] bool done() const { return sample() && !keep(); }
  void tick(bool start);
  void addProbes(const ProbeScope& scope) const;

 private:
  void step(int cycles, State next);

  int set_cycles_, read_cycles_, reset_cycles_;
  bool whiten_;
  State state_ = State::Idle;
  int cnt_ = 0;
  bool half_ = false, primed_ = false;
};

class Bank {
 public:
  /// Keeps a reference to `supply`.
  Bank(const SupplyPlan& supply, const TargetSpec& target, std::uint32_t seed);
  /// Registers only: the junctions keep their states.
  void reset();

  [[nodiscard]] bool done() const { return sequencer_.done() && !cal_round_ && !active(); }
  /// Bits [first, first+count) that the units put out while done(), count up to 32.
  [[nodiscard]] std::uint32_t bits(int first, int count) const;
  [[nodiscard]] bool active() const { return calibrator_ && calibrator_->active(); }
  [[nodiscard]] std::int64_t draws() const { return draws_; }  ///< SET pulses of all units so far
  [[nodiscard]] int sampled() const;                           ///< bits drawn in this cycle
  [[nodiscard]] bool alarm() const { return alarms_ > 0; }
  /// A word of unit `id`, 0 if the bank has not got it.
  [[nodiscard]] std::uint32_t read(int id, int word) const;
  /// Clock edge. want: the supply asks for a round.
  void tick(bool want, const UnitBus& bus);

  /// Drive codes of its units, and their draws when the queue was last empty: after the RESET that comes
  /// first or after a calibration. units: [unit] of the design.
  void putUnitStates(std::span<UnitState> units) const;
  void addProbes(const ProbeScope& scope) const;

 private:
  [[nodiscard]] bool holds(int id) const {
    return id >= supply_.first_unit && id < supply_.first_unit + supply_.modules;
  }
  void pulse();
  void set(std::size_t module);
  [[nodiscard]] bool raw(std::size_t module) const { return state_[module] != errors_[module]; }
  void raise(std::size_t module, bool alarm);

  const SupplyPlan& supply_;
  std::uint32_t seed_;
  int drive_bits_, residual_bits_;
  Sequencer sequencer_;
  std::optional<UnitMonitor> monitor_;
  std::optional<UnitCalibrator> calibrator_;
  bool cal_round_ = false;
  // Registers of the units, [module]; words, so that probes need not convert.
  std::vector<std::uint32_t> state_, set_, event_, drive_, residual_, alarm_, white_;
  std::int64_t draws_ = 0;
  int alarms_ = 0;                             ///< ones in alarm_
  std::vector<std::uint32_t> errors_;          ///< [module] 1: its present draw reads wrong
  std::vector<std::uint32_t> emptied_, held_;  ///< event_ and state_ when the queue was last empty
};

}  // namespace neuspin::golden
