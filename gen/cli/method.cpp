#include "cli/method.hpp"

#include "support/overloaded.hpp"

namespace neuspin::cli {
namespace {

std::string_view nameOf(const Scheme& scheme) {
  return std::visit(Overloaded{[](const Deterministic&) { return kDeterministic; },
                               [](const SpinDrop&) { return std::string_view("SpinDrop"); },
                               [](const SpatialDropout&) { return std::string_view("Spatial-SpinDrop"); },
                               [](const ScaleDropout&) { return std::string_view("SpinScaleDrop"); },
                               [](const AffineDropout&) { return kAffine; },
                               [](const SubsetSamples&) { return std::string_view("sub-set posterior"); },
                               [](const SubsetNoise&) { return std::string_view("sub-set posterior"); },
                               [](const SpinBayes&) { return std::string_view("SpinBayes"); }},
                    scheme);
}

}  // namespace

std::string_view methodOf(const NetworkSpec& network) {
  std::string_view method = kDeterministic;
  for (const LayerSpec& layer : network.layers) {
    if (method == kDeterministic) method = nameOf(layer.scheme);
  }
  return method;
}

}  // namespace neuspin::cli
