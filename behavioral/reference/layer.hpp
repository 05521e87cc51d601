// One layer of the reference network: its sums, and what the float and the integer network make of them
// (behavioral/reference/README.md). A column is one pass of one image.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "reference/choices.hpp"
#include "spec/spec.hpp"

namespace neuspin::reference {

class Layer {
 public:
  /// Word widths as in NetworkSpec, signed.
  Layer(const LayerSpec& spec, const LayerWeights& weights, int scale_bits, int logit_scale_bits);

  [[nodiscard]] bool last() const { return last_; }
  /// Whether S is the same in all passes that have the same input.
  [[nodiscard]] bool sumsAreFixed() const;
  /// Whether the integer network decides precisely as the float one does, so that both put out the same.
  [[nodiscard]] bool isExact() const;

  /// S of every column, [elements of the output map × columns]; whole numbers; of a convolution after the
  /// pooling (of an average: all of its windows added up). x: [elements of the input map × columns], the
  /// activations (first layer: pixel codes). `choices`: one a column, or none where sumsAreFixed().
  [[nodiscard]] Eigen::MatrixXd sums(const Eigen::MatrixXd& x, const std::vector<Choice>& choices) const;

  /// Number of the layer whose outputs are added, −1 without a skip connection.
  [[nodiscard]] int skip() const { return spec_.skip; }

  /// The float network on one column of sums: logits in the last layer, else activations −1 or +1. `skip`:
  /// the activations of layer skip(), [elements of the output map]; empty without a skip connection.
  [[nodiscard]] Eigen::VectorXd evaluate(const Eigen::VectorXd& sums, const Eigen::VectorXd& skip,
                                         const Choice& choice) const;

  /// The integer network on one column of sums: activations −1 or +1. Not for the last layer.
  [[nodiscard]] Eigen::VectorXd evaluateInteger(const Eigen::VectorXd& sums, const Eigen::VectorXd& skip,
                                                const Choice& choice) const;

  /// Last layer: logits in units of 2^−fraction().
  [[nodiscard]] std::vector<std::int64_t> integerLogits(const Eigen::VectorXd& sums,
                                                        const Choice& choice) const;

  /// Fraction bits f of the fixed-point numbers of the last layer and of layers that are not exact.
  [[nodiscard]] int fraction() const { return fraction_; }

 private:
  /// y or, for AffineDropout, u as a function of S: slope·S + constant, in exact arithmetic.
  struct Line {
    double slope, constant;
  };
  /// (M + G·e)·S + O, e = ones − zeros.
  struct NoisyLine {
    std::int64_t slope, noise_slope, constant;
  };
  [[nodiscard]] std::size_t outputs() const { return given_.gamma.size(); }
  /// The output that element `element` of the output map belongs to.
  [[nodiscard]] std::size_t outputOf(std::size_t element) const { return element / pixels_; }
  [[nodiscard]] Eigen::MatrixXd windows(const Eigen::VectorXd& map) const;
  [[nodiscard]] Eigen::VectorXd pooled(const Eigen::MatrixXd& sums) const;
  [[nodiscard]] Eigen::VectorXd convolve(const Eigen::VectorXd& map, const Choice* choice) const;
  [[nodiscard]] int noise(std::size_t element, const Choice& choice) const {
    return choice.noise[element % pixels_ * outputs() + outputOf(element)];
  }
  [[nodiscard]] double scale(std::size_t element, const Choice& choice) const;
  [[nodiscard]] double chosenScale(std::size_t element, const Choice& choice) const;
  [[nodiscard]] double deviation(std::size_t o) const;
  [[nodiscard]] double gamma(std::size_t o, const Choice& choice) const;
  /// `added`: by the skip connection.
  [[nodiscard]] double y(std::size_t element, double sum, double added, const Choice& choice) const;
  [[nodiscard]] Line line(std::size_t o, double added, const Choice& choice) const;
  [[nodiscard]] NoisyLine noisyLine(std::size_t o, double added, int noise_bits) const;
  [[nodiscard]] double added(const Eigen::VectorXd& skip, std::size_t element) const {
    return skip.size() == 0 ? 0.0 : given_.skip[outputOf(element)] * skip(static_cast<Eigen::Index>(element));
  }
  [[nodiscard]] double largestNoisySlope(int noise_bits) const;
  [[nodiscard]] std::vector<Choice> banks() const;
  [[nodiscard]] std::vector<std::int64_t> fixedPoint(const Eigen::VectorXd& sums, const Eigen::VectorXd& skip,
                                                     const Choice& choice) const;

  LayerSpec spec_;
  Scheme scheme_;
  std::size_t pixels_;  ///< of the output map
  bool last_;
  double eps_;
  LayerWeights given_;                    ///< its parameters; the weight bits are in weights_
  std::vector<Eigen::MatrixXd> weights_;  ///< [array], outputs × inputs
  int fraction_ = 0;
};

}  // namespace neuspin::reference
