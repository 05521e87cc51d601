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

/// Reads the scheme of a layer that takes `inputs` inputs (0 = not known). Adds every error it finds.
[[nodiscard]] SchemeFound readScheme(TableReader& layer, int inputs, const std::string& file,
                                     Diagnostics& diags);

}  // namespace neuspin::spec
