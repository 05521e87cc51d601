// libFuzzer target of the two text readers: the same bytes as network.toml and as target.toml.
#include "fuzz_check.hpp"
#include "spec/spec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace neuspin;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::check([&](Diagnostics& diags) { return parseNetwork(text, "network.toml", diags); });
  fuzz::check([&](Diagnostics& diags) { return parseTarget(text, "target.toml", diags); });
  return 0;
}
