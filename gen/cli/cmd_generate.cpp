// neuspin generate: spec → output folder.
#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <iostream>
#include <memory>

#include "cli/device.hpp"
#include "emit/emit.hpp"
#include "support/files.hpp"

namespace neuspin::cli {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct GenerateOptions {
  Common common;
  DeviceOptions device;
  std::string out;
  int vector_images = 2;
};

int generate(const GenerateOptions& options) {
  std::optional<Loaded> loaded = load(options.common);
  if (!loaded) return kBadInput;
  Diagnostics diags;
  const auto device = readDevice(options.device, diags);
  if (diags.hasErrors()) {
    std::cerr << diags.render();
    return kBadInput;
  }
  if (device) loaded->plan = chip::makeChip(loaded->plan, *device, device->seed).plan;

  const auto start = Clock::now();
  EmitOptions emit_options;
  emit_options.vector_images = options.vector_images;
  const FileSet files = emitDesign(loaded->plan, loaded->weights, emit_options);
  const double emit_seconds = secondsSince(start);
  if (!writeFolderWhole(options.out, files, diags)) {
    std::cerr << diags.render();
    return kBadInput;
  }
  const double seconds = secondsSince(start);

  std::size_t bytes = 0;
  for (const auto& [path, content] : files) bytes += content.size();
  const nlohmann::json report{{"files", files.size()},
                              {"bytes", bytes},
                              {"seconds", seconds},
                              {"emit_seconds", emit_seconds},
                              {"spec_sha256", loaded->plan.spec_sha256},
                              {"folder", options.out},
                              {"top", loaded->plan.name + "_top"}};
  if (!options.common.quiet && options.common.json != "-") {
    std::cout << fmt::format("{}: {} files, {:.1f} MB, {:.2f} s. Start with {}/README.md\n",
                             loaded->plan.name, files.size(), static_cast<double>(bytes) / 1e6, seconds,
                             options.out);
  }
  return writeJson(options.common, report) ? kOk : kBadInput;
}

}  // namespace

void addGenerate(CLI::App& app, Run& run) {
  auto options = std::make_shared<GenerateOptions>();
  CLI::App* command = app.add_subcommand(
      "generate", "Writes the accelerator: RTL, memory images, file lists, constraints, manifest, testbench");
  command->footer("Example: neuspin generate examples/fashion-mlp-scaledrop --out build/fashion");
  addCommon(*command, options->common);
  addDevice(*command, options->device);
  command->add_option("--out", options->out, "Output folder; replaced whole if neuspin wrote it before")
      ->required();
  command
      ->add_option("--vectors", options->vector_images,
                   "Images in the testbench's vector files; 0 leaves the testbench out")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->callback([options, &run] { run = [options] { return generate(*options); }; });
}

}  // namespace neuspin::cli
