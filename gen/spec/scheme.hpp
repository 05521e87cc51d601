// The `scheme` of a [[layer]] → Scheme. The keys of each method are described in README.md beside this file.
#pragma once

#include <string>

#include "spec/spec.hpp"
#include "spec/toml_reader.hpp"

namespace neuspin::spec {

struct SchemeFound {
  Scheme scheme;
  bool by_parameters = false;         ///< its probability follows from the sizes of all layers
  const toml::node* place = nullptr;  ///< where it is written; nullptr = nowhere
};

/// The layer that a scheme belongs to.
struct SchemeLayer {
  int features = 0;  ///< inputs of a linear layer, input channels of a convolution; 0 = not known
  bool conv = false;
};

/// Reads the scheme of a layer. Adds every error it finds.
[[nodiscard]] SchemeFound readScheme(TableReader& layer, const SchemeLayer& owner, const std::string& file,
                                     Diagnostics& diags);

}  // namespace neuspin::spec
