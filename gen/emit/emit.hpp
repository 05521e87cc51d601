// Plan → a self-contained folder: SystemVerilog, memory images, file lists, manifest, portable testbench.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "plan/plan.hpp"

namespace neuspin {

/// Path relative to the output folder → content. Ordered, so that output is deterministic to the byte.
using FileSet = std::map<std::string, std::string>;

struct EmitOptions {
  int vector_images = 2;  ///< images in the portable testbench's vector files (0 = no testbench)
  std::span<const std::uint8_t> pixels = {};  ///< their raw pixels; empty = a fixed pseudo-random pattern
};

/// Layout: rtl/*.sv (library modules used, then <net>_layer<i>.sv, <net>_top.sv, <net>_pkg.sv),
/// behavioral/*.sv (macros), blackbox/*.sv, mem/*.memh, tb/ (portable self-checking testbench + vectors),
/// <net>.f (files to synthesise), <net>_sim.f (the same + macros), <net>.sdc, manifest.json, README.md.
/// Memory images are named relative to the folder: simulators run inside it.
[[nodiscard]] FileSet emitDesign(const Plan& plan, const Weights& weights, const EmitOptions& options = {});

}  // namespace neuspin
