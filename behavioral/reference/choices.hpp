// The random choices of a pass, drawn as behavioral/reference/README.md lists them.
#pragma once

#include <cstdint>
#include <vector>

#include "spec/spec.hpp"

namespace neuspin::reference {

/// The only facts of the hardware that the reference knows: they fix which device draws which bit.
struct Hardware {
  int share = 1;        ///< bits of a mask that share a device ([dropout] share of the target)
  bool whiten = false;  ///< fair bits are the XOR of two draws ([dropout] whiten)
  int lanes = 16;       ///< outputs of a hidden layer that take their noise from one word ([post] lanes)
};

/// What one pass chooses in one layer; only the members that the layer's scheme speaks of are set.
struct Choice {
  /// SpinDrop and SpatialDropout: [input]; of a convolution with a mask for every window [window][input].
  std::vector<bool> dropped;
  bool scale_dropped = false;                        ///< ScaleDropout
  bool gamma_dropped = false, beta_dropped = false;  ///< AffineDropout
  int sample = 0;          ///< SubsetSamples: of the scale; SpinBayes: of the weights
  std::vector<int> noise;  ///< [window][output], SubsetNoise: ones − zeros of the noise bits
};

/// Consecutive devices that make the choices of one layer. Device d's k-th draw is 1 iff draw(seed, d, k) <
/// below.
struct Devices {
  std::uint32_t first = 0;  ///< number of the first one
  int count = 0;
  std::uint64_t below = 0;  ///< round(p·2^32)
  bool whiten = false;

  /// Bit k of device `index` of these: draw k, or draws 2k and 2k + 1 XORed.
  [[nodiscard]] bool bit(std::uint32_t seed, int index, std::int64_t k) const;
  /// Mask number `number` of `bits` bits, drawn in ⌈bits/count⌉ rounds.
  [[nodiscard]] std::vector<bool> mask(std::uint32_t seed, int bits, std::int64_t number) const;
  /// The accepted numbers below `choices` with index first, …, first + count − 1, counted from the first draw
  /// on.
  [[nodiscard]] std::vector<int> numbers(std::uint32_t seed, int choices, std::int64_t first,
                                         std::int64_t count) const;
};

class Choices {
 public:
  Choices(const NetworkSpec& network, const Hardware& hardware);

  /// Whether any layer is stochastic.
  [[nodiscard]] bool stochastic() const { return devices_in_use_ > 0; }

  /// Choices of layer `layer` in passes number first, …, first + count − 1.
  [[nodiscard]] std::vector<Choice> draw(std::size_t layer, std::uint32_t seed, std::int64_t first,
                                         std::int64_t count) const;

 private:
  void addLayer(const LayerSpec& layer, const Hardware& hardware);

  struct Layer {
    LayerSpec spec;
    Devices devices;  ///< count 0 if the layer is deterministic
    int lanes = 1;    ///< outputs that share a noise word
  };
  std::vector<Layer> layers_;
  std::uint32_t devices_in_use_ = 0;
  int shared_ = -1;  ///< the first layer that takes its bit from the model's one unit
};

}  // namespace neuspin::reference
