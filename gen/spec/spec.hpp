// What the user asks for: the network (NetworkSpec), the hardware target (TargetSpec) and the weights, as read
// and validated. Values only; every later stage takes these by const reference.
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

// ---- network.toml ------------------------------------------------------------------------------------------

enum class InputEncoding {
  Unsigned,  ///< x = pixel >> (8 - bits), 0 … 2^bits − 1, fed bit-serially, most significant plane first
  Bipolar,   ///< x = pixel >= threshold ? +1 : −1
};

struct InputSpec {
  int features = 0;  ///< elements of one image
  InputEncoding encoding = InputEncoding::Unsigned;
  int bits = 4;         ///< 1 … 8; 1 for Bipolar
  int threshold = 128;  ///< Bipolar only
};

/// Closed set of Bayesian schemes: adding one is a compile error until every visitor handles it.
struct Deterministic {
  bool operator==(const Deterministic&) const = default;
};
/// SpinScaleDrop (arXiv 2311.15816): with probability p the layer's scale vector is replaced by 1 in this pass.
struct ScaleDropout {
  double probability = 0.0;  ///< of a drop, 0 < p < 1
  bool operator==(const ScaleDropout&) const = default;
};
using Scheme = std::variant<Deterministic, ScaleDropout>;

struct LayerSpec {
  std::string name;
  int inputs = 0;   ///< derived from the layer before
  int outputs = 0;
  bool last = false;  ///< the last layer yields logits, all others sign()
  Scheme scheme;
  double norm_eps = 1e-5;
  Location where;  ///< of the [[layer]] table
};

struct NetworkSpec {
  std::string name;           ///< identifier, used for module and file names
  std::string weights_file;   ///< as written, relative to network.toml
  InputSpec input;
  std::vector<LayerSpec> layers;
  int passes = 1;             ///< T, Monte Carlo passes
  std::uint32_t seed = 1;     ///< of the behavioural dropout devices
  int scale_bits = 8;         ///< signed width of a scale word in the `multiply` form
  int logit_scale_bits = 10;  ///< signed width of the last layer's per-class scale
  std::string file;           ///< path of network.toml, for diagnostics
};

// ---- weights.safetensors -----------------------------------------------------------------------------------

/// One layer's trained parameters; [o] runs over outputs, [i] over inputs.
/// Meaning: y[o] = gamma[o]·(a[o]·S[o] + bias[o] − mean[o]) / sqrt(var[o] + eps) + beta[o] with S = Σ_i w[o][i]·x[i];
/// a = scale, or 1 when the scale is dropped. Hidden layers output y >= 0 ? +1 : −1, the last one y (logits).
struct LayerWeights {
  std::vector<std::uint64_t> weight_bits;  ///< row-major, words_per_row words a row, bit i%64 of word i/64; 1 = +1
  int words_per_row = 0;
  std::vector<double> scale, bias, gamma, beta, mean, var;  ///< each [outputs]; absent tensors: 1, 0, 1, 0, 0, 1 − eps
  [[nodiscard]] bool weight(int o, int i) const {
    return (weight_bits[static_cast<std::size_t>(o) * words_per_row + i / 64] >> (i % 64)) & 1;
  }
};
struct Weights {
  std::vector<LayerWeights> layers;
};

// ---- target.toml -------------------------------------------------------------------------------------------

enum class PostForm { Threshold, Multiply };

struct TargetSpec {
  std::string name = "default";
  int array_rows = 256, array_cols = 128, group = 8;  ///< largest array macro; rows sensed at once
  int lanes = 16;                                     ///< post lanes of a hidden layer
  PostForm form = PostForm::Threshold;                ///< of hidden layers
  int input_beat = 8;                                 ///< input elements a beat
  bool prefix_cache = true;  ///< hold the pass-independent sums; false: replay the input every pass
  int max_passes = 32;       ///< 1 … 255, size of the 1/T table
  // dropout module timing in clock cycles (each 1 … 255) and drive code width
  int set_cycles = 2, read_cycles = 1, reset_cycles = 2, drive_bits = 4;
  // uncertainty head
  int smallest = 2;  ///< smallest samples kept per class, 0 … 8
  bool moment2 = true, entropy = true, votes = true, logits = true;
  double ood_threshold = 0.9;  ///< flag if max over classes of the ood_k-th smallest probability is below
  int ood_k = 2;
  double clock_ns = 10.0;
  std::string library = "generic";  ///< synthesis library: "generic" or a Liberty file, relative to target.toml
  std::string file;
};

// ---- readers -----------------------------------------------------------------------------------------------
// Each returns nullopt exactly if it added an error. They never throw on bad input and report every finding.

[[nodiscard]] std::optional<NetworkSpec> readNetwork(const std::string& path, Diagnostics& diags);
[[nodiscard]] std::optional<TargetSpec> readTarget(const std::string& path, Diagnostics& diags);
[[nodiscard]] std::optional<Weights> readWeights(const NetworkSpec& network, Diagnostics& diags);

/// The same on memory, for tests and fuzzers. `file` is the name used in diagnostics.
[[nodiscard]] std::optional<NetworkSpec> parseNetwork(std::string_view text, const std::string& file, Diagnostics& diags);
[[nodiscard]] std::optional<TargetSpec> parseTarget(std::string_view text, const std::string& file, Diagnostics& diags);
[[nodiscard]] std::optional<Weights> parseWeights(std::string_view bytes, const std::string& file,
                                                  const NetworkSpec& network, Diagnostics& diags);

/// SHA-256 (hex) over a canonical text of network, target and weights: what `spec_sha256` and the banners show.
[[nodiscard]] std::string specSha256(const NetworkSpec& network, const TargetSpec& target, const Weights& weights);

}  // namespace neuspin
