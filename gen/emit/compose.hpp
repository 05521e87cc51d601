// Plan → netlist: the structure of rtl/README.md, instance by instance, with the plan's numbers as
// parameters.
#pragma once

#include <vector>

#include "emit/names.hpp"
#include "hdl/netlist.hpp"
#include "plan/plan.hpp"

namespace neuspin::emit {

inline constexpr int kPassBits = 8;          ///< pass counters: max_passes is at most 255
inline constexpr int kProgAddressBits = 16;  ///< unit and address of the programming bus
inline constexpr int kUnitIdBits = 16;       ///< of the unit bus
inline constexpr int kUnitWordBits = 8;
inline constexpr int kBlockCols = 64;  ///< columns of one cim_column_block

/// Widest word a layer takes from the programming bus.
[[nodiscard]] int layerProgBits(const LayerPlan& layer);
/// Of the rows that its arrays drive in a read, all row tiles together.
[[nodiscard]] int rowBits(const LayerPlan& layer);
/// Whether something of the layer counts passes.
[[nodiscard]] bool countsPasses(const LayerPlan& layer);

/// Module `<net>_layer<i>`: one engine. Legal by check(), else std::logic_error.
[[nodiscard]] hdl::Module composeLayer(const Plan& plan, const LayerPlan& layer);

/// Module `<net>_top`. `layers[i]` describes the ports of layer i's module and must outlive the result.
[[nodiscard]] hdl::Module composeTop(const Plan& plan, const std::vector<hdl::ModuleTemplate>& layers);

/// Parameters of cim_mask_supply or cim_arbiter_onehot for a supply of the plan.
[[nodiscard]] hdl::Params supplyParams(const Plan& plan, const SupplyPlan& supply);

}  // namespace neuspin::emit
