// network.toml → NetworkSpec. The format is described in README.md beside this file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "spec/quote.hpp"
#include "spec/scheme.hpp"
#include "spec/spec.hpp"
#include "spec/toml_reader.hpp"
#include "support/files.hpp"

namespace neuspin {
namespace {

using spec::Need;
using spec::quoteWord;
using spec::SchemeFound;
using spec::TableReader;

constexpr std::int64_t kMostFeatures = 65536;
constexpr std::int64_t kMostClasses = 1024;
constexpr std::size_t kMostLayers = 1024;
constexpr std::int64_t kMostWeights = std::int64_t{1} << 33;
constexpr std::size_t kLargestFile = std::size_t{1} << 20;

const char kChained[] =
    "remove it: layers form a chain in the order of the file, each takes the outputs of the one before, so "
    "branches and "
    "cycles do not exist";

void readHead(TableReader& root, NetworkSpec& network) {
  auto table = root.table("network", "[network]", Need::Required);
  if (!table) return;
  if (table->identifier("name", network.name, Need::Required) &&
      (network.name == "cim" || network.name.starts_with("cim_"))) {
    // Emitted modules are called <name>_…, which must not meet a module of the cim_* library.
    table->error("reserved-name", table->find("name"), "network names that begin with 'cim_' are reserved",
                 "choose another name");
  }
  if (table->text("weights", network.weights_file, Need::Required)) {
    const std::filesystem::path path = network.weights_file;
    if (path.is_absolute() || *path.lexically_normal().begin() == "..") {
      table->warning("weights-outside", table->find("weights"),
                     "the weights file lies outside the network's folder",
                     "keep it beside network.toml, so that the folder can be moved as a whole");
    }
  }
  table->finish();
}

void readInput(TableReader& root, InputSpec& input) {
  auto table = root.table("input", "[input]", Need::Required);
  if (!table) return;
  table->integer("features", 1, kMostFeatures, input.features, Need::Required);
  std::size_t encoding = 0;
  const bool known = table->choice("encoding", {"unsigned", "bipolar"}, encoding, Need::Required);
  input.encoding = encoding == 0 ? InputEncoding::Unsigned : InputEncoding::Bipolar;
  const bool has_bits = table->integer("bits", 1, 8, input.bits);
  const bool has_threshold = table->integer("threshold", 0, 255, input.threshold);
  if (known && input.encoding == InputEncoding::Bipolar) {
    if (has_bits && input.bits != 1) {
      table->error("unused-key", table->find("bits"), "a bipolar input has one bit",
                   "remove 'bits', or use encoding = \"unsigned\"");
    }
    input.bits = 1;
  } else if (known && has_threshold) {
    table->error("unused-key", table->find("threshold"), "'threshold' belongs to bipolar inputs",
                 "remove it, or use encoding = \"bipolar\"");
  }
  table->finish();
}

void readInference(TableReader& root, NetworkSpec& network) {
  auto table = root.table("inference", "[inference]", Need::Required);
  if (!table) return;
  table->integer("passes", 1, 255, network.passes, Need::Required);
  std::int64_t seed = network.seed;
  table->integer("seed", 0, 0xFFFFFFFF, seed, Need::Optional);
  network.seed = static_cast<std::uint32_t>(seed);
  table->finish();
}

void readQuantization(TableReader& root, NetworkSpec& network) {
  auto table = root.table("quantization", "[quantization]", Need::Optional);
  if (!table) return;
  table->integer("scale_bits", 2, 16, network.scale_bits);
  table->integer("logit_scale_bits", 2, 16, network.logit_scale_bits);
  table->finish();
}

/// Returns how many layers there are to read; 0 after an error.
std::size_t countLayers(TableReader& root, const toml::array*& layers) {
  const toml::node* node = root.find("layer");
  if (node == nullptr || !node->is_array_of_tables()) {
    root.error(node == nullptr ? "missing-table" : "wrong-type", node,
               node == nullptr ? "the network has no [[layer]]" : "'layer' is not a list of [[layer]] tables",
               "add one [[layer]] with name, kind and outputs for each layer, in order");
    return 0;
  }
  layers = node->as_array();
  if (layers->size() > kMostLayers) {
    root.error("too-many-layers", layers->get(kMostLayers),
               fmt::format("the network has {} layers, legal are 1 … {}", layers->size(), kMostLayers),
               "use fewer layers");
    return 0;
  }
  return layers->size();
}

LayerSpec readLayer(TableReader& table, int inputs, bool last, const std::string& file, Diagnostics& diags,
                    SchemeFound& scheme) {
  LayerSpec layer;
  layer.inputs = inputs;
  layer.last = last;
  layer.where = table.where();
  table.identifier("name", layer.name, Need::Required);
  std::size_t kind = 0;
  table.choice("kind", {"linear"}, kind, Need::Required);
  // The last layer's outputs are the classes.
  table.integer("outputs", last ? 2 : 1, last ? kMostClasses : kMostFeatures, layer.outputs, Need::Required);
  int stated = 0;
  if (table.integer("inputs", 1, kMostFeatures, stated) && inputs != 0 && stated != inputs) {
    table.error(
        "size-mismatch", table.find("inputs"),
        fmt::format("layer {} states {} inputs, but {} arrive", quoteWord(layer.name), stated, inputs),
        fmt::format("write inputs = {} or leave it out", inputs));
  }
  scheme = spec::readScheme(table, inputs, file, diags);
  layer.scheme = scheme.scheme;
  table.number("norm_eps", 0, 0.1, false, layer.norm_eps);
  table.finish(
      {{"input", kChained}, {"inputs_from", kChained}, {"input_from", kChained}, {"from", kChained}});
  return layer;
}

/// `probability = "by_parameters"`: 0.1 for the network's smallest layer, 0.2 for its largest, logarithmic
/// between, 0.15 if all are equal. Rounded to 10^-6, so that it does not depend on the last bit of a
/// machine's logarithm.
void setProbabilitiesByParameters(NetworkSpec& network, const std::vector<SchemeFound>& schemes) {
  constexpr double kLeast = 0.1;
  constexpr double kMost = 0.2;
  constexpr double kUnit = 1e6;
  const auto size = [](const LayerSpec& layer) { return std::log(double(layer.inputs) * layer.outputs); };
  const auto [small, large] = std::ranges::minmax_element(network.layers, {}, size);
  const double low = size(*small);
  const double span = size(*large) - low;
  for (std::size_t i = 0; i < schemes.size(); ++i) {
    auto* dropout = std::get_if<ScaleDropout>(&network.layers[i].scheme);
    if (dropout == nullptr || !schemes[i].by_parameters) continue;
    const double place = span > 0 ? (size(network.layers[i]) - low) / span : 0.5;
    dropout->probability = std::round((kLeast + (kMost - kLeast) * place) * kUnit) / kUnit;
  }
}

/// Layers that share the model's unit share its probability.
void checkSharedUnit(TableReader& root, const NetworkSpec& network, const std::vector<SchemeFound>& schemes) {
  const LayerSpec* first = nullptr;
  for (std::size_t i = 0; i < schemes.size(); ++i) {
    const auto* dropout = std::get_if<ScaleDropout>(&network.layers[i].scheme);
    if (dropout == nullptr || !dropout->shared) continue;
    if (first == nullptr) {
      first = &network.layers[i];
      continue;
    }
    const double wanted = std::get<ScaleDropout>(first->scheme).probability;
    if (dropout->probability == wanted) continue;
    root.error(
        "unequal-probabilities", schemes[i].place,
        fmt::format("layer {} wants probability {}, but layer {} uses the same unit with {}",
                    quoteWord(network.layers[i].name), dropout->probability, quoteWord(first->name), wanted),
        "use one probability for all layers with unit = \"model\", or unit = \"layer\"");
  }
}

void readLayers(TableReader& root, NetworkSpec& network, Diagnostics& diags) {
  const toml::array* list = nullptr;
  const std::size_t count = countLayers(root, list);
  const std::size_t errors_before = diags.errorCount();
  std::set<std::string> names;
  std::vector<SchemeFound> schemes(count);
  std::int64_t weights = 0;
  int inputs = network.input.features;
  for (std::size_t i = 0; i < count; ++i) {
    TableReader table(*list->get(i)->as_table(), "[[layer]]", network.file, diags);
    LayerSpec layer = readLayer(table, inputs, i + 1 == count, network.file, diags, schemes[i]);
    if (!layer.name.empty() && !names.insert(layer.name).second) {
      table.error("duplicate-name", table.find("name"),
                  fmt::format("two layers are called {}", quoteWord(layer.name)),
                  "give each layer its own name: it is the prefix of its tensors");
    }
    weights +=
        std::int64_t{layer.inputs} * layer.outputs * weightArrays(layer.scheme) * weightSlices(layer.scheme);
    inputs = layer.outputs;
    network.layers.push_back(std::move(layer));
  }
  if (weights > kMostWeights) {
    root.error("network-too-large", list->get(0),
               fmt::format("the network has {} weights, legal are at most {}", weights, kMostWeights),
               "check the sizes of the layers");
  }
  if (count == 0 || diags.errorCount() != errors_before) return;
  setProbabilitiesByParameters(network, schemes);
  checkSharedUnit(root, network, schemes);
}

}  // namespace

std::optional<NetworkSpec> parseNetwork(std::string_view text, const std::string& file, Diagnostics& diags) {
  const std::size_t errors_before = diags.errorCount();
  const auto table = spec::parseToml(text, file, diags);
  if (!table) return std::nullopt;
  NetworkSpec network;
  network.file = file;
  TableReader root(*table, "", file, diags);
  readHead(root, network);
  readInput(root, network.input);
  readInference(root, network);
  readQuantization(root, network);
  readLayers(root, network, diags);
  root.finish();
  if (diags.errorCount() != errors_before) return std::nullopt;
  return network;
}

std::optional<NetworkSpec> readNetwork(const std::string& path, Diagnostics& diags) {
  const auto text = readFile(path, diags, kLargestFile);
  if (!text) return std::nullopt;
  return parseNetwork(*text, path, diags);
}

}  // namespace neuspin
