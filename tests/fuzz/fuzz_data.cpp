// libFuzzer target of the readers of images and of foreign networks' arrays: IDX (gzip too), .npy, .npz, and
// the JSON description of bnn-npz-1.
#include "evaluate/idx.hpp"
#include "evaluate/npz.hpp"
#include "fuzz_check.hpp"
#include "import/bnn_description.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace neuspin;
  constexpr std::size_t kMostBytes = std::size_t{1} << 24;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  fuzz::check([&](Diagnostics& diags) { return evaluate::parseIdx(bytes, "images.idx", diags); });
  fuzz::check([&](Diagnostics& diags) { return evaluate::parseNpy(bytes, "images.npy", "", diags); });
  fuzz::check(
      [&](Diagnostics& diags) { return evaluate::parseNpz(bytes, "images.npz", "", {"x_test"}, diags); });
  fuzz::check([&](Diagnostics& diags) {
    return evaluate::parseIntegerArrays(bytes, "network.npz", kMostBytes, diags);
  });
  fuzz::check([&](Diagnostics& diags) { return bnn::parseDescription(bytes, "network.json", diags); });
  return 0;
}
