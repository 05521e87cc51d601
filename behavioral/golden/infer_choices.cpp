#include "golden/infer_choices.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "device/draw.hpp"

namespace neuspin::golden {

namespace {

constexpr int kMostTries = 16;  ///< draws of an arbiter for one number
constexpr std::uint64_t kTwo32 = std::uint64_t{1} << 32;

/// Bits [at, at + width) of packed words, width 1 … 63.
std::uint64_t bitsAt(const std::vector<std::uint64_t>& words, int at, int width) {
  const auto word = static_cast<std::size_t>(at / kWordBits);
  const int offset = at % kWordBits;
  std::uint64_t value = words[word] >> offset;
  if (offset + width > kWordBits) value |= words[word + 1] << (kWordBits - offset);
  return value & ((std::uint64_t{1} << width) - 1);
}

/// Clears bits [begin, end) of packed words.
void clearBits(std::uint64_t* words, int begin, int end) {
  while (begin < end) {
    const int offset = begin % kWordBits;
    const int count = std::min(kWordBits - offset, end - begin);
    const std::uint64_t ones = count == kWordBits ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
    words[begin / kWordBits] &= ~(ones << offset);
    begin += count;
  }
}

/// Probabilities of every number that independent bits make up, bit 0 lowest.
std::vector<double> jointProbabilities(const std::vector<double>& ones) {
  std::vector<double> joint = {1.0};
  for (const double p : ones) {
    const std::size_t half = joint.size();
    for (std::size_t i = 0; i < half; ++i) {
      joint.push_back(joint[i] * p);
      joint[i] *= 1 - p;
    }
  }
  return joint;
}

/// Probabilities of the numbers that an arbiter accepts: drawn again while too large, and made small enough
/// at the last try.
std::vector<double> acceptedProbabilities(const std::vector<double>& drawn, int choices) {
  const auto n = static_cast<std::size_t>(choices);
  double rejected = 0;
  for (std::size_t i = n; i < drawn.size(); ++i) rejected += drawn[i];
  double tries = 0;
  for (int t = 0; t < kMostTries; ++t) tries += std::pow(rejected, t);
  std::vector<double> accepted(n);
  for (std::size_t i = 0; i < n; ++i) accepted[i] = drawn[i] * tries;
  for (std::size_t i = n; i < drawn.size(); ++i)
    accepted[i - n] += drawn[i] * std::pow(rejected, kMostTries - 1);
  return accepted;
}

}  // namespace

const SupplyPlan* supplyOf(const Plan& plan, const LayerPlan& layer) {
  if (layer.choice == Choice::None) return nullptr;
  return layer.supply ? &*layer.supply : &*plan.shared;
}

int masksOfPass(const LayerPlan& layer) {
  return layer.choice == Choice::Rows ? layer.windows / layer.mask_windows : 1;
}

int choiceCount(const Plan& plan, const LayerPlan& layer) {
  const SupplyPlan* supply = supplyOf(plan, layer);
  if (supply == nullptr) return 1;
  if (supply->choices > 0) return supply->choices;
  const int most_bits = std::countr_zero(static_cast<unsigned>(kMostConfigurations));
  return layer.choice == Choice::Noise || supply->bits > most_bits || masksOfPass(layer) > 1
             ? 0
             : 1 << supply->bits;
}

void keptInputs(const LayerPlan& layer, const std::uint64_t* dropped, std::uint64_t* kept) {
  const int words = divideUp(layer.inputs, kWordBits);
  const int used = layer.inputs % kWordBits;
  if (layer.mask_group == 1) {
    for (int w = 0; w < words; ++w) kept[w] = ~dropped[w];
  } else {
    std::fill_n(kept, words, ~std::uint64_t{0});
    for (int bit = 0; bit * layer.mask_group < layer.inputs; ++bit) {
      if ((dropped[bit / kWordBits] >> (bit % kWordBits) & 1) == 0) continue;
      clearBits(kept, bit * layer.mask_group, std::min(layer.inputs, (bit + 1) * layer.mask_group));
    }
  }
  if (used != 0) kept[words - 1] &= (std::uint64_t{1} << used) - 1;
}

// ---- one supply
// --------------------------------------------------------------------------------------------

SupplyDraws::SupplyDraws(const SupplyPlan& supply, int drive_bits, std::uint32_t seed,
                         std::span<const UnitState> units)
    : bits_(supply.choices > 0 ? supply.modules : supply.bits),
      rounds_(supply.rounds),
      whiten_(supply.whiten),
      reset_fail_(std::ldexp(static_cast<double>(supply.reset_fail), -32)),
      read_error_(std::ldexp(static_cast<double>(supply.read_error), -32)) {
  const auto padded = static_cast<std::size_t>(divideUp(bits_, kWordBits)) * kWordBits;
  keys_.assign(padded, 0);
  events_.assign(padded, 0);
  limits_.assign(padded, std::numeric_limits<std::int32_t>::min());
  always_.assign(padded / kWordBits, 0);
  for (int b = 0; b < bits_; ++b) {
    const auto i = static_cast<std::size_t>(b);
    const int module = b % supply.modules;
    const int unit = supply.first_unit + module;
    const UnitState state =
        units.empty() ? unitAtPowerUp(supply, module, seed) : units[static_cast<std::size_t>(unit)];
    const std::uint64_t threshold = supply.threshold(module, state.drive_code, 1 << drive_bits);
    keys_[i] = device::drawKey(seed, static_cast<std::uint32_t>(unit));
    events_[i] = state.first_draw + static_cast<std::uint32_t>(b / supply.modules * (whiten_ ? 2 : 1));
    thresholds_.push_back(threshold);
    if (supply.reset_fail > 0 || supply.read_error > 0) {
      units_.emplace_back(seed, static_cast<std::uint32_t>(unit), threshold, supply.reset_fail,
                          supply.read_error, state.first_draw, state.held);
    }
    if (threshold >= kTwo32) {
      always_[i / kWordBits] |= std::uint64_t{1} << (i % kWordBits);
    } else {
      limits_[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(threshold) ^ 0x80000000U);
    }
  }
}

std::uint32_t SupplyDraws::eventOf(std::int64_t mask) const {
  return static_cast<std::uint32_t>(mask * rounds_ *
                                    (whiten_ ? 2 : 1));  // devices count their draws in 32 bits
}

/// Bit `b` of the mask whose first draw is `event` draws after that of mask 0.
bool SupplyDraws::bit(std::size_t b, std::uint32_t event) const {
  const auto drawn = [&](std::uint32_t at) {
    return units_.empty() ? device::drawOf(keys_[b], at) < thresholds_[b] : units_[b].bit(at);
  };
  const std::uint32_t at = events_[b] + event;
  return whiten_ ? drawn(at) != drawn(at + 1) : drawn(at);
}

int SupplyDraws::number(std::int64_t mask) const {
  const std::uint32_t add = eventOf(mask);
  unsigned value = 0;
  for (std::size_t b = 0; b < thresholds_.size(); ++b) value |= static_cast<unsigned>(bit(b, add)) << b;
  return static_cast<int>(value);
}

void SupplyDraws::mask(std::int64_t mask, const Kernel& kernel, std::vector<std::int32_t>& scratch,
                       std::uint64_t* bits) const {
  if (!units_.empty()) {
    std::fill_n(bits, words(), 0);
    for (std::size_t b = 0; b < units_.size(); ++b)
      bits[b / kWordBits] |= std::uint64_t{bit(b, eventOf(mask)) ? 1U : 0U} << (b % kWordBits);
    return;
  }
  const auto count = static_cast<int>(keys_.size());
  scratch.resize(keys_.size());
  const auto draw = [&](std::uint32_t add, std::uint64_t* zeros) {  // bits that are not below their limit
    kernel.draws(keys_.data(), events_.data(), add, count, scratch.data());
    kernel.decide(scratch.data(), limits_.data(), words(), zeros);
    for (int w = 0; w < words(); ++w) zeros[w] &= ~always_[static_cast<std::size_t>(w)];
  };
  const std::uint32_t add = eventOf(mask);
  draw(add, bits);
  if (!whiten_) {
    for (int w = 0; w < words(); ++w) bits[w] = ~bits[w];
    return;
  }
  std::vector<std::uint64_t> second(always_.size());
  draw(add + 1, second.data());
  for (int w = 0; w < words(); ++w) bits[w] ^= second[static_cast<std::size_t>(w)];
}

std::vector<double> SupplyDraws::probabilities() const {
  std::vector<double> result;
  for (const std::uint64_t threshold : thresholds_) {
    // In the long run: a RESET that fails makes a 1 likelier, and a 0 after a 1 rarer; an error turns what is
    // read over.
    const double p = static_cast<double>(threshold) / static_cast<double>(kTwo32);
    const double on = p / (1 - (1 - p) * reset_fail_);
    const double shown = whiten_ ? 2 * (1 - on) * p : on;
    const double wrong = whiten_ ? 2 * read_error_ * (1 - read_error_) : read_error_;
    result.push_back(shown * (1 - wrong) + (1 - shown) * wrong);
  }
  return result;
}

std::vector<int> ArbiterNumbers::get(std::size_t layer, const SupplyDraws& draws, int choices,
                                     std::int64_t first, std::int64_t count) {
  const std::lock_guard lock(mutex_);
  auto found = sequences_.find(layer);
  if (found == sequences_.end() || !(found->second.draws == draws)) {
    found = sequences_.insert_or_assign(layer, Sequence{.draws = draws, .accepted = {}}).first;
  }
  Sequence& sequence = found->second;
  while (std::ssize(sequence.accepted) < first + count) {
    const int number = sequence.draws.number(sequence.next_draw++);
    if (number >= choices && ++sequence.rejected < kMostTries) continue;
    sequence.accepted.push_back(static_cast<std::uint8_t>(number < choices ? number : number - choices));
    sequence.rejected = 0;
  }
  const auto begin = sequence.accepted.begin() + first;
  return {begin, begin + count};
}

// ---- choices of a run
// --------------------------------------------------------------------------------------

DrawnChoices::DrawnChoices(const Plan& plan, const Kernel& kernel, std::uint32_t seed,
                           std::span<const UnitState> units, std::int64_t first, std::int64_t count,
                           ArbiterNumbers& arbiters)
    : plan_(plan), kernel_(kernel), first_(first) {
  for (std::size_t l = 0; l < plan.layers.size(); ++l) {
    Layer& layer = layers_.emplace_back();
    const SupplyPlan* supply = supplyOf(plan, plan.layers[l]);
    if (supply == nullptr) continue;
    layer.numbered = choiceCount(plan, plan.layers[l]) > 0;
    const SupplyDraws& draws = layer.draws.emplace_back(*supply, plan.target.drive_bits, seed, units);
    if (supply->choices > 0) layer.numbers = arbiters.get(l, draws, supply->choices, first, count);
    if (!plan.layers[l].noise || plan.layers[l].choice != Choice::Array) continue;
    std::vector<std::int64_t> chosen(static_cast<std::size_t>(supply->choices));
    for (const int number : arbiters.get(l, draws, supply->choices, 0, first))
      ++chosen[static_cast<std::size_t>(number)];
    for (const int number : layer.numbers)
      layer.earlier.push_back(chosen[static_cast<std::size_t>(number)]++);
  }
}

void DrawnChoices::choose(std::size_t layer, std::int64_t first, std::int64_t count,
                          PassChoices& choices) const {
  const LayerPlan& plan = plan_.layers[layer];
  const Layer& drawn = layers_[layer];
  choices.numbers.clear();
  if (drawn.draws.empty()) return;
  const SupplyDraws& draws = drawn.draws.front();
  if (!drawn.numbers.empty()) {
    const auto begin = drawn.numbers.begin() + (first - first_);
    choices.numbers.assign(begin, begin + count);
    if (!drawn.earlier.empty()) {
      const auto earlier = drawn.earlier.begin() + (first - first_);
      choices.earlier.assign(earlier, earlier + count);
    }
  } else if (drawn.numbered) {
    for (std::int64_t pass = first; pass < first + count; ++pass)
      choices.numbers.push_back(draws.number(pass));
  } else if (plan.choice == Choice::Noise) {
    chooseNoise(plan, draws, first, count, choices);
  } else {
    chooseRows(plan, draws, first, count, choices);
  }
}

void DrawnChoices::chooseRows(const LayerPlan& layer, const SupplyDraws& draws, std::int64_t first,
                              std::int64_t count, PassChoices& choices) const {
  const auto words = static_cast<std::size_t>(divideUp(layer.inputs, kWordBits));
  std::vector<std::int32_t> scratch;
  std::vector<std::uint64_t> dropped(static_cast<std::size_t>(draws.words()));
  const std::int64_t masks = masksOfPass(layer);
  choices.kept.resize(static_cast<std::size_t>(count * masks) * words);
  for (std::int64_t i = 0; i < count * masks; ++i) {
    draws.mask(first * masks + i, kernel_, scratch, dropped.data());
    keptInputs(layer, dropped.data(), choices.kept.data() + static_cast<std::size_t>(i) * words);
  }
}

void DrawnChoices::chooseNoise(const LayerPlan& layer, const SupplyDraws& draws, std::int64_t first,
                               std::int64_t count, PassChoices& choices) const {
  std::vector<std::int32_t> scratch;
  std::vector<std::uint64_t> bits(static_cast<std::size_t>(draws.words()));
  choices.noise.clear();
  const std::int64_t windows = layer.windows;
  for (std::int64_t window = first * windows; window < (first + count) * windows; ++window) {
    for (int o = 0; o < layer.outputs; ++o) {
      const int lane = o % layer.lanes;
      if (lane == 0) draws.mask(window * layer.words + o / layer.lanes, kernel_, scratch, bits.data());
      const int ones = std::popcount(bitsAt(bits, lane * layer.noise_bits, layer.noise_bits));
      choices.noise.push_back(2 * ones - layer.noise_bits);
    }
  }
}

// ---- every joint choice
// ------------------------------------------------------------------------------------

Configurations::Configurations(const Plan& plan) : plan_(plan) {
  if (plan.noisyReads()) {
    count_ = 0;
    return;
  }
  int shared_digit = -1;
  for (const LayerPlan& layer : plan.layers) {
    const int choices = choiceCount(plan, layer);
    const SupplyPlan* supply = supplyOf(plan, layer);
    const bool shared = supply != nullptr && !layer.supply;
    if (supply == nullptr || (shared && shared_digit >= 0)) {
      digit_of_.push_back(supply == nullptr ? -1 : shared_digit);
      continue;
    }
    if (shared) shared_digit = static_cast<int>(digits_.size());
    digit_of_.push_back(static_cast<int>(digits_.size()));
    digits_.push_back({.supply = supply, .choices = choices, .place = count_});
    count_ = count_ * choices > kMostConfigurations ? 0 : count_ * choices;
    if (count_ == 0) return;
  }
}

std::vector<double> Configurations::weights(std::span<const UnitState> units) const {
  std::vector<double> weights(static_cast<std::size_t>(count_), 1.0);
  for (const Digit& digit : digits_) {
    const SupplyDraws draws(*digit.supply, plan_.target.drive_bits, 0, units);
    auto probabilities = jointProbabilities(draws.probabilities());
    if (digit.supply->choices > 0) probabilities = acceptedProbabilities(probabilities, digit.choices);
    for (int c = 0; c < count_; ++c)
      weights[static_cast<std::size_t>(c)] *=
          probabilities[static_cast<std::size_t>(c / digit.place % digit.choices)];
  }
  return weights;
}

void Configurations::choose(std::size_t layer, PassChoices& choices) const {
  choices.numbers.clear();
  if (digit_of_[layer] < 0) return;
  const Digit& digit = digits_[static_cast<std::size_t>(digit_of_[layer])];
  for (int c = 0; c < count_; ++c) choices.numbers.push_back(c / digit.place % digit.choices);
}

}  // namespace neuspin::golden
