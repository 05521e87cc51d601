// libFuzzer target of the weights reader, on a fixed 9-3-2 network.
#include "fuzz_check.hpp"
#include "spec/spec.hpp"

namespace {

neuspin::NetworkSpec network() {
  neuspin::NetworkSpec spec;
  spec.name = "fuzz";
  neuspin::LayerSpec hidden;
  hidden.name = "a";
  hidden.inputs = 9;
  hidden.outputs = 3;
  hidden.scheme = neuspin::ScaleDropout{0.5};
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
  static const neuspin::NetworkSpec kNetwork = network();
  neuspin::Diagnostics diags;
  const auto weights = neuspin::parseWeights({reinterpret_cast<const char*>(data), size},
                                             "weights.safetensors", kNetwork, diags);
  neuspin::fuzz::checkOutcome(weights.has_value(), diags);
  if (weights) static_cast<void>(neuspin::specSha256(kNetwork, {}, *weights));
  return 0;
}
