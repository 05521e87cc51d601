// `neuspin import` of networks in the form bnn-npz-1: a JSON description and an .npz of packed weights and
// integer thresholds (README.md beside this file).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "support/diagnostic.hpp"

namespace neuspin::bnn {

struct ImportOptions {
  int passes = 10;
  std::uint32_t seed = 1;
  std::string name;  ///< of the network; empty: the description's
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

/// `path`: the .json or the .npz; the other one lies beside it. Adds errors and returns nullopt if anything
/// is missing, damaged or not supported.
[[nodiscard]] std::optional<Imported> importBnnNpz(const std::string& path, const ImportOptions& options,
                                                   Diagnostics& diags);

}  // namespace neuspin::bnn
