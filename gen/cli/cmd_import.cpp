// neuspin import: networks of other formats → a folder with network.toml, target.toml and
// weights.safetensors.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/cli.hpp"
#include "import/bnn_npz.hpp"
#include "import/onnx_import.hpp"
#include "support/files.hpp"

namespace neuspin::cli {
namespace {

struct ImportOptions {
  std::string file, out, json;
  bnn::ImportOptions import;
};

int importNetwork(const ImportOptions& options) {
  Diagnostics diags;
  const bool onnx = std::filesystem::path(options.file).extension() == ".onnx";
  if (!onnx && !options.import.sidecar.empty()) {
    diags.warning("unused-sidecar", {.file = options.import.sidecar}, "only ONNX models have a sidecar",
                  "leave it out");
  }
  const auto imported = onnx ? bnn::importOnnx(options.file, options.import, diags)
                             : bnn::importBnnNpz(options.file, options.import, diags);
  const bool written = imported && writeFolderWhole(options.out, imported->files, diags);
  fmt::print(stderr, "{}", diags.render());
  if (!written) return kBadInput;
  const bnn::VectorCheck& vectors = imported->vectors;
  if (options.json != "-") {
    fmt::print("{}: {} weights, written to {}\n", imported->name, imported->weights, options.out);
    if (vectors.total > 0) {
      fmt::print("test vectors: integer logits of {} of {} equal{}\n", vectors.equal, vectors.total,
                 vectors.not_fed > 0
                     ? fmt::format(", {} cannot be fed (no pixel has their values)", vectors.not_fed)
                     : "");
    }
  }
  const nlohmann::json report{{"name", imported->name},         {"folder", options.out},
                              {"weights", imported->weights},   {"vectors", vectors.total},
                              {"vectors_equal", vectors.equal}, {"vectors_not_fed", vectors.not_fed}};
  Common common;
  common.json = options.json;
  if (!writeJson(common, report)) return kBadInput;
  return vectors.equal + vectors.not_fed == vectors.total ? kOk : kCheckFailed;
}

}  // namespace

void addImport(CLI::App& app, Run& run) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command = app.add_subcommand(
      "import",
      "read a network that others trained: ONNX, or bnn-npz-1 (JSON and NPZ) whose test vectors are checked");
  command->footer(
      "Example: neuspin import cnv_w1a1_cifar10.json --out build/cnv\n"
      "         neuspin import model.onnx --sidecar model.toml --out build/model");
  command->add_option("FILE", options->file, "the .onnx, or the .json or .npz; the other one lies beside it")
      ->required();
  command->add_option(
      "--sidecar", options->import.sidecar,
      "TOML with what an ONNX model does not say: encoding of the pixels, random choices (default: the .toml "
      "beside it, if there)");
  command
      ->add_option("--out", options->out, "new folder for network.toml, target.toml and weights.safetensors")
      ->required();
  command->add_option("--passes", options->import.passes, "Monte Carlo passes")
      ->check(CLI::Range(1, 255))
      ->capture_default_str();
  command->add_option("--seed", options->import.seed, "of the network and of drawn scale samples")
      ->capture_default_str();
  command->add_option("--name", options->import.name, "of the network (default: the file's)");
  command->add_option("--json", options->json, "write the report as JSON to FILE (\"-\" = standard output)");
  command->callback([options, &run] { run = [options] { return importNetwork(*options); }; });
}

}  // namespace neuspin::cli
