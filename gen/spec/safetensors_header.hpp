// The JSON header of a safetensors file, read event by event: no document is built, so hostile nesting or
// repetition costs nothing.
#pragma once

#include <string>
#include <string_view>

#include "spec/safetensors.hpp"

namespace neuspin::spec {

/// Fills `tensors` (begin and end still relative to the data). Stops at the first structural error.
[[nodiscard]] bool parseTensorHeader(std::string_view json, const std::string& file, Tensors& tensors,
                                     Diagnostics& diags);

}  // namespace neuspin::spec
