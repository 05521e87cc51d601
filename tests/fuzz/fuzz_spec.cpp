// libFuzzer target of the two text readers: the same bytes as network.toml and as target.toml.
#include "fuzz_check.hpp"
#include "spec/spec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  {
    neuspin::Diagnostics diags;
    const auto network = neuspin::parseNetwork(text, "network.toml", diags);
    neuspin::fuzz::checkOutcome(network.has_value(), diags);
  }
  neuspin::Diagnostics diags;
  const auto target = neuspin::parseTarget(text, "target.toml", diags);
  neuspin::fuzz::checkOutcome(target.has_value(), diags);
  return 0;
}
