// What the passes choose at random in golden::Infer, as their supplies draw it (rtl/README.md,
// cim_mask_supply and cim_arbiter_onehot).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "device/unit_bits.hpp"
#include "golden/infer.hpp"
#include "golden/infer_kernel.hpp"
#include "plan/plan.hpp"

namespace neuspin::golden {

/// Choices of a run of passes in one layer, as the layer's plan has them.
struct PassChoices {
  std::vector<int> numbers;  ///< [pass]: bank, array or mask as a number; where choiceCount() > 0
  /// [pass][mask of the pass][words]: bit i = logical input i takes part; Choice::Rows otherwise.
  std::vector<std::uint64_t> kept;
  std::vector<std::int32_t> noise;  ///< [pass][window][output], Choice::Noise: ones − zeros
  /// [pass] passes before it, from pass 0 of the stream on, that chose the same array; where reads are noisy
  std::vector<std::int64_t> earlier;
};

/// The supply a layer takes its choices from; nullptr for Choice::None.
[[nodiscard]] const SupplyPlan* supplyOf(const Plan& plan, const LayerPlan& layer);

/// Masks that a pass draws in this layer: 1, or one a window (SpinDrop resampled for every window).
[[nodiscard]] int masksOfPass(const LayerPlan& layer);

/// How many choices a pass has in this layer, 1 for Choice::None; 0 if more than kMostConfigurations, of
/// Choice::Noise or with several masks a pass.
[[nodiscard]] int choiceCount(const Plan& plan, const LayerPlan& layer);

/// Mask bits (1 = dropped) → inputs that take part, ⌈inputs/64⌉ words, unused high bits 0.
void keptInputs(const LayerPlan& layer, const std::uint64_t* dropped, std::uint64_t* kept);

/// Mask number 0, 1, … of one supply, or for an arbiter the bits of all its devices at draw 0, 1, …
class SupplyDraws {
 public:
  /// `units`: state of every unit of the design; empty: the plan's, at their first draw.
  SupplyDraws(const SupplyPlan& supply, int drive_bits, std::uint32_t seed, std::span<const UnitState> units);

  [[nodiscard]] int words() const { return static_cast<int>(always_.size()); }
  /// Up to 31 bits as a number, bit 0 lowest.
  [[nodiscard]] int number(std::int64_t mask) const;
  /// words() words, unused high bits 0. `scratch` is overwritten.
  void mask(std::int64_t mask, const Kernel& kernel, std::vector<std::int32_t>& scratch,
            std::uint64_t* bits) const;
  /// Probability of a 1 of every bit.
  [[nodiscard]] std::vector<double> probabilities() const;
  bool operator==(const SupplyDraws&) const = default;

 private:
  [[nodiscard]] std::uint32_t eventOf(std::int64_t mask) const;
  [[nodiscard]] bool bit(std::size_t b, std::uint32_t event) const;

  int bits_, rounds_;
  bool whiten_;
  // Per bit of a mask, padded to whole words of 64.
  std::vector<std::uint32_t> keys_;        ///< of its device
  std::vector<std::uint32_t> events_;      ///< its draw in mask 0
  std::vector<std::int32_t> limits_;       ///< threshold − 2^31; padding: never 1
  std::vector<std::uint64_t> always_;      ///< [word] bits whose threshold is 2^32
  std::vector<std::uint64_t> thresholds_;  ///< [bit], a draw below it is a 1
  /// [bit], in place of keys_ … always_ where RESETs or reads can fail; empty: none can.
  std::vector<device::UnitBits> units_;
  double reset_fail_ = 0, read_error_ = 0;
};

/// The numbers an arbiter accepted, kept between runs: the e-th one needs all before it.
class ArbiterNumbers {
 public:
  /// Numbers with index first, …, first + count − 1 of the arbiter of layer `layer`. Thread-safe.
  [[nodiscard]] std::vector<int> get(std::size_t layer, const SupplyDraws& draws, int choices,
                                     std::int64_t first, std::int64_t count);

 private:
  struct Sequence {
    SupplyDraws draws;
    std::int64_t next_draw = 0;
    int rejected = 0;  ///< in a row, up to next_draw
    std::vector<std::uint8_t> accepted;
  };
  std::mutex mutex_;
  std::map<std::size_t, Sequence> sequences_;  ///< by layer, of the latest seed and unit states
};

/// The choices of passes [first, first + count) of the stream. Thread-safe once built.
class DrawnChoices {
 public:
  DrawnChoices(const Plan& plan, const Kernel& kernel, std::uint32_t seed, std::span<const UnitState> units,
               std::int64_t first, std::int64_t count, ArbiterNumbers& arbiters);

  void choose(std::size_t layer, std::int64_t first, std::int64_t count, PassChoices& choices) const;

 private:
  void chooseRows(const LayerPlan& layer, const SupplyDraws& draws, std::int64_t first, std::int64_t count,
                  PassChoices& choices) const;
  void chooseNoise(const LayerPlan& layer, const SupplyDraws& draws, std::int64_t first, std::int64_t count,
                   PassChoices& choices) const;
  struct Layer {
    std::vector<SupplyDraws> draws;     ///< one, or none for Choice::None
    std::vector<int> numbers;           ///< of an arbiter, from pass first_ on
    std::vector<std::int64_t> earlier;  ///< PassChoices::earlier, from pass first_ on
    bool numbered = false;              ///< whether numbers say everything
  };
  const Plan& plan_;
  const Kernel& kernel_;
  std::int64_t first_;
  std::vector<Layer> layers_;
};

/// Every joint choice of one pass, if there are at most kMostConfigurations and reads repeat.
class Configurations {
 public:
  explicit Configurations(const Plan& plan);
  /// 0 if there are too many.
  [[nodiscard]] int count() const { return count_; }
  [[nodiscard]] std::vector<double> weights(std::span<const UnitState> units) const;
  /// What every configuration chooses in this layer.
  void choose(std::size_t layer, PassChoices& choices) const;

 private:
  /// One supply: its choice is digit (configuration / place) % choices.
  struct Digit {
    const SupplyPlan* supply;
    int choices, place;
  };
  const Plan& plan_;
  std::vector<Digit> digits_;
  std::vector<int> digit_of_;  ///< [layer], −1 without choice
  int count_ = 1;
};

}  // namespace neuspin::golden
