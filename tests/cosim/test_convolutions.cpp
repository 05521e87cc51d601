// Convolutional networks in lock-step with the golden model, random ones also linted.
// NEUSPIN_CONVOLUTIONS=first-last judges that range of seeds instead of the few below, one build each,
// removed again: ctest takes some, a night takes hundreds. NEUSPIN_SKIPS does the same for networks with skip
// connections; a variable that is empty skips its kind.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

#include "convolutions.hpp"
#include "harness.hpp"
#include "support/files.hpp"
#include "support/process.hpp"

namespace neuspin::testing {
namespace {

struct Range {
  std::uint64_t first = 1, last = 5;
  bool asked = false;
};

Range seeds(const char* variable, std::uint64_t last) {
  Range range{.last = last};
  const char* text = std::getenv(variable);
  if (text == nullptr) return range;
  if (*text == '\0') return {.first = 1, .last = 0};
  char* end = nullptr;
  range.first = range.last = std::strtoull(text, &end, 10);
  if (*end == '-') range.last = std::strtoull(end + 1, &end, 10);
  BOOST_REQUIRE_MESSAGE(*end == '\0' && range.first <= range.last, std::string(variable) + " is first-last");
  range.asked = true;
  return range;
}

std::string described(const Configuration& configuration) {
  const NetworkSpec& network = configuration.network;
  const Shape& map = network.input.shape;
  std::string text =
      fmt::format("{}: {} x {} x {} map of {} bits, T = {}, mapping {}, group {}, lanes {}",
                  configuration.name, map.channels, map.height, map.width, network.input.bits, network.passes,
                  configuration.target.conv_mapping, configuration.target.group, configuration.target.lanes);
  for (const LayerSpec& layer : network.layers) {
    text += fmt::format("; {} {} -> {}", layer.name, layer.inputs, layer.outputs);
    if (layer.conv) {
      text += fmt::format(" K{} S{} P{}{} pool {}{}", layer.conv->kernel, layer.conv->stride,
                          layer.conv->padding, layer.conv->pad_minus_one ? " of -1" : "", layer.pool,
                          layer.addedWindows() > 1 ? " averaged" : "");
    }
    if (layer.skip >= 0)
      text += fmt::format(" + {}", network.layers[static_cast<std::size_t>(layer.skip)].name);
    text += fmt::format(" scheme {}", layer.scheme.index());
  }
  return text;
}

/// The emitted folder as `neuspin generate` writes it is clean in Verilator.
void lint(const Configuration& configuration) {
  const std::string net = configuration.name, folder = NEUSPIN_BINARY_DIR "/cosim-work/" + net + "-lint";
  std::map<std::string, std::string> files;
  std::vector<std::string> argv{"verilator",    "--lint-only", "-Wall", "-Werror-UNOPTFLAT",
                                "--top-module", net + "_top",  "-f",    net + ".f"};
  for (const auto& [path, content] : makeBench(configuration).design) {
    files[path] = content;
    if (path.starts_with("behavioral/")) argv.push_back(path);
  }
  Diagnostics diags;
  BOOST_REQUIRE_MESSAGE(writeFolderWhole(folder, files, diags), diags.render());
  const ProcessResult result =
      runProcess(argv, {.directory = folder, .timeout_seconds = 600, .heartbeat = {}});
  BOOST_TEST(result.exit_code == 0, net << "\n" << result.output);
  std::filesystem::remove_all(folder);
}

void judgeRange(const Range& range, Configuration (*random)(std::uint64_t)) {
  constexpr std::int64_t kImages = 2;
  for (std::uint64_t seed = range.first; seed <= range.last; ++seed) {
    const Configuration configuration = random(seed);
    BOOST_TEST_MESSAGE(described(configuration));
    lint(configuration);
    judge(configuration, kImages);
    if (!range.asked) continue;
    for (const auto& entry : std::filesystem::directory_iterator(NEUSPIN_BINARY_DIR "/cosim-work")) {
      if (entry.path().filename().string().starts_with(configuration.name + "-"))
        std::filesystem::remove_all(entry);
    }
  }
}

BOOST_AUTO_TEST_CASE(averages_in_lockstep) {
  for (const int mapping : {1, 2}) judge(averages(mapping), 3);
}

BOOST_AUTO_TEST_CASE(random_convolutional_networks_in_lockstep) {
  judgeRange(seeds("NEUSPIN_CONVOLUTIONS", 5), randomConvolution);
}

BOOST_AUTO_TEST_CASE(random_residual_networks_in_lockstep) {
  judgeRange(seeds("NEUSPIN_SKIPS", 2), randomResidual);
}

}  // namespace
}  // namespace neuspin::testing
