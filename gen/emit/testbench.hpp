// Vectors and constants of the portable testbench (tb/portable/neuspin_tb.sv).
#pragma once

#include "emit/emit.hpp"

namespace neuspin::emit {

/// Adds tb/: the testbench, its headers, input beats and the output beats the golden model gives for them.
/// options.vector_images must be positive.
void addTestbench(const Plan& plan, const Weights& weights, const EmitOptions& options, FileSet& files);

}  // namespace neuspin::emit
