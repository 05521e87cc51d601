// Numbers of a design under a name: the package for integrators and the header of the portable testbench.
#pragma once

#include <string>

#include "emit/emit.hpp"

namespace neuspin::emit {

/// `<net>_pkg.sv`: stream and bus widths, register addresses, programming units. No module of the design
/// reads it (their numbers are parameters), so it is not in the file lists.
[[nodiscard]] std::string packageText(const Plan& plan);

}  // namespace neuspin::emit
