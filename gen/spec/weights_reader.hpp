// The tensors of a weights file → layers; the convention is described in README.md beside this file.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "spec/quote.hpp"
#include "spec/safetensors.hpp"
#include "spec/spec.hpp"

namespace neuspin::spec {

/// A vector of a layer: tensor name, where it goes, its value if absent, whether it may be given as one value
/// for all outputs.
struct Parameter {
  const char* suffix;
  std::vector<double> LayerWeights::*values;
  double absent;
  bool broadcast;
};

/// Reads the tensors of one file into layers, collecting all findings.
class WeightsReader {
 public:
  WeightsReader(const ByteSource& bytes, const Tensors& tensors, const std::string& file, std::uint32_t seed,
                Diagnostics& diags)
      : bytes_(bytes), tensors_(tensors), file_(file), seed_(seed), diags_(diags) {}

  /// `index`: number of the layer, `seed` of the network: they fix the samples drawn from a posterior.
  LayerWeights readLayer(const LayerSpec& layer, int index);
  /// Tensors that no layer asked for.
  void reportUnknown();

 private:
  [[nodiscard]] Location where(const std::string& name) const {
    return {file_, 0, 0, "tensor " + quoteWord(name)};
  }
  const Tensor* find(const std::string& name);
  void cannotRead(const std::string& name);
  void missing(const LayerSpec& layer, const std::string& name, const std::string& shape);
  bool checkShape(const LayerSpec& layer, const std::string& name, const Tensor& tensor,
                  const std::vector<std::uint64_t>& wanted);
  void readBits(const LayerSpec& layer, LayerWeights& weights);
  void packRows(const std::string& name, const Tensor& tensor, const LayerSpec& layer, LayerWeights& weights);
  void readPosterior(const LayerSpec& layer, int index, LayerWeights& weights);
  bool checkPosteriorTensor(const LayerSpec& layer, const std::string& name, const Tensor* tensor);
  /// Row `output` of a [outputs, inputs] tensor of floats.
  bool readRow(const LayerSpec& layer, const std::string& name, const Tensor& tensor, int output,
               std::vector<double>& values);
  bool readParameter(const LayerSpec& layer, const Parameter& parameter, LayerWeights& weights,
                     int samples = 1);
  void requireParameter(const LayerSpec& layer, const Parameter& parameter, LayerWeights& weights,
                        const char* why, int samples = 1);
  void readScale(const LayerSpec& layer, LayerWeights& weights);
  void readNorm(const LayerSpec& layer, LayerWeights& weights);
  void readAffineNorm(const LayerSpec& layer, LayerWeights& weights);
  /// `row` >= 0: the values are this row of a matrix.
  bool checkValues(const std::string& name, const std::vector<double>& values, int row = -1);

  const ByteSource& bytes_;
  const Tensors& tensors_;
  const std::string& file_;
  std::uint32_t seed_;
  Diagnostics& diags_;
  std::set<std::string> known_;
};

}  // namespace neuspin::spec
