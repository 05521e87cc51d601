// Templates of the library modules the composer instantiates (rtl/README.md has their meaning). tests/emit
// compares each with the ports Yosys reads from the real file.
#pragma once

#include <vector>

#include "hdl/module_template.hpp"

namespace neuspin::emit {

[[nodiscard]] const hdl::ModuleTemplate& rowBuffer();
[[nodiscard]] const hdl::ModuleTemplate& windowBuffer();
[[nodiscard]] const hdl::ModuleTemplate& wlDrive();
[[nodiscard]] const hdl::ModuleTemplate& tile();
[[nodiscard]] const hdl::ModuleTemplate& arrayPort();
[[nodiscard]] const hdl::ModuleTemplate& adcTile();
[[nodiscard]] const hdl::ModuleTemplate& adcPort();
[[nodiscard]] const hdl::ModuleTemplate& selectTile();
[[nodiscard]] const hdl::ModuleTemplate& activeCounter();
[[nodiscard]] const hdl::ModuleTemplate& tileCtrl();
[[nodiscard]] const hdl::ModuleTemplate& postCtrl();
[[nodiscard]] const hdl::ModuleTemplate& laneSum();
[[nodiscard]] const hdl::ModuleTemplate& scaleMem();
[[nodiscard]] const hdl::ModuleTemplate& laneNoise();
[[nodiscard]] const hdl::ModuleTemplate& postLanes();
[[nodiscard]] const hdl::ModuleTemplate& laneSkip();
[[nodiscard]] const hdl::ModuleTemplate& maxPool();
[[nodiscard]] const hdl::ModuleTemplate& avgPool();
[[nodiscard]] const hdl::ModuleTemplate& skipBuffer();
[[nodiscard]] const hdl::ModuleTemplate& streamFork();
[[nodiscard]] const hdl::ModuleTemplate& crossNorm();
[[nodiscard]] const hdl::ModuleTemplate& maskSupply();
[[nodiscard]] const hdl::ModuleTemplate& arbiterOnehot();
[[nodiscard]] const hdl::ModuleTemplate& maskFanout();
[[nodiscard]] const hdl::ModuleTemplate& head();
[[nodiscard]] const hdl::ModuleTemplate& regs();

/// All of the above.
[[nodiscard]] const std::vector<const hdl::ModuleTemplate*>& libraryTemplates();

}  // namespace neuspin::emit
