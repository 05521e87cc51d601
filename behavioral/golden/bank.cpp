#include "golden/bank.hpp"

#include "device/unit_bits.hpp"
#include "golden/infer.hpp"

namespace neuspin::golden {
namespace {

/// Junctions can be trimmed; only the digital substitute cannot.
constexpr bool kTrim = true;
enum Word : int { kDrive = 0, kResidual = 1, kAlarm = 2 };

}  // namespace

Sequencer::Sequencer(const TargetSpec& target, bool whiten)
    : set_cycles_(target.set_cycles),
      read_cycles_(target.read_cycles),
      reset_cycles_(target.reset_cycles),
      whiten_(whiten) {}

void Sequencer::reset() {
  state_ = State::Idle;
  cnt_ = 0;
  half_ = primed_ = false;
}

void Sequencer::step(int cycles, State next) {
  if (cnt_ == cycles - 1) {
    state_ = next;
    cnt_ = 0;
  } else {
    ++cnt_;
  }
}

void Sequencer::tick(bool start) {
  const bool toggle = sample() && whiten_;
  switch (state_) {
    case State::Idle:
      if (!primed_) {
        state_ = State::Reset;
        cnt_ = 0;
      } else if (start || half_) {
        state_ = State::Set;
        cnt_ = 0;
      }
      break;
    case State::Set:
      step(set_cycles_, State::Read);
      break;
    case State::Read:
      step(read_cycles_, State::Reset);
      break;
    case State::Reset:
      step(reset_cycles_, State::Idle);
      primed_ = primed_ || state_ == State::Idle;
      break;
  }
  half_ = half_ != toggle;
}

void Sequencer::addProbes(const ProbeScope& scope) const {
  scope.custom("state_q", 2,
               [this](std::span<std::uint32_t> out) { out[0] = static_cast<std::uint32_t>(state_); });
  scope.number("cnt_q", 8, cnt_);
  scope.number("half_q", 1, half_);
  scope.number("primed_q", 1, primed_);
}

Bank::Bank(const SupplyPlan& supply, const TargetSpec& target, std::uint32_t seed)
    : supply_(supply),
      seed_(seed),
      drive_bits_(target.drive_bits),
      residual_bits_(target.calibration_window_log2 + 2),
      sequencer_(target, supply.whiten),
      state_(static_cast<std::size_t>(supply.modules), 1) {  // antiparallel at power-up
  if (target.health_window_log2 > 0) monitor_.emplace(supply, target.health_window_log2);
  if (target.calibration != Calibration::None) calibrator_.emplace(supply, target);
  reset();
}

void Bank::reset() {
  const auto modules = static_cast<std::size_t>(supply_.modules);
  for (auto* registers : {&set_, &event_, &residual_, &alarm_, &white_, &errors_, &emptied_, &held_}) {
    registers->assign(modules, 0);
  }
  drive_.assign(modules, static_cast<std::uint32_t>(supply_.drive_code));
  alarms_ = 0;
  sequencer_.reset();
  if (monitor_) monitor_->reset();
  if (calibrator_) calibrator_->reset();
  cal_round_ = false;
}

std::uint32_t Bank::bits(int first, int count) const {
  std::uint32_t word = 0;
  for (int i = 0; i < count; ++i) {
    const auto m = static_cast<std::size_t>(first + i);
    word |= ((raw(m) ? 1U : 0U) ^ white_[m]) << i;
  }
  return word;
}

int Bank::sampled() const {
  if (!sequencer_.sample()) return 0;
  return cal_round_ ? 1 : supply_.modules;
}

std::uint32_t Bank::read(int id, int word) const {
  if (!holds(id)) return 0;
  const auto m = static_cast<std::size_t>(id - supply_.first_unit);
  switch (word) {
    case kDrive:
      return drive_[m];
    case kResidual:
      return static_cast<std::uint32_t>(signExtend(residual_[m], residual_bits_));
    case kAlarm:
      return alarm_[m];
    default:
      return 0;
  }
}

/// A draw of one unit: whether it switches, and whether it will be read wrong.
void Bank::set(std::size_t module) {
  const auto unit = static_cast<std::uint32_t>(supply_.first_unit) + static_cast<std::uint32_t>(module);
  const std::uint32_t event = event_[module]++;
  const std::uint64_t threshold =
      supply_.threshold(static_cast<int>(module), static_cast<int>(drive_[module]), 1 << drive_bits_);
  if (device::draw(seed_, unit, event) < threshold) state_[module] = 1;
  if (supply_.read_error > 0)
    errors_[module] = device::draw(seed_, unit | device::kReadStream, event) < supply_.read_error ? 1 : 0;
  set_[module] = 1;
}

/// The junctions change in the first cycle of a pulse only: SET draws then, READ finds set_q still 1, RESET
/// clears, or fails to. All units take part, or the one being calibrated; neither changes within a round.
void Bank::pulse() {
  using State = Sequencer::State;
  const auto first = static_cast<std::size_t>(cal_round_ ? calibrator_->unit() : 0);
  const auto last = cal_round_ ? first + 1 : state_.size();
  if (sequencer_.begins(State::Set)) {
    draws_ += static_cast<std::int64_t>(last - first);
    for (std::size_t m = first; m < last; ++m) set(m);
  } else if (sequencer_.begins(State::Read)) {
    std::fill(set_.begin() + static_cast<std::ptrdiff_t>(first),
              set_.begin() + static_cast<std::ptrdiff_t>(last), 0U);
  } else if (sequencer_.begins(State::Reset)) {
    for (std::size_t m = first; m < last; ++m) {
      const auto unit = static_cast<std::uint32_t>(supply_.first_unit) + static_cast<std::uint32_t>(m);
      const bool fails = supply_.reset_fail > 0 &&
                         device::draw(seed_, unit | device::kResetStream, event_[m] - 1) < supply_.reset_fail;
      if (!fails) state_[m] = 0;
    }
    if (!sequencer_.primed()) held_ = state_;
  }
}

void Bank::raise(std::size_t module, bool alarm) {
  alarms_ += (alarm ? 1 : 0) - static_cast<int>(alarm_[module]);
  alarm_[module] = alarm ? 1 : 0;
}

void Bank::tick(bool want, const UnitBus& bus) {
  const bool was_active = active();
  const bool idle = sequencer_.idle();
  const bool start = (calibrator_ && calibrator_->want(kTrim)) || (want && !was_active);
  const bool sample = sequencer_.sample();

  pulse();
  if (sequencer_.keep() && !cal_round_) {
    for (std::size_t m = 0; m < white_.size(); ++m) white_[m] = raw(m) ? 1 : 0;
  }
  if (monitor_ && sample && !cal_round_ && !was_active) {
    const auto watched = static_cast<std::size_t>(monitor_->unit());
    const bool bit = raw(watched);
    if (monitor_->alarm(bit)) raise(watched, true);
    monitor_->tick(bit);
  }
  const auto unit = static_cast<std::size_t>(calibrator_ ? calibrator_->unit() : 0);
  UnitCalibrator::Write write;
  if (calibrator_) {
    write = calibrator_->tick(bus.calibrate, idle, sample && cal_round_, raw(unit), kTrim,
                              static_cast<int>(drive_[unit]));
  }
  if (bus.we && holds(bus.id)) {
    const auto m = static_cast<std::size_t>(bus.id - supply_.first_unit);
    if (bus.word == kDrive) drive_[m] = bus.wdata & static_cast<std::uint32_t>(lowMask(drive_bits_));
    if (bus.word == kAlarm) raise(m, false);
  }
  if (write.enable) {
    drive_[unit] = static_cast<std::uint32_t>(write.code);
    residual_[unit] = static_cast<std::uint32_t>(write.residual & static_cast<int>(lowMask(residual_bits_)));
  }
  if (was_active && !active()) {
    emptied_ = event_;
    held_ = state_;
  }
  if (idle && start) cal_round_ = was_active;
  sequencer_.tick(start);
}

void Bank::putUnitStates(std::span<UnitState> units) const {
  for (std::size_t m = 0; m < drive_.size(); ++m) {
    units[static_cast<std::size_t>(supply_.first_unit) + m] = {static_cast<int>(drive_[m]), emptied_[m],
                                                               held_[m] != 0};
  }
}

void Bank::addProbes(const ProbeScope& scope) const {
  scope.number("cal_round_q", 1, cal_round_);
  sequencer_.addProbes(scope.below("u_sequencer"));
  if (monitor_) monitor_->addProbes(scope.below("gen_monitor.u_monitor"));
  if (calibrator_) calibrator_->addProbes(scope.below("gen_calibrator.u_calibrator"));
  for (std::size_t m = 0; m < state_.size(); ++m) {
    const ProbeScope unit = scope.below("gen_unit[" + std::to_string(m) + "].u_unit");
    unit.word("drive_q", drive_bits_, drive_[m]);
    unit.word("residual_q", residual_bits_, residual_[m]);
    unit.word("alarm_q", 1, alarm_[m]);
    unit.word("white_q", 1, white_[m]);
    const ProbeScope junction = unit.below("u_mtj");
    junction.word("state_q", 1, state_[m]);
    junction.word("set_q", 1, set_[m]);
    junction.word("event_q", 32, event_[m]);
  }
}

}  // namespace neuspin::golden
