#include "reference/choices.hpp"

#include <algorithm>
#include <cmath>
#include <variant>

#include "device/draw.hpp"
#include "support/overloaded.hpp"

namespace neuspin::reference {

namespace {

int divideUp(int a, int b) {
  return (a + b - 1) / b;
}

/// Bits that tell `choices` things apart.
int addressBits(int choices) {
  int bits = 1;
  while ((1 << bits) < choices) ++bits;
  return bits;
}

std::uint64_t threshold(double probability) {
  return static_cast<std::uint64_t>(std::llround(std::ldexp(probability, 32)));
}

/// Inputs that one feature of SpatialDropout stands for: a convolution's channel has an input a kernel
/// position.
int inputsOfFeature(const LayerSpec& layer) {
  return layer.conv ? layer.conv->kernel * layer.conv->kernel : 1;
}

/// Windows of a pass that have masks of their own.
int maskedWindows(const LayerSpec& layer) {
  const auto* spin_drop = std::get_if<SpinDrop>(&layer.scheme);
  return spin_drop != nullptr && spin_drop->every_window ? layer.usedWindows().pixels() : 1;
}

/// Outputs `lanes` at a time, each with `noise_bits` bits of the word's mask.
std::vector<int> noise(const Devices& devices, std::uint32_t seed, int outputs, int lanes, int noise_bits,
                       std::int64_t window) {
  const int words = divideUp(outputs, lanes);
  std::vector<int> result;
  for (int w = 0; w < words; ++w) {
    const auto bits = devices.mask(seed, lanes * noise_bits, window * words + w);
    for (int lane = 0; lane < lanes && w * lanes + lane < outputs; ++lane) {
      int sum = 0;
      for (int j = 0; j < noise_bits; ++j)
        sum += bits[static_cast<std::size_t>(lane * noise_bits + j)] ? 1 : -1;
      result.push_back(sum);
    }
  }
  return result;
}

}  // namespace

bool Devices::bit(std::uint32_t seed, int index, std::int64_t k) const {
  const auto drawn = [&](std::int64_t number) {
    return device::draw(seed, first + static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(number)) <
           below;
  };
  return whiten ? drawn(2 * k) != drawn(2 * k + 1) : drawn(k);
}

std::vector<bool> Devices::mask(std::uint32_t seed, int bits, std::int64_t number) const {
  const int rounds = divideUp(bits, count);
  std::vector<bool> result;
  for (int b = 0; b < bits; ++b) result.push_back(bit(seed, b % count, number * rounds + b / count));
  return result;
}

std::vector<int> Devices::numbers(std::uint32_t seed, int choices, std::int64_t first_wanted,
                                  std::int64_t wanted) const {
  constexpr int kMostTries = 16;
  std::vector<int> result;
  std::int64_t accepted = 0;
  int tries = 0;
  for (std::int64_t k = 0; accepted < first_wanted + wanted; ++k) {
    int number = 0;
    for (int d = 0; d < count; ++d) number |= static_cast<int>(bit(seed, d, k)) << d;
    ++tries;
    if (number >= choices && tries < kMostTries) continue;  // rejected
    if (accepted >= first_wanted) result.push_back(number < choices ? number : number - choices);
    ++accepted;
    tries = 0;
  }
  return result;
}

Choices::Choices(const NetworkSpec& network, const Hardware& hardware) {
  for (const LayerSpec& layer : network.layers) addLayer(layer, hardware);
}

void Choices::addLayer(const LayerSpec& spec, const Hardware& hardware) {
  Layer layer{.spec = spec, .devices = {}, .lanes = spec.last ? 1 : std::min(hardware.lanes, spec.outputs)};
  while (spec.conv && spec.outputs % layer.lanes != 0) --layer.lanes;  // words of a convolution are full
  const auto use = [&](int count, double probability, bool fair) {
    layer.devices = {.first = devices_in_use_,
                     .count = count,
                     .below = threshold(probability),
                     .whiten = fair && hardware.whiten};
    devices_in_use_ += static_cast<std::uint32_t>(count);
  };
  const auto useMask = [&](int bits, double probability, bool fair) {
    use(divideUp(bits, hardware.share), probability, fair);
  };
  constexpr double kFair = 0.5;
  std::visit(
      Overloaded{[](const Deterministic&) {},
                 [&](const SpinDrop& scheme) { useMask(spec.inputs, scheme.probability, false); },
                 [&](const SpatialDropout& scheme) {
                   useMask(divideUp(spec.inputs / inputsOfFeature(spec), scheme.group), scheme.probability,
                           false);
                 },
                 [&](const ScaleDropout& scheme) {
                   if (scheme.shared && shared_ >= 0) {
                     layer.devices = layers_[static_cast<std::size_t>(shared_)].devices;
                     return;
                   }
                   if (scheme.shared) shared_ = static_cast<int>(layers_.size());
                   use(1, scheme.probability, false);
                 },
                 [&](const AffineDropout& scheme) { useMask(2, scheme.probability, false); },
                 [&](const SubsetSamples& scheme) { use(addressBits(scheme.samples), kFair, true); },
                 [&](const SubsetNoise& scheme) { useMask(layer.lanes * scheme.noise_bits, kFair, true); },
                 [&](const SpinBayes& scheme) { use(addressBits(scheme.arrays), kFair, true); }},
      spec.scheme);
  layers_.push_back(std::move(layer));
}

std::vector<Choice> Choices::draw(std::size_t index, std::uint32_t seed, std::int64_t first,
                                  std::int64_t count) const {
  const Layer& layer = layers_[index];
  const Devices& devices = layer.devices;
  std::vector<Choice> choices(static_cast<std::size_t>(count));
  const auto eachPass = [&](const auto& set) {
    for (std::int64_t i = 0; i < count; ++i) set(choices[static_cast<std::size_t>(i)], first + i);
  };
  const auto dropInputs = [&](int group) {  // `group` consecutive inputs share a bit
    const int windows = maskedWindows(layer.spec);
    eachPass([&](Choice& choice, std::int64_t pass) {
      for (int w = 0; w < windows; ++w) {
        const auto mask = devices.mask(seed, divideUp(layer.spec.inputs, group), pass * windows + w);
        for (int i = 0; i < layer.spec.inputs; ++i)
          choice.dropped.push_back(mask[static_cast<std::size_t>(i / group)]);
      }
    });
  };
  const auto takeSamples = [&](int samples) {
    const auto numbers = devices.numbers(seed, samples, first, count);
    for (std::size_t i = 0; i < choices.size(); ++i) choices[i].sample = numbers[i];
  };
  std::visit(Overloaded{[](const Deterministic&) {},  //
                        [&](const SpinDrop&) { dropInputs(1); },
                        [&](const SpatialDropout& scheme) {
                          dropInputs(scheme.group * inputsOfFeature(layer.spec));
                        },
                        [&](const ScaleDropout&) {
                          eachPass([&](Choice& choice, std::int64_t pass) {
                            choice.scale_dropped = devices.bit(seed, 0, pass);
                          });
                        },
                        [&](const AffineDropout&) {
                          eachPass([&](Choice& choice, std::int64_t pass) {
                            const auto mask = devices.mask(seed, 2, pass);
                            choice.gamma_dropped = mask[0];
                            choice.beta_dropped = mask[1];
                          });
                        },
                        [&](const SubsetSamples& scheme) { takeSamples(scheme.samples); },
                        [&](const SubsetNoise& scheme) {
                          eachPass([&](Choice& choice, std::int64_t pass) {
                            const int windows = layer.spec.conv ? layer.spec.usedWindows().pixels() : 1;
                            for (std::int64_t w = pass * windows; w < (pass + 1) * windows; ++w) {
                              const auto drawn =
                                  noise(devices, seed, layer.spec.outputs, layer.lanes, scheme.noise_bits, w);
                              choice.noise.insert(choice.noise.end(), drawn.begin(), drawn.end());
                            }
                          });
                        },
                        [&](const SpinBayes& scheme) { takeSamples(scheme.arrays); }},
             layer.spec.scheme);
  return choices;
}

}  // namespace neuspin::reference
