// `neuspin import` of ONNX models (README.md beside this file).
#pragma once

#include <optional>
#include <string>

#include "import/network_files.hpp"

namespace neuspin::bnn {

/// `path`: the .onnx. What a model does not say (encoding of the pixels, random choices) comes from the
/// sidecar. Adds errors and returns nullopt if anything is missing, damaged or not supported.
[[nodiscard]] std::optional<Imported> importOnnx(const std::string& path, const ImportOptions& options,
                                                 Diagnostics& diags);

}  // namespace neuspin::bnn
