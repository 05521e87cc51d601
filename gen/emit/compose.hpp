// Plan → netlist: the structure of rtl/README.md, instance by instance, with the plan's numbers as
// parameters.
#pragma once

#include <string>
#include <vector>

#include "hdl/netlist.hpp"
#include "plan/plan.hpp"

namespace neuspin::emit {

/// Names of memory images, relative to the output folder; parameters and the image writer agree through
/// these.
[[nodiscard]] std::string arrayImage(const LayerPlan& layer, const TilePlan& tile);
[[nodiscard]] std::string scaleImage(const LayerPlan& layer);
[[nodiscard]] std::string scheduleImage(const LayerPlan& layer);
[[nodiscard]] std::string driveImage(const LayerPlan& layer);
inline constexpr const char* kExpImage = "mem/head_exp.memh";
inline constexpr const char* kRecipImage = "mem/head_recip.memh";
inline constexpr const char* kPlogpImage = "mem/head_plogp.memh";
inline constexpr const char* kInvTImage = "mem/head_inv_t.memh";

inline constexpr int kPassBits = 8;          ///< pass counters: max_passes is at most 255
inline constexpr int kProgAddressBits = 16;  ///< unit and address of the programming bus
inline constexpr int kBlockCols = 64;        ///< columns of one cim_column_block

/// Widest word a layer takes from the programming bus.
[[nodiscard]] int layerProgBits(const LayerPlan& layer);
[[nodiscard]] std::string layerModuleName(const Plan& plan, const LayerPlan& layer);
[[nodiscard]] std::string topModuleName(const Plan& plan);

/// Module `<net>_layer<i>`: one engine. Legal by check(), else std::logic_error.
[[nodiscard]] hdl::Module composeLayer(const Plan& plan, const LayerPlan& layer);

/// Module `<net>_top`. `layers[i]` describes the ports of layer i's module and must outlive the result.
[[nodiscard]] hdl::Module composeTop(const Plan& plan, const std::vector<hdl::ModuleTemplate>& layers);

}  // namespace neuspin::emit
