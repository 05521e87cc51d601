// Images for commands that run hardware on a few of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plan/plan.hpp"
#include "support/diagnostic.hpp"

namespace neuspin::cli {

/// Raw pixels of `images` images in the order of the network's input: of the file `data` (IDX, .npy, .npz) as
/// many as it has; without it of the default data set where that fits, or pseudo-random ones from `seed`.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> loadPixels(const std::string& data, bool random,
                                                                  std::int64_t images, std::uint64_t seed,
                                                                  const Plan& plan, Diagnostics& diags);

}  // namespace neuspin::cli
