#include "golden/control.hpp"

namespace neuspin::golden {

namespace {

/// MaskWindows of the controller that takes the choices, if it is this one.
int maskWindows(const LayerPlan& layer, bool taken_here) {
  return taken_here ? layer.mask_windows : 1;
}

}  // namespace

TileCtrl::TileCtrl(const LayerPlan& layer)
    : rom_(layer.schedule),
      replay_input_(layer.replay == Replay::Input && !layer.window),  // the window buffer replays its pixels
      mask_windows_(maskWindows(layer, layer.choice == Choice::Rows || layer.choice == Choice::Array)) {}

void TileCtrl::reset() {
  pc_ = replay_ = window_ = 0;
  s1_valid_ = s1_first_ = s1_shift_ = s1_last_ = false;
}

const TileCtrl::Out& TileCtrl::eval(bool rows_valid, bool mask_valid, bool hold_free, int passes) {
  const Step& step = rom_[static_cast<std::size_t>(pc_)];
  stall_ = s1_valid_ && s1_last_ && !hold_free;
  last_pass_ = !replay_input_ || replay_ == passes - 1;
  out_.read = rows_valid && mask_valid && !stall_;
  out_.group = step.group;
  out_.plane = step.plane;
  out_.rows_release = out_.read && step.last && last_pass_;
  out_.mask_ready = out_.read && step.last && window_ == mask_windows_ - 1;
  out_.acc_en = s1_valid_ && !stall_;
  out_.first = s1_first_;
  out_.shift = s1_shift_;
  out_.load = out_.acc_en && s1_last_;
  return out_;
}

void TileCtrl::tick() {
  if (!stall_) s1_valid_ = out_.read;
  if (!out_.read) return;
  const Step& step = rom_[static_cast<std::size_t>(pc_)];
  s1_first_ = step.first;
  s1_shift_ = step.shift;
  s1_last_ = step.last;
  pc_ = step.last ? 0 : pc_ + 1;
  if (!step.last) return;
  window_ = window_ == mask_windows_ - 1 ? 0 : window_ + 1;
  if (replay_input_) replay_ = last_pass_ ? 0 : (replay_ + 1) & static_cast<int>(lowMask(kPassBits));
}

void TileCtrl::addProbes(const ProbeScope& scope) const {
  scope.number("pc_q", idxBits(static_cast<std::int64_t>(rom_.size())), pc_);
  scope.number("s1_valid_q", 1, s1_valid_);
  scope.number("s1_first_q", 1, s1_first_);
  scope.number("s1_shift_q", 1, s1_shift_);
  scope.number("s1_last_q", 1, s1_last_);
  scope.number("replay_q", kPassBits, replay_);
  scope.number("window_q", idxBits(mask_windows_), window_);
}

void ActiveCounter::reset() {
  read_ = false;
  cnt_ = acc_ = hold_ = 0;
}

void ActiveCounter::tick(const TileCtrl::Out& ctrl, int active_rows) {
  if (ctrl.acc_en) {
    const std::uint32_t base = ctrl.first ? 0 : ctrl.shift ? 2 * acc_ : acc_;
    acc_ = (base + cnt_) & static_cast<std::uint32_t>(lowMask(active_bits_));
    if (ctrl.load) hold_ = acc_;
  }
  read_ = ctrl.read;
  if (ctrl.read) cnt_ = static_cast<std::uint32_t>(active_rows);
}

void ActiveCounter::addProbes(const ProbeScope& scope) const {
  scope.number("read_q", 1, read_);
  scope.number("cnt_q", cntBits(taps_), cnt_);
  scope.number("acc_q", active_bits_, acc_);
  scope.number("hold_q", active_bits_, hold_);
}

PostCtrl::PostCtrl(const LayerPlan& layer)
    : words_(layer.words),
      mask_windows_(maskWindows(layer, layer.choice == Choice::Bank)),
      replay_sums_(layer.replay == Replay::Sums),
      mask_per_word_(layer.choice == Choice::Noise) {}

void PostCtrl::reset() {
  hold_valid_ = s1_valid_ = s1_last_ = out_valid_ = out_last_ = false;
  word_ = pass_ = window_ = 0;
}

const PostCtrl::Out& PostCtrl::eval(bool mask_valid, int mask_bank, int passes, bool ready) {
  out_adv_ = !out_valid_ || ready;
  s1_adv_ = !s1_valid_ || out_adv_;
  last_word_ = word_ == words_ - 1;
  last_pass_ = !replay_sums_ || pass_ == passes - 1;
  out_.fire = hold_valid_ && mask_valid && s1_adv_;
  release_ = out_.fire && last_word_ && last_pass_;
  out_.hold_free = !hold_valid_ || release_;
  out_.mask_ready = out_.fire && (mask_per_word_ || (last_word_ && window_ == mask_windows_ - 1));
  out_.word = word_;
  out_.addr = mask_bank * words_ + word_;
  out_.move = s1_valid_ && out_adv_;
  return out_;
}

void PostCtrl::tick(bool load) {
  hold_valid_ = load || (hold_valid_ && !release_);
  if (out_adv_) out_valid_ = s1_valid_;
  if (out_.move) out_last_ = s1_last_;
  if (s1_adv_) s1_valid_ = out_.fire;
  if (!out_.fire) return;
  s1_last_ = last_word_;
  word_ = last_word_ ? 0 : word_ + 1;
  if (!last_word_) return;
  window_ = window_ == mask_windows_ - 1 ? 0 : window_ + 1;
  if (replay_sums_) pass_ = last_pass_ ? 0 : (pass_ + 1) & static_cast<int>(lowMask(kPassBits));
}

void PostCtrl::addProbes(const ProbeScope& scope) const {
  scope.number("hold_valid_q", 1, hold_valid_);
  scope.number("word_q", idxBits(words_), word_);
  scope.number("pass_q", kPassBits, pass_);
  scope.number("window_q", idxBits(mask_windows_), window_);
  scope.number("s1_valid_q", 1, s1_valid_);
  scope.number("s1_last_q", 1, s1_last_);
  scope.number("out_valid_q", 1, out_valid_);
  scope.number("out_last_q", 1, out_last_);
}

}  // namespace neuspin::golden
