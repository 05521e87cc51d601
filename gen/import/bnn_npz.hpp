// `neuspin import` of networks in the form bnn-npz-1: a JSON description and an .npz of packed weights and
// integer thresholds (README.md beside this file).
#pragma once

#include <optional>
#include <string>

#include "import/network_files.hpp"

namespace neuspin::bnn {

/// `path`: the .json or the .npz; the other one lies beside it. Adds errors and returns nullopt if anything
/// is missing, damaged or not supported.
[[nodiscard]] std::optional<Imported> importBnnNpz(const std::string& path, const ImportOptions& options,
                                                   Diagnostics& diags);

}  // namespace neuspin::bnn
