// The graph of an ONNX model as the nodes that compute with the image; what constants alone give is computed
// here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "import/onnx_model.hpp"

namespace neuspin::bnn {

using Integers = std::vector<std::int64_t>;

/// Of a BipolarQuant (Brevitas, QONNX).
[[nodiscard]] bool isQuantizer(const OnnxNode& node);

/// Attributes; `absent` where there is none.
[[nodiscard]] Integers integers(const OnnxNode& node, const char* name, Integers absent);
[[nodiscard]] std::int64_t integer(const OnnxNode& node, const char* name, std::int64_t absent);
[[nodiscard]] double number(const OnnxNode& node, const char* name, double absent);
[[nodiscard]] bool allAre(const Integers& values, std::int64_t wanted);

class OnnxGraph {
 public:
  /// Keeps references to all three. Weights that are binarised, transposed or named again become constants.
  OnnxGraph(const OnnxModel& model, const std::string& file, Diagnostics& diags);

  /// Adds an error for every node whose operator cannot be imported, with what to use instead.
  void refuseOthers();

  /// Input number `input` of the node; nullptr: not there, or no constant.
  [[nodiscard]] const OnnxTensor* constant(const OnnxNode& node, std::size_t input) const;

  /// The nodes that take a tensor, in the order of the file.
  [[nodiscard]] const std::vector<const OnnxNode*>& consumers(const std::string& tensor) const;

  /// These add an error; the last two are always false.
  void fail(const char* name, const std::string& part, const std::string& message, const std::string& hint);
  bool error(const char* name, const OnnxNode& node, const std::string& message, const std::string& hint);
  bool formError(const OnnxNode& node, const std::string& message, const std::string& hint);

  /// A square attribute: `count` equal values between low and high, or `absent`.
  bool square(const OnnxNode& node, const char* name, std::size_t count, std::int64_t absent,
              std::int64_t low, std::int64_t high, int& value);

 private:
  void foldConstants(const OnnxModel& model);
  [[nodiscard]] bool foldable(const OnnxNode& node) const;

  const std::string& file_;
  Diagnostics& diags_;
  std::map<std::string, OnnxTensor> constants_;
  std::vector<const OnnxNode*> nodes_;
  std::map<std::string, std::vector<const OnnxNode*>> consumers_;
};

}  // namespace neuspin::bnn
