// Names of memory images, relative to the output folder, of tables, and of composed modules. Parameters,
// image writer and documents agree through these.
#pragma once

#include <string>

#include "plan/plan.hpp"

namespace neuspin::emit {

/// mem/l<layer>_r<row tile>_c<column tile>[_s<slice>_n<array>].memh
[[nodiscard]] std::string arrayImage(const LayerPlan& layer, const TilePlan& tile);
/// The faults of the same array: its name with "_faults".
[[nodiscard]] std::string faultImage(const LayerPlan& layer, const TilePlan& tile);
/// What its junctions conduct (cim_array_adc): its name with "_cells".
[[nodiscard]] std::string cellImage(const LayerPlan& layer, const TilePlan& tile);
/// How that moves from read to read: its name with "_noise".
[[nodiscard]] std::string noiseImage(const LayerPlan& layer, const TilePlan& tile);
[[nodiscard]] std::string scaleImage(const LayerPlan& layer);
/// Switching probabilities of the units of a supply.
[[nodiscard]] std::string driveImage(const SupplyPlan& supply);

/// Tables of the design's cim_rom.
[[nodiscard]] std::string scheduleName(const LayerPlan& layer);
inline constexpr const char* kExpName = "head_exp";
inline constexpr const char* kRecipName = "head_recip";
inline constexpr const char* kPlogpName = "head_plogp";
inline constexpr const char* kInvTName = "head_inv_t";

/// cim_array, or cim_array_adc where columns sum currents.
[[nodiscard]] std::string arrayMacro(const LayerPlan& layer);
/// Instance of the array macro's wrapper within its layer: u_tile_r_c, or u_array_r_c_s_n where an arbiter
/// chooses.
[[nodiscard]] std::string arrayInstance(const LayerPlan& layer, const TilePlan& tile);

[[nodiscard]] std::string layerModuleName(const Plan& plan, const LayerPlan& layer);
[[nodiscard]] std::string topModuleName(const Plan& plan);

}  // namespace neuspin::emit
