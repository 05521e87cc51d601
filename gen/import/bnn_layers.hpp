// The arrays of a bnn-npz-1 file as layers of network.toml.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "evaluate/npz.hpp"
#include "import/bnn_description.hpp"
#include "support/diagnostic.hpp"

namespace neuspin::bnn {

using Arrays = std::map<std::string, evaluate::IntegerArray>;

inline constexpr int kSamples = 8;  ///< stored samples of the scale (subset method)

/// A layer as network.toml has it: y = gamma·(scale·S + bias).
struct ConvertedLayer {
  std::vector<std::int8_t> weights;  ///< [array][output][input of a window]
  std::vector<double> scale;         ///< [sample][output]
  std::vector<double> off_scale;     ///< [output], with the randomness off
  std::vector<double> bias;          ///< [output]
  double gamma = 1;
  double largest_scale = 1, largest_off_scale = 1;  ///< of the last layer, in units of one step of its logits
};

/// Every layer of `network` from the arrays of `file`. Errors: an array that is missing, of another shape
/// than the description says or out of range; thresholds and scales that belong to no network. Then
/// incomplete.
[[nodiscard]] std::vector<ConvertedLayer> convertLayers(const BnnDescription& network, const Arrays& arrays,
                                                        const std::string& file, std::uint32_t seed,
                                                        Diagnostics& diags);

}  // namespace neuspin::bnn
