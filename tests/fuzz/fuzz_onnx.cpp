// libFuzzer target of `neuspin import` of an ONNX model: the file, the graph and the network made of it.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "fuzz_check.hpp"
#include "import/onnx_import.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace neuspin;
  // The importer takes a path: the sidecar lies beside the model.
  static const std::string kModel =
      std::filesystem::temp_directory_path() / ("fuzz_onnx_" + std::to_string(::getpid()) + ".onnx");
  std::ofstream(kModel, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  Diagnostics diags;
  const auto imported = bnn::importOnnx(kModel, {}, diags);
  fuzz::checkOutcome(imported.has_value(), diags);
  return 0;
}
