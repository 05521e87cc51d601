// An ONNX file → the graph as plain values. Everything a file can get wrong is found here; nothing here knows
// what the graph computes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/diagnostic.hpp"

namespace neuspin::bnn {

/// A constant. Numbers of every type as doubles; none of a type that cannot be read.
struct OnnxTensor {
  std::vector<std::int64_t> dims;
  std::vector<double> values;  ///< row-major, as many as the product of dims
};

struct OnnxNode {
  std::string op, domain;                    ///< domain: empty for the operators of ONNX itself
  std::string name;                          ///< as in the file; its first output where it has none
  std::vector<std::string> inputs, outputs;  ///< names of tensors; "" = left out
  std::map<std::string, std::vector<std::int64_t>> integers{};
  std::map<std::string, double> numbers{};
  std::map<std::string, std::string> words{};
};

struct OnnxModel {
  std::string name;      ///< of the graph
  std::string producer;  ///< what wrote the file
  std::string input, output;
  std::vector<std::int64_t> input_dims;  ///< −1 = open
  std::vector<OnnxNode> nodes;           ///< without the constants
  std::map<std::string, OnnxTensor> constants;
};

/// Adds an error for everything that is damaged or cannot be read and returns nullopt then. Never throws on
/// bad bytes.
[[nodiscard]] std::optional<OnnxModel> parseOnnx(std::string_view bytes, const std::string& file,
                                                 Diagnostics& diags);

}  // namespace neuspin::bnn
