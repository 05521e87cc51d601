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
constexpr std::int64_t kMostElements = std::int64_t{1} << 20;  // of a map between layers
constexpr std::int64_t kLargestKernel = 7;
constexpr std::int64_t kLargestPool = 16;
constexpr std::int64_t kMostClasses = 1024;
constexpr std::size_t kMostLayers = 1024;
constexpr std::int64_t kMostWeights = std::int64_t{1} << 33;

const char kChained[] =
    "remove it: layers form a chain in the order of the file, each takes the outputs of the one before; "
    "skip = \"LAYER\" adds the outputs of an earlier one before the sign";

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

/// `shape = [channels, height, width]`, three positive integers with at most kMostFeatures elements.
void readShape(TableReader& table, const toml::node& node, InputSpec& input) {
  const toml::array* sizes = node.as_array();
  std::int64_t elements = 1;
  std::vector<int> found;
  for (std::size_t i = 0; sizes != nullptr && i < sizes->size(); ++i) {
    const std::int64_t size = (*sizes)[i].is_integer() ? (*sizes)[i].as_integer()->get() : 0;
    if (size < 1 || size > kMostFeatures) break;
    elements = std::min(elements * size, kMostFeatures + 1);
    found.push_back(static_cast<int>(size));
  }
  if (sizes == nullptr || sizes->size() != 3 || found.size() != 3 || elements > kMostFeatures) {
    table.error(sizes == nullptr ? "wrong-type" : "bad-shape", &node,
                elements > kMostFeatures ? fmt::format("an image has more than {} elements", kMostFeatures)
                                         : "'shape' is not a list of three sizes",
                "write shape = [channels, height, width], e.g. shape = [3, 32, 32]");
    return;
  }
  input.shape = {found[0], found[1], found[2]};
  input.features = input.shape.elements();
}

void readSize(TableReader& table, InputSpec& input) {
  const toml::node* shape = table.find("shape");
  const toml::node* features = table.find("features");
  if (shape != nullptr && features != nullptr) {
    table.error("conflicting-keys", features, "'shape' and 'features' exclude each other",
                "keep 'shape' for images, or 'features' for vectors");
  } else if (shape != nullptr) {
    readShape(table, *shape, input);
  } else if (table.integer("features", 1, kMostFeatures, input.features, Need::Required)) {
    input.shape = {input.features, 1, 1};
  }
}

void readInput(TableReader& root, InputSpec& input) {
  auto table = root.table("input", "[input]", Need::Required);
  if (!table) return;
  readSize(*table, input);
  std::size_t encoding = 0;
  const bool known = table->choice("encoding", {"unsigned", "bipolar", "signed"}, encoding, Need::Required);
  constexpr InputEncoding kEncodings[] = {InputEncoding::Unsigned, InputEncoding::Bipolar,
                                          InputEncoding::Signed};
  input.encoding = kEncodings[encoding];
  const bool is_signed = input.encoding == InputEncoding::Signed;
  const bool has_bits = table->integer("bits", is_signed ? 2 : 1, 8, input.bits);
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

/// `skip`: the outputs of an earlier layer, which must be as many, are added to this one's. `network` has the
/// layers before.
void readSkip(TableReader& table, const NetworkSpec& network, LayerSpec& layer) {
  std::string name;
  if (!table.text("skip", name)) return;
  const toml::node* place = table.find("skip");
  const auto source = std::ranges::find(network.layers, name, &LayerSpec::name);
  if (source == network.layers.end()) {
    std::vector<std::string> names;
    for (const LayerSpec& before : network.layers) names.push_back(before.name);
    const std::string close = closestMatch(name, names);
    table.error("unknown-layer", place,
                fmt::format("no layer before layer {} is called {}", quoteWord(layer.name), quoteWord(name)),
                close.empty() ? "name a layer that stands before this one"
                              : fmt::format("did you mean {}?", quoteWord(close)));
    return;
  }
  layer.skip = static_cast<int>(source - network.layers.begin());
  if (layer.last) {
    table.error("skip-last", place,
                "the last layer yields the logits, a skip connection is added before a sign",
                "remove 'skip', or add a layer behind");
  }
  if (layer.pool > 1) {
    table.error("skip-pool", place,
                "a layer with a skip connection cannot pool: what is added belongs to one window",
                "write pool = 1, and pool in the layer before or behind");
  } else if (layer.out.channels > 0 && source->out.channels > 0 && layer.out != source->out) {
    table.error("skip-shape", place,
                fmt::format("layer {} puts out {} x {} x {}, but layer {} {} x {} x {}", quoteWord(name),
                            source->out.channels, source->out.height, source->out.width,
                            quoteWord(layer.name), layer.out.channels, layer.out.height, layer.out.width),
                "let both have the same outputs, stride 1 between them and padding = (kernel - 1)/2");
  }
}

/// Reads one [[layer]]; knows what arrives there.
class LayerReader {
 public:
  /// `in`: channels 0 = not known, after an error. `behind_linear`: the layer before is fully connected.
  LayerReader(TableReader& table, const InputSpec& input, Shape in, bool first, bool behind_linear, bool last)
      : table_(table), input_(input), first_(first), behind_linear_(behind_linear) {
    layer_.in = in;
    layer_.last = last;
    layer_.where = table.where();
  }

  /// `network`: its layers so far.
  LayerSpec read(const NetworkSpec& network, Diagnostics& diags, SchemeFound& scheme) {
    table_.identifier("name", layer_.name, Need::Required);
    std::size_t kind = 0;
    table_.choice("kind", {"linear", "conv"}, kind, Need::Required);
    // The last layer's outputs are the classes.
    table_.integer("outputs", layer_.last ? 2 : 1, layer_.last ? kMostClasses : kMostFeatures, layer_.outputs,
                   Need::Required);
    const bool conv = kind == 1;
    if (conv) readConv(network.file, diags);
    deriveShapes();
    if (conv && layer_.last) checkLastConv();
    const int arriving = conv ? layer_.in.channels : layer_.in.elements();
    int stated = 0;
    if (table_.integer("inputs", 1, kMostElements, stated) && arriving != 0 && stated != arriving) {
      table_.error(
          "size-mismatch", table_.find("inputs"),
          fmt::format("layer {} states {} inputs, but {} arrive", quoteWord(layer_.name), stated, arriving),
          fmt::format("write inputs = {} or leave it out", arriving));
    }
    scheme = spec::readScheme(table_, {.features = arriving, .conv = conv}, network.file, diags);
    layer_.scheme = scheme.scheme;
    checkScheme(scheme.place);
    table_.number("norm_eps", 0, 0.1, false, layer_.norm_eps);
    readSkip(table_, network, layer_);
    std::map<std::string, std::string> advice = {
        {"input", kChained}, {"inputs_from", kChained}, {"input_from", kChained}, {"from", kChained}};
    for (const char* key : {"kernel", "stride", "padding", "padding_value", "pool"}) {
      advice[key] = fmt::format("remove it, or write kind = \"conv\": a linear layer has no '{}'", key);
    }
    table_.finish(advice);
    return layer_;
  }

 private:
  /// `pool = 2`, or `pool = { kind = "average", size = 2 }`.
  void readPool(const std::string& file, Diagnostics& diags) {
    const toml::node* node = table_.find("pool");
    if (node == nullptr || !node->is_table()) {
      table_.integer("pool", 1, kLargestPool, layer_.pool);
      return;
    }
    TableReader pool(*node->as_table(), "pool", file, diags);
    std::size_t kind = 0;
    pool.choice("kind", {"max", "average"}, kind, Need::Required);
    pool.integer("size", 1, kLargestPool, layer_.pool, Need::Required);
    pool.finish();
    layer_.pooling = kind == 1 ? Pooling::Average : Pooling::Max;
  }

  void readConv(const std::string& file, Diagnostics& diags) {
    ConvSpec conv;
    table_.integer("kernel", 1, kLargestKernel, conv.kernel, Need::Required);
    table_.integer("stride", 1, kLargestKernel, conv.stride);
    table_.integer("padding", 0, conv.kernel - 1, conv.padding);
    int value = 0;
    if (table_.integer("padding_value", -1, 0, value) && value == -1) {
      if (first_ && input_.encoding != InputEncoding::Bipolar) {
        table_.error(
            "padding-value", table_.find("padding_value"),
            "a padding of -1 needs one-bit inputs, but this layer takes pixels of several bits or 0 and 1",
            "write padding_value = 0, or use encoding = \"bipolar\"");
      }
      conv.pad_minus_one = conv.padding > 0;
    }
    readPool(file, diags);
    layer_.conv = conv;
    if (behind_linear_ && conv.kernel != 1) {
      table_.error("conv-behind-linear", table_.find("kernel"),
                   "a convolution behind a linear layer has one pixel to look at",
                   "put it before the linear layers, or write kernel = 1");
    }
  }

  /// Its outputs are the classes: one pixel of sums that are not compared.
  void checkLastConv() {
    if (layer_.out.channels == 0) return;
    const Shape windows = layer_.windowMap();
    if (layer_.pool > 1 && layer_.pooling == Pooling::Max) {
      table_.error("conv-last", table_.find("pool"),
                   "the last layer yields the logits, but the largest sum of a pool is found by signs",
                   "write pool = { kind = \"average\", size = … }, or add a layer with kind = \"linear\"");
    } else if (layer_.out.pixels() != 1) {
      table_.error(
          "conv-last", table_.find("kind"),
          fmt::format(
              "the last layer yields one logit a class, but this convolution puts out {} x {} of each",
              layer_.out.height, layer_.out.width),
          windows.height == windows.width && windows.height <= kLargestPool
              ? fmt::format(
                    "write pool = {{ kind = \"average\", size = {} }}, or add a layer with kind = \"linear\"",
                    windows.height)
              : "add a layer with kind = \"linear\" whose outputs are the classes");
    }
  }

  void deriveShapes() {
    const Shape in = layer_.in;
    if (!layer_.conv) {
      layer_.inputs = in.elements();
      layer_.out = {layer_.outputs, 1, 1};
      return;
    }
    const ConvSpec& conv = *layer_.conv;
    layer_.inputs = in.channels * conv.kernel * conv.kernel;
    if (in.channels == 0) return;
    if (in.height + 2 * conv.padding < conv.kernel || in.width + 2 * conv.padding < conv.kernel) {
      table_.error("kernel-too-large", table_.find("kernel"),
                   fmt::format("a kernel of {} does not fit the map of {} x {} with padding {}", conv.kernel,
                               in.height, in.width, conv.padding),
                   in.pixels() == 1 && first_
                       ? "state the image's size: shape = [channels, height, width] in [input]"
                       : "use a smaller kernel, more padding, or less pooling before");
      return;
    }
    const Shape windows = layer_.windowMap();
    if (layer_.pool > windows.height || layer_.pool > windows.width) {
      table_.error("pool-too-large", table_.find("pool"),
                   fmt::format("a pool of {} does not fit the map of {} x {}", layer_.pool, windows.height,
                               windows.width),
                   fmt::format("pool at most {}", std::min(windows.height, windows.width)));
      return;
    }
    if (std::int64_t{windows.channels} * windows.pixels() > kMostElements) {
      table_.error("map-too-large", table_.find("outputs"),
                   fmt::format("the map has {} x {} x {} elements, legal are at most {}", windows.channels,
                               windows.height, windows.width, kMostElements),
                   "use fewer channels or a larger stride");
      return;
    }
    layer_.out = {layer_.outputs, windows.height / layer_.pool, windows.width / layer_.pool};
  }

  void checkScheme(const toml::node* place) {
    const Scheme& scheme = layer_.scheme;
    const bool affine = std::holds_alternative<AffineDropout>(scheme);
    const bool noise = std::holds_alternative<SubsetNoise>(scheme);
    const bool maximum = layer_.pooling == Pooling::Max;
    if (layer_.conv && layer_.pool > 1 && (noise || (affine && maximum))) {
      table_.error(
          "pool-method", place,
          affine    ? "the largest sum of a pool says nothing of its place among the channels, which "
                      "affine_dropout asks for"
          : maximum ? "noise_bits turns sums round at random, so the largest one of a pool does not decide"
                    : "noise_bits draws for every window, but a pool has one output for several",
          affine ? "write pool = 1 or { kind = \"average\", … }, pool in the layer before or behind, or "
                   "choose another method"
                 : "write pool = 1, and pool in the layer before or behind, or choose another method");
    }
    const bool rows =
        std::holds_alternative<SpinDrop>(scheme) || std::holds_alternative<SpatialDropout>(scheme);
    if (first_ && input_.encoding == InputEncoding::Signed &&
        (rows || noise || std::holds_alternative<SpinBayes>(scheme))) {
      table_.error(
          "signed-input-method", place,
          "a signed input cannot meet dropped inputs, chosen arrays or noise on the scale: its 0 is a code",
          "let the first layer be deterministic or choose scales, or use encoding \"unsigned\" or "
          "\"bipolar\"");
    }
  }

  TableReader& table_;
  const InputSpec& input_;
  bool first_, behind_linear_;
  LayerSpec layer_;
};

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
  Shape shape = network.input.shape;
  for (std::size_t i = 0; i < count; ++i) {
    TableReader table(*list->get(i)->as_table(), "[[layer]]", network.file, diags);
    const bool behind_linear = i > 0 && !network.layers.back().conv;
    LayerReader reader(table, network.input, shape, i == 0, behind_linear, i + 1 == count);
    LayerSpec layer = reader.read(network, diags, schemes[i]);
    if (!layer.name.empty() && !names.insert(layer.name).second) {
      table.error("duplicate-name", table.find("name"),
                  fmt::format("two layers are called {}", quoteWord(layer.name)),
                  "give each layer its own name: it is the prefix of its tensors");
    }
    weights +=
        std::int64_t{layer.inputs} * layer.outputs * weightArrays(layer.scheme) * weightSlices(layer.scheme);
    shape = layer.out;
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
  const auto text = readFile(path, diags, spec::kLargestFile);
  if (!text) return std::nullopt;
  return parseNetwork(*text, path, diags);
}

}  // namespace neuspin
