// libFuzzer target of the weights reader, on a fixed 9-3-2 network with each scheme.
#include "fuzz_check.hpp"
#include "spec/spec.hpp"

namespace {

neuspin::NetworkSpec network(const neuspin::Scheme& scheme) {
  neuspin::NetworkSpec spec;
  spec.name = "fuzz";
  neuspin::LayerSpec hidden;
  hidden.name = "a";
  hidden.inputs = 9;
  hidden.outputs = 3;
  hidden.scheme = scheme;
  neuspin::LayerSpec last;
  last.name = "b";
  last.inputs = 3;
  last.outputs = 2;
  last.last = true;
  spec.layers = {hidden, last};
  return spec;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  // The schemes whose tensors differ.
  static const neuspin::NetworkSpec kNetworks[] = {
      network(neuspin::ScaleDropout{0.5}), network(neuspin::AffineDropout{0.5}),
      network(neuspin::SubsetSamples{2}),  network(neuspin::SubsetNoise{4}),
      network(neuspin::SpinBayes{2, 1}),   network(neuspin::SpinBayes{2, 3})};
  for (const neuspin::NetworkSpec& spec : kNetworks) {
    neuspin::Diagnostics diags;
    const auto weights = neuspin::parseWeights({reinterpret_cast<const char*>(data), size},
                                               "weights.safetensors", spec, diags);
    neuspin::fuzz::checkOutcome(weights.has_value(), diags);
    if (weights) static_cast<void>(neuspin::specSha256(spec, {}, *weights));
  }
  return 0;
}
