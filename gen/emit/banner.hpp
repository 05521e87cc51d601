#pragma once

#include <string>
#include <string_view>

#include "plan/plan.hpp"

namespace neuspin::emit {

/// What every generated text file begins with, each line after `comment`: tool version, network, start of the
/// spec hash. Nothing that depends on date, host or path.
[[nodiscard]] std::string banner(const Plan& plan, std::string_view comment = "//");

}  // namespace neuspin::emit
