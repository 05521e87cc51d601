// What the user asks for: the network (NetworkSpec), the hardware target (TargetSpec) and the weights, as
// read and validated. Values only; every later stage takes these by const reference.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "support/diagnostic.hpp"

namespace neuspin {

// ---- network.toml
// ------------------------------------------------------------------------------------------

enum class InputEncoding {
  Unsigned,  ///< x = pixel >> (8 - bits), 0 … 2^bits − 1, fed bit-serially, most significant plane first
  Bipolar,   ///< x = pixel >= threshold ? +1 : −1
  Signed,  ///< x = clamp(round((2·pixel/255 − 1)·2^(bits−1)), −2^(bits−1), 2^(bits−1) − 1), fed as x +
           ///< 2^(bits−1)
};

/// A feature map; a flat vector of n elements is {n, 1, 1}. Element (c, y, x) has the logical number
/// (c·height + y)·width + x, the order of a tensor [channels, height, width].
struct Shape {
  int channels = 0, height = 1, width = 1;
  [[nodiscard]] int pixels() const { return height * width; }
  [[nodiscard]] int elements() const { return channels * height * width; }
  bool operator==(const Shape&) const = default;
};

struct InputSpec {
  int features = 0;  ///< elements of one image = shape.elements()
  InputEncoding encoding = InputEncoding::Unsigned;
  int bits = 4;         ///< 1 … 8; 1 for Bipolar, 2 … 8 for Signed
  int threshold = 128;  ///< Bipolar only
  Shape shape = {};     ///< {features, 1, 1} unless the file states a shape
};

/// Closed set of Bayesian schemes (methods.md §4): adding one is a compile error until every visitor handles
/// it. `probability` is that of a drop, 0 < p < 1. A mask bit 1 means dropped.
struct Deterministic {
  bool operator==(const Deterministic&) const = default;
};
/// SpinDrop (JETCAS 13(1), 2023): each input takes no part in this pass with probability p.
struct SpinDrop {
  double probability = 0.0;
  bool rescale = false;  ///< the network was trained with kept inputs worth 1/(1−p) (torch.nn.Dropout)
  /// Convolutions: a new mask of the window's inputs for every window, as published; false: one mask a pass.
  bool every_window = false;
  bool operator==(const SpinDrop&) const = default;
};
/// Spatial-SpinDrop (arXiv 2306.10185): `group` consecutive features are dropped together. A feature is an
/// input of a linear layer, an input channel (feature map, with its padding) of a convolution; the mask is
/// held for all windows.
struct SpatialDropout {
  double probability = 0.0;
  int group = 1;  ///< features that share a bit; the last group may be smaller
  bool rescale = false;
  bool operator==(const SpatialDropout&) const = default;
};
/// SpinScaleDrop (arXiv 2311.15816): with probability p the layer's scale vector is replaced by 1 in this
/// pass.
struct ScaleDropout {
  double probability = 0.0;
  bool shared = false;  ///< one unit for the whole model: all layers with `shared` use the same bit of a pass
  bool operator==(const ScaleDropout&) const = default;
};
/// Inverted normalisation with affine dropout (arXiv 2401.12416): u = γ~·(a·S + bias) + β~, each of γ → 1 and
/// β → 0 with probability p (two bits a pass); hidden layers then output N·u[o] >= Σu ? +1 : −1 (N outputs),
/// the last layer u.
struct AffineDropout {
  double probability = 0.0;
  bool operator==(const AffineDropout&) const = default;
};
/// Bayesian subset-parameter inference: `samples` stored samples of the scale vector, one drawn uniformly
/// each pass.
struct SubsetSamples {
  int samples = 8;  ///< 2 … 256
  bool operator==(const SubsetSamples&) const = default;
};
/// The same with a = μ + σ·ε, ε = (ones − zeros)/sqrt(bits) of `noise_bits` fair bits, for every output and
/// pass.
struct SubsetNoise {
  int noise_bits = 8;  ///< 1 … 32
  bool operator==(const SubsetNoise&) const = default;
};
/// SpinBayes (ACM TECS 22(5s), 2023): `arrays` stored weight samples of `bits` bits a weight (w = 2·code −
/// (2^bits − 1)), one array set drawn uniformly each pass.
struct SpinBayes {
  int arrays = 8;  ///< 2 … 32
  int bits = 1;    ///< 1 … 4
  bool operator==(const SpinBayes&) const = default;
};
using Scheme = std::variant<Deterministic, SpinDrop, SpatialDropout, ScaleDropout, AffineDropout,
                            SubsetSamples, SubsetNoise, SpinBayes>;

/// Stored weight samples and bit slices of a layer with this scheme.
[[nodiscard]] constexpr int weightArrays(const Scheme& scheme) {
  const auto* spin_bayes = std::get_if<SpinBayes>(&scheme);
  return spin_bayes != nullptr ? spin_bayes->arrays : 1;
}
[[nodiscard]] constexpr int weightSlices(const Scheme& scheme) {
  const auto* spin_bayes = std::get_if<SpinBayes>(&scheme);
  return spin_bayes != nullptr ? spin_bayes->bits : 1;
}

/// Two-dimensional convolution, square kernel, the same stride and padding in both directions.
struct ConvSpec {
  int kernel = 3;              ///< K, 1 … 7
  int stride = 1;              ///< 1 … 7
  int padding = 0;             ///< rows and columns added on every side, 0 … K − 1
  bool pad_minus_one = false;  ///< they hold −1 (one-bit inputs only); else 0: they take no part in the sum
  bool operator==(const ConvSpec&) const = default;
};

/// What becomes of the sums of a pooling window.
enum class Pooling {
  Max,      ///< the largest
  Average,  ///< their mean
};

struct LayerSpec {
  std::string name;
  /// of one output: all elements of `in`, or in.channels·K² of a convolution; i = (c·K + ky)·K + kx
  int inputs = 0;
  int outputs = 0;               ///< neurons, or channels of a convolution
  std::optional<ConvSpec> conv;  ///< nullopt: fully connected
  int pool = 1;  ///< convolutions: the sums of pool × pool windows, stride pool, become one before the
                 ///< normalisation; rows and columns that fill no window are left out. 1 = none
  Pooling pooling = Pooling::Max;
  /// number of an earlier layer whose outputs are added before the sign (LayerWeights::skip); −1: none. Its
  /// output map is as large as this layer's; not in the last layer, not with pooling
  int skip = -1;
  Shape in = {};   ///< derived from the layer before
  Shape out = {};  ///< after the pooling
  /// the last layer yields logits, all others sign(); if it is a convolution, `out` is one pixel
  bool last = false;
  Scheme scheme;
  double norm_eps = 1e-5;
  Location where;  ///< of the [[layer]] table

  /// Windows whose sums are added up to one.
  [[nodiscard]] int addedWindows() const { return pooling == Pooling::Average ? pool * pool : 1; }
  /// The map before the pooling: a pixel a window. {outputs, 1, 1} of a linear layer.
  [[nodiscard]] Shape windowMap() const {
    if (!conv) return {outputs, 1, 1};
    const auto steps = [this](int size) {
      return (size + 2 * conv->padding - conv->kernel) / conv->stride + 1;
    };
    return {outputs, steps(in.height), steps(in.width)};
  }
  /// Those that are computed: rows and columns that fill no pooling window are not.
  [[nodiscard]] Shape usedWindows() const {
    const Shape all = windowMap();
    return {all.channels, all.height / pool * pool, all.width / pool * pool};
  }
};

struct NetworkSpec {
  std::string name;          ///< identifier, used for module and file names
  std::string weights_file;  ///< as written, relative to network.toml
  InputSpec input;
  std::vector<LayerSpec> layers;
  int passes = 1;             ///< T, Monte Carlo passes
  std::uint32_t seed = 1;     ///< of the behavioural dropout devices
  int scale_bits = 8;         ///< signed width of a scale word in the `multiply` form
  int logit_scale_bits = 10;  ///< signed width of the last layer's per-class scale
  std::string file;           ///< path of network.toml, for diagnostics
};

// ---- weights.safetensors
// -----------------------------------------------------------------------------------

/// One layer's trained parameters; [o] runs over outputs, [i] over inputs.
/// Meaning: y[o] = gamma[o]·(a[o]·S[o] + bias[o] − mean[o]) / sqrt(var[o] + eps) + beta[o] with S = Σ_i
/// w[o][i]·x[i] over the inputs that are not dropped; a = scale (the sample drawn, or 1 when it is dropped).
/// Average pooling of n windows: S is the sum over all of them, and a counts a/n, rounded to double. A layer
/// with a skip connection adds skip[o]·s to y, s = ±1 the output of the earlier layer at the same place.
/// Hidden layers output y >= 0 ? +1 : −1, the last one y (logits). Layers with AffineDropout compute what is
/// said there instead (gamma, beta; mean and var absent).
struct LayerWeights {
  std::vector<std::uint64_t>
      weight_bits;  ///< [array][slice][output][words_per_row], bit i%64 of word i/64; 1 = +1
  int words_per_row = 0;
  int outputs = 0, arrays = 1, slices = 1;  ///< slice s weighs 2^s
  std::vector<double> scale;                ///< [outputs], for SubsetSamples [samples][outputs]; absent: 1
  std::vector<double> scale_sigma;          ///< [outputs], SubsetNoise only
  std::vector<double> bias, gamma, beta, mean, var;  ///< each [outputs]; absent tensors: 0, 1, 0, 0, 1 − eps
  std::vector<double>
      skip;  ///< [outputs], weight of the skip connection (absent tensor: 1); empty without one
  [[nodiscard]] const std::uint64_t* row(int array, int slice, int o) const {
    return weight_bits.data() +
           ((static_cast<std::size_t>(array) * slices + slice) * outputs + o) * words_per_row;
  }
  /// One stored bit; of the first array and lowest slice unless said otherwise.
  [[nodiscard]] bool weight(int o, int i, int array = 0, int slice = 0) const {
    return (row(array, slice, o)[i / 64] >> (i % 64)) & 1;
  }
  void setWeight(int o, int i, bool bit, int array = 0, int slice = 0) {
    std::uint64_t& word = weight_bits[static_cast<std::size_t>(row(array, slice, o) - weight_bits.data()) +
                                      static_cast<std::size_t>(i / 64)];
    const std::uint64_t mask = std::uint64_t{1} << (i % 64);
    word = bit ? word | mask : word & ~mask;
  }
  /// The weight's value, Σ_s 2^s·(±1): odd, |value| < 2^slices.
  [[nodiscard]] int value(int array, int o, int i) const {
    int sum = 0;
    for (int s = 0; s < slices; ++s) sum += weight(o, i, array, s) ? 1 << s : -(1 << s);
    return sum;
  }
};
struct Weights {
  std::vector<LayerWeights> layers;
};

// ---- target.toml
// -------------------------------------------------------------------------------------------

enum class PostForm {
  Threshold,
  /// multiply with a = μ + σ·ε; chosen by the planner for SubsetNoise, never by the target
  Multiply,
  Noise,
};

/// How an array's columns become numbers (rtl/README.md, cim_array and cim_array_adc).
enum class Sensing {
  Bit,  ///< a sense amplifier a row of the group and column; matches are counted in digital
  Adc,  ///< a converter a column, which counts the matches of the group by its current
};

/// The closed loop that steps every unit's drive code to its probability (rtl/README.md,
/// cim_unit_calibrator).
enum class Calibration {
  None,     ///< no loop in the hardware
  Command,  ///< runs on a write to CALIBRATE
  Startup,  ///< also runs by itself after reset
};

/// How much of a layer's work is done at once; 0 = as for all layers.
struct LayerFolding {
  int group = 0, lanes = 0;
  int tiles = 0;  ///< arrays that share a column's rows (mapping 2: those of a kernel position); 0: as few as
                  ///< hold them
  bool operator==(const LayerFolding&) const = default;
};

struct TargetSpec {
  std::string name = "default";
  int array_rows = 256, array_cols = 128, group = 8;  ///< largest array macro; rows sensed at once
  Sensing sensing = Sensing::Bit;
  /// of a column's converter, 2 … 7; 0: as many as tell all counts of a layer's group apart
  int adc_bits = 0;
  int lanes = 16;  ///< post lanes of a hidden layer
  /// Wanted clock cycles an image: every layer gets the smallest group and lanes, then the fewest row tiles,
  /// that reach it. 0 = as above.
  std::int64_t cycles_per_image = 0;
  /// Wanted area of the logic, gate equivalents of the library "generic" by the planner's model
  /// (plan/area.hpp): the fastest folding that keeps within it. 0 = any.
  std::int64_t gate_equivalents = 0;
  std::map<std::string, LayerFolding> layers;  ///< by hand, by name of a layer: before everything else
  /// Convolutions: 1 = the kernel unrolled into one column (K²·C_in rows), 2 = K² arrays of C_in rows whose
  /// outputs add.
  int conv_mapping = 1;
  PostForm form = PostForm::Threshold;  ///< of hidden layers
  int input_beat = 8;                   ///< input elements a beat
  bool prefix_cache = true;  ///< hold the pass-independent sums; false: replay the input every pass
  int max_passes = 32;       ///< 1 … 255, size of the 1/T table
  // stochastic units: timing in clock cycles (each 1 … 255), drive code width, how many bits of a mask share
  // a unit
  int set_cycles = 2, read_cycles = 1, reset_cycles = 2, drive_bits = 4;
  int share = 1;                ///< mask bits a unit draws each pass, 1 … 65536 (1 = a unit a bit)
  bool whiten = false;          ///< units that must be fair (arbiters, selectors, noise): XOR of two draws
  int health_window_log2 = 10;  ///< draws a health window = 2^this; 0 = no monitors
  Calibration calibration = Calibration::Command;
  int calibration_window_log2 = 8;  ///< draws a calibration step = 2^this, 4 … 16
  // uncertainty head
  int smallest = 2;  ///< smallest samples kept per class, 0 … 8
  bool moment2 = true, entropy = true, votes = true, logits = true;
  double ood_threshold = 0.9;  ///< flag if max over classes of the ood_k-th smallest probability is below
  int ood_k = 2;
  double clock_ns = 10.0;
  /// synthesis library: "generic" or a Liberty file, relative to target.toml
  std::string library = "generic";
  std::string file;
};

// ---- readers
// ----------------------------------------------------------------------------------------------- Each
// returns nullopt exactly if it added an error. They never throw on bad input and report every finding.

[[nodiscard]] std::optional<NetworkSpec> readNetwork(const std::string& path, Diagnostics& diags);
[[nodiscard]] std::optional<TargetSpec> readTarget(const std::string& path, Diagnostics& diags);
[[nodiscard]] std::optional<Weights> readWeights(const NetworkSpec& network, Diagnostics& diags);

/// The same on memory, for tests and fuzzers. `file` is the name used in diagnostics.
[[nodiscard]] std::optional<NetworkSpec> parseNetwork(std::string_view text, const std::string& file,
                                                      Diagnostics& diags);
[[nodiscard]] std::optional<TargetSpec> parseTarget(std::string_view text, const std::string& file,
                                                    Diagnostics& diags);
[[nodiscard]] std::optional<Weights> parseWeights(std::string_view bytes, const std::string& file,
                                                  const NetworkSpec& network, Diagnostics& diags);

/// SHA-256 (hex) over a canonical text of network, target and weights: what `spec_sha256` and the banners
/// show.
[[nodiscard]] std::string specSha256(const NetworkSpec& network, const TargetSpec& target,
                                     const Weights& weights);

}  // namespace neuspin
