// The integer function of the accelerator, bit-packed and fast: what golden::Network and the RTL compute per
// image, without clocks. For data sets, sweeps and robustness studies.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.hpp"

namespace neuspin::golden {

/// Integer results of one image, as on the output stream (field meanings and scaling: rtl/README.md,
/// cim_head_result).
struct ImageResult {
  std::vector<std::uint16_t> mean_p;    ///< [class], 12 fraction bits
  std::vector<std::uint32_t> var_p;     ///< [class], 24 fraction bits
  std::vector<std::uint16_t> kth_p;     ///< [class], ood_k-th smallest, 12 fraction bits
  std::vector<std::uint16_t> votes;     ///< [class]
  std::vector<std::int32_t> sum_logit;  ///< [class], over the passes
  std::uint16_t argmax = 0, best_p = 0, entropy = 0, kth_max = 0;
  std::int32_t sum_max_logit = 0;
  bool ood = false;
  bool operator==(const ImageResult&) const = default;
};

/// A stochastic unit as it stands before the first pass.
struct UnitState {
  int drive_code = 0;            ///< 0 … 2^drive_bits − 1
  std::uint32_t first_draw = 0;  ///< number of its draws so far (its register event_q)
  bool held = false;             ///< its last RESET has left a 1 (before draw 0: heldAtStart)
  bool operator==(const UnitState&) const = default;
};

/// Unit `module` of a supply after power-up, nothing drawn yet.
[[nodiscard]] UnitState unitAtPowerUp(const SupplyPlan& supply, int module, std::uint32_t seed);

/// Joint random choices of one pass, up to which a network can be enumerated.
inline constexpr int kMostConfigurations = 1 << 12;

struct InferOptions {
  std::uint32_t seed = 1;  ///< of the stochastic devices
  int passes = 0;  ///< 0 = plan.passes; at most plan.head.max_passes; 1 is made if nothing is stochastic
  /// position in the stream: fixes what the devices draw (image n, pass t: pass number n·T+t)
  std::int64_t first_image = 0;
  int threads = 1;                     ///< 0 = all cores (oneTBB)
  int ood_threshold = -1, ood_k = -1;  ///< −1 = the plan's
  /// compute passes with the same masks so far once (same results; not where reads are noisy); false: every
  /// pass anew
  bool reuse_passes = true;
  /// [unit], plan.units of them, e.g. after a calibration; passes count from these draws on. Empty:
  /// unitAtPowerUp.
  std::vector<UnitState> units = {};
  /// Where reads are noisy: reads of every array before image 0 of the stream, layer by layer and array by
  /// array (all tiles are read alike), as golden::Network::arrayReads() gives them. Empty: none.
  std::vector<std::uint32_t> reads = {};
  std::function<void(std::int64_t done)> progress = {};  ///< called now and then, from one thread at a time
  /// Integer logits [class] of every pass: the passes of an image in order, then its result, on one thread.
  std::function<void(std::int64_t image, int pass, std::span<const std::int32_t> logits)> on_pass = {};
};

/// Runs images (row-major, plan.input.features raw 8-bit pixels each) and calls sink(image index, result)
/// once per image, possibly from several threads, in no particular order. Throws std::invalid_argument if the
/// pixels are not whole images or options.passes, .units or .reads do not fit the plan. Results do not depend
/// on threads, instruction set or reuse_passes.
class Infer {
 public:
  /// `instruction_set`: one of instructionSets(), "" = the last (fastest). The plan must outlive this object.
  Infer(const Plan& plan, const Weights& weights, std::string_view instruction_set = {});
  ~Infer();
  /// What this processor can run, slowest first.
  [[nodiscard]] static std::vector<std::string> instructionSets();
  /// Passes made for options.passes = `requested`.
  [[nodiscard]] int passes(int requested) const;
  void run(std::span<const std::uint8_t> pixels, const InferOptions& options,
           const std::function<void(std::int64_t, const ImageResult&)>& sink) const;

  /// Integer logits of every pass of one image, [pass][class], for judging against the reference.
  [[nodiscard]] std::vector<std::vector<std::int32_t>> logits(std::span<const std::uint8_t> pixels,
                                                              const InferOptions& options) const;

  /// Exact enumeration (devices.md §4.1). A configuration is one joint choice of all supplies in a pass:
  /// their number, or 0 if there are more than kMostConfigurations or reads are noisy. A network without
  /// random choices has one.
  [[nodiscard]] int configurations() const;
  /// Probability of every configuration in any one pass, by the switching tables of the units. Their sum
  /// is 1.
  [[nodiscard]] std::vector<double> configurationWeights(std::span<const UnitState> units = {}) const;
  /// Calls sink(image index, logits [configuration][class]) once per image, possibly from several threads.
  /// threads: 0 = all cores. Throws std::invalid_argument if configurations() is 0 or the pixels are not
  /// whole images.
  void enumerate(std::span<const std::uint8_t> pixels, int threads,
                 const std::function<void(std::int64_t, std::span<const std::int32_t>)>& sink) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Input quantisation, the one place that turns a raw pixel into what the hardware is fed (element of a
/// beat).
[[nodiscard]] inline std::uint8_t encodePixel(const InputSpec& input, std::uint8_t pixel) {
  switch (input.encoding) {
    case InputEncoding::Bipolar:
      return pixel >= input.threshold ? 1 : 0;
    case InputEncoding::Unsigned:
      return static_cast<std::uint8_t>(pixel >> (8 - input.bits));
    case InputEncoding::Signed: {
      // x + 2^(bits−1) = ⌊pixel·2^bits/255 + 1/2⌋, at most 2^bits − 1; never just between two integers.
      const unsigned code = ((unsigned{pixel} << (input.bits + 1)) + 255) / 510;
      const unsigned most = (1U << input.bits) - 1;
      return static_cast<std::uint8_t>(code < most ? code : most);
    }
  }
  return 0;
}

/// The order of the input stream, the one place that says it: the raw pixel (of plan.input.features, planar)
/// that is element `element` of beat `beat` (0 … beatsPerImage() − 1) of an image; −1: none, the element is
/// ignored. `first` = the first layer: a convolution takes pixel by pixel, the channels of each in whole
/// beats.
[[nodiscard]] inline int streamFeature(const LayerPlan& first, int beat, int element) {
  const int at = beat % first.beats * first.beat_elems + element;  // of this vector
  if (!first.window) return at < first.inputs ? first.inputOfRow(at) : -1;
  const Shape& in = first.window->in;
  return at < in.channels ? at * in.pixels() + beat / first.beats : -1;
}

}  // namespace neuspin::golden
