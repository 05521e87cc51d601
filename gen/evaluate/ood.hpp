// Out-of-distribution sets by name: made here, found in usual places, or given by path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "evaluate/dataset.hpp"

namespace neuspin::evaluate {

struct OodSet {
  std::string name;
  std::string source;      ///< how it was made, or the file
  bool synthetic = false;  ///< made here: easy, a sanity check at best (devices.md §4.3)
  Dataset data;            ///< unlabelled
};

/// text: "uniform", "gaussian", "rotate" (random angles) or "rotate=DEGREES"; "mnist", "kmnist" or "fashion"
/// where packages put them; "NAME=PATH" or "PATH" of a file readImages() takes, or of a folder that holds a
/// test set under its usual name. in: the in-distribution set, whose size and shape count. limit: first
/// images only, 0 = all. Adds an error and returns nullopt if there is no such set or it does not fit.
[[nodiscard]] std::optional<OodSet> makeOodSet(const std::string& text, const Dataset& in, std::int64_t limit,
                                               Diagnostics& diags);

}  // namespace neuspin::evaluate
