// What every importer hands over: the files of a network, and what writing and checking them takes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/spec.hpp"
#include "support/diagnostic.hpp"

namespace neuspin::bnn {

struct ImportOptions {
  int passes = 10;
  std::uint32_t seed = 1;
  std::string name{};     ///< of the network; empty: the description's
  std::string sidecar{};  ///< ONNX: the TOML with what a model does not say; empty: the one beside the model,
                          ///< if there
};

/// The network's own test vectors, computed with all randomness off.
struct VectorCheck {
  int total = 0;    ///< vectors in the file
  int equal = 0;    ///< all integer logits equal
  int not_fed = 0;  ///< encoded inputs that no pixel has
};

struct Imported {
  std::map<std::string, std::string> files;  ///< network.toml, target.toml, weights.safetensors
  std::string name;
  VectorCheck vectors;
  std::int64_t weights = 0;
};

/// Collects tensors and puts the container together.
class SafeTensors {
 public:
  /// `shape` as in "4,3,3"; `bytes`: little-endian, row-major.
  void add(const std::string& name, const char* dtype, const std::string& shape, std::string_view bytes);
  void add(const std::string& name, const std::string& shape, const std::vector<double>& values);
  [[nodiscard]] std::string file() const;

 private:
  std::string header_, data_;
};

/// One line of a comment from a foreign text.
[[nodiscard]] std::string commentLine(std::string text);
/// A name from a file, as a message may show it.
[[nodiscard]] std::string quoteWord(const std::string& name);
/// A legal name of a network that resembles a foreign text.
[[nodiscard]] std::string identifier(const std::string& text);
/// target.toml of an imported network that makes `passes`.
[[nodiscard]] std::string importedTarget(int passes);

struct Parsed {
  NetworkSpec network;
  TargetSpec target;
  Weights weights;
};
/// The files as their readers see them; adds their errors and returns nullopt if something is illegal.
[[nodiscard]] std::optional<Parsed> parseFiles(const std::map<std::string, std::string>& files,
                                               Diagnostics& diags);

}  // namespace neuspin::bnn
