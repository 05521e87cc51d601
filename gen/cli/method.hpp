// The methods by their names in the NeuSpin survey (DATE 2024).
#pragma once

#include <string_view>

#include "spec/spec.hpp"

namespace neuspin::cli {

inline constexpr std::string_view kDeterministic = "deterministic";
inline constexpr std::string_view kAffine = "inverted norm + affine dropout";

/// Of the network's first stochastic layer, else kDeterministic.
[[nodiscard]] std::string_view methodOf(const NetworkSpec& network);

}  // namespace neuspin::cli
