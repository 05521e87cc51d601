// The network as its user wrote it, computed from NetworkSpec and Weights alone: no Plan, no tiles, no packed
// bits. What the accelerator and every golden model are judged against (behavioral/reference/README.md).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "reference/choices.hpp"
#include "spec/spec.hpp"

namespace neuspin::reference {

struct Options {
  std::uint32_t seed = 1;        ///< of the stochastic devices
  int passes = 0;                ///< 0 = the network's
  std::int64_t first_image = 0;  ///< position in the stream: pass t of image n is pass number n·T + t
};

/// One image. Both kinds of logits come from the same random choices, and from the same hidden activations up
/// to the first hidden layer whose integer rule is not exact (affine_dropout, subset with noise).
struct Result {
  std::vector<std::vector<double>> logits;                ///< [pass][class], the float network
  std::vector<std::vector<std::int64_t>> integer_logits;  ///< [pass][class], in units of 2^−logitFraction()
  std::vector<double> mean_probability;  ///< [class], softmax of the float logits averaged over the passes
  std::vector<int> integer_votes;        ///< [class], passes won by integer logit; ties: lowest class
  std::vector<std::int64_t> integer_sum_logits;  ///< [class]
};

/// Readable rather than fast, but quick enough for a whole test set (matrix products by Eigen).
class ReferenceNetwork {
 public:
  /// `network` and `weights` must be as the readers validate them.
  ReferenceNetwork(const NetworkSpec& network, const Weights& weights, const Hardware& hardware = {});
  ~ReferenceNetwork();

  /// Passes made for options.passes: 1 if no layer is stochastic.
  [[nodiscard]] int passes(const Options& options) const;

  /// Fraction bits f of an integer logit: the most that keep every slope within logit_scale_bits, at most 24,
  /// at least 0.
  [[nodiscard]] int logitFraction() const;

  /// Images as raw pixels, row-major; calls sink(image index, result) in order. Throws std::invalid_argument
  /// if `pixels` is not a whole number of images.
  void run(std::span<const std::uint8_t> pixels, const Options& options,
           const std::function<void(std::int64_t, const Result&)>& sink) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace neuspin::reference
