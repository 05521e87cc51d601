// Memory images ($readmemh text): what the macros hold, arrays, scale memories and devices. Word layouts:
// rtl/README.md.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "emit/emit.hpp"

namespace neuspin::emit {

/// One array: array_rows lines, row 0 first, bit c of a row = weight bit of local column c (1 = +1) in the
/// tile's slice and array. Rows and columns beyond the layer are 0.
[[nodiscard]] std::string arrayImageText(const LayerPlan& layer, const TilePlan& tile,
                                         const LayerWeights& weights);
/// The six fields of cim_array's FaultFile, a line a row.
[[nodiscard]] std::string faultImageText(const LayerPlan& layer, std::span<const CellFault> faults);
/// cim_array_adc's CellFile: a line a cell, row by row, then the columns' offsets.
[[nodiscard]] std::string cellImageText(const CellCurrents& currents);

/// cim_array_adc's NoiseFile of the array of layer.tiles[tile], which must have noise; `seed`: the plan's.
[[nodiscard]] std::string noiseImageText(const LayerPlan& layer, std::size_t tile, std::uint32_t seed);

/// banks*words lines; lane l's entry at [l*entryBits, …). Lanes beyond the last output are 0.
[[nodiscard]] std::string scaleImageText(const LayerPlan& layer);

/// One word a line, `bits` wide. Every word must fit.
[[nodiscard]] std::string tableImageText(const std::vector<std::uint64_t>& words, int bits);

/// All images of the plan, under their names.
void addImages(const Plan& plan, const Weights& weights, FileSet& files);

}  // namespace neuspin::emit
