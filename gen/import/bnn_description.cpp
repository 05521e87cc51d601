#include "import/bnn_description.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "spec/quote.hpp"

namespace neuspin::bnn {
namespace {

using Json = nlohmann::json;
using spec::quoteWord;

constexpr std::int64_t kMostFeatures = 65536;
constexpr std::size_t kMostLayers = 256;

/// Checked access to one object of the file.
class Reader {
 public:
  Reader(const Json& object, std::string place, const std::string& file, Diagnostics& diags)
      : object_(object), place_(std::move(place)), file_(file), diags_(diags) {}

  void error(const char* name, const std::string& message, const std::string& hint) {
    diags_.error(name, {.file = file_, .part = place_}, message, hint);
  }

  std::int64_t integer(const char* key, std::int64_t low, std::int64_t high,
                       std::optional<std::int64_t> absent = {}) {
    const auto found = object_.find(key);
    if (found == object_.end() && absent) return *absent;
    if (found != object_.end() && found->is_number_integer()) {
      const bool huge = found->is_number_unsigned() && found->get<std::uint64_t>() > std::uint64_t{1} << 62;
      const auto value = huge ? high + 1 : found->get<std::int64_t>();
      if (value >= low && value <= high) return value;
    }
    error("bad-field", fmt::format("'{}' is no integer from {} to {}", key, low, high),
          "correct the description");
    return absent.value_or(low);
  }

  double number(const char* key, double low, double high, std::optional<double> absent = {}) {
    const auto found = object_.find(key);
    if (found == object_.end() && absent) return *absent;
    if (found != object_.end() && found->is_number()) {
      const double value = found->get<double>();
      if (value > low && value < high) return value;
    }
    error("bad-field", fmt::format("'{}' is no number between {} and {}", key, low, high),
          "correct the description");
    return absent.value_or(low);
  }

  std::string text(const char* key, bool required) {
    const auto found = object_.find(key);
    if (found != object_.end() && found->is_string()) return found->get<std::string>();
    if (required || found != object_.end())
      error("bad-field", fmt::format("'{}' is no text", key), "correct the description");
    return {};
  }

  const Json* find(const char* key) {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }

 private:
  const Json& object_;
  std::string place_;
  const std::string& file_;
  Diagnostics& diags_;
};

struct MethodName {
  const char* name;
  Method method;
};
constexpr std::array kMethods = {MethodName{"det", Method::Deterministic},
                                 MethodName{"spindrop", Method::SpinDrop},
                                 MethodName{"spatial", Method::Spatial},
                                 MethodName{"scaledrop", Method::ScaleDrop},
                                 MethodName{"viscale", Method::Subset},
                                 MethodName{"spinbayes", Method::SpinBayes},
                                 MethodName{"spinbayesbin", Method::SpinBayesBinary}};

void readMethod(Reader& root, BnnDescription& network) {
  const std::string word = root.text("method", true);
  for (const MethodName& known : kMethods) {
    if (word != known.name) continue;
    network.method = known.method;
    const bool drops = known.method == Method::SpinDrop || known.method == Method::Spatial ||
                       known.method == Method::ScaleDrop;
    if (drops) network.probability = root.number("dropout_p", 0, 1);
    if (known.method == Method::Spatial)
      network.group = static_cast<int>(root.integer("group", 1, kMostFeatures, 1));
    return;
  }
  if (word.empty()) return;
  root.error("unknown-method", fmt::format("the method {} cannot be imported", quoteWord(word)),
             word == "affine"
                 ? "inverted normalisation exists for linear layers only: convert it with "
                   "tools/convert_bnn_npz.py"
                 : "known are det, spindrop, spatial, scaledrop, viscale, spinbayes and spinbayesbin");
}

/// "bin", "u1" … "u8" or "s2" … "s8".
void readEncoding(Reader& input, InputSpec& spec) {
  const std::string word = input.text("encoding", true);
  if (word == "bin") {
    spec.encoding = InputEncoding::Bipolar;
    spec.bits = 1;
    return;
  }
  const int bits = word.size() == 2 ? word[1] - '0' : 0;
  const bool is_signed = word.starts_with('s');
  if ((is_signed || word.starts_with('u')) && bits >= (is_signed ? 2 : 1) && bits <= 8) {
    spec.encoding = is_signed ? InputEncoding::Signed : InputEncoding::Unsigned;
    spec.bits = bits;
  } else if (!word.empty()) {
    input.error("unknown-encoding", fmt::format("the encoding {} is not known", quoteWord(word)),
                "known are bin, u1 … u8 and s2 … s8");
  }
}

void readInput(Reader& root, const std::string& file, Diagnostics& diags, BnnDescription& network) {
  const Json* object = root.find("input");
  if (object == nullptr || !object->is_object()) {
    return root.error("bad-field", "'input' is no object", "give it encoding and shape");
  }
  Reader input(*object, "input", file, diags);
  readEncoding(input, network.input);
  const Json* shape = input.find("shape");
  std::int64_t elements = 1;
  std::vector<int> sizes;
  for (std::size_t i = 0; shape != nullptr && shape->is_array() && i < shape->size() && i < 4; ++i) {
    const Json& size = (*shape)[i];
    const bool legal = size.is_number_unsigned() && size.get<std::uint64_t>() >= 1 &&
                       size.get<std::uint64_t>() <= static_cast<std::uint64_t>(kMostFeatures);
    if (!legal) break;
    sizes.push_back(size.get<int>());
    elements = std::min(elements * sizes.back(), kMostFeatures + 1);
  }
  const bool legal = shape != nullptr && shape->is_array() && shape->size() == sizes.size() &&
                     (sizes.size() == 1 || sizes.size() == 3) && elements <= kMostFeatures;
  if (!legal) {
    return input.error("bad-field", "'shape' is no list of one or three sizes with at most 65536 elements",
                       "write [channels, height, width]");
  }
  network.input.shape = {sizes[0], sizes.size() == 3 ? sizes[1] : 1, sizes.size() == 3 ? sizes[2] : 1};
  network.input.features = network.input.shape.elements();
}

BnnLayer readLayer(Reader& reader, const BnnDescription& network, bool last) {
  BnnLayer layer;
  layer.last = last;
  const std::string kind = reader.text("kind", true);
  layer.conv = kind == "conv";
  if (!kind.empty() && kind != "conv" && kind != "fc") {
    reader.error("unknown-kind", fmt::format("the kind {} is not known", quoteWord(kind)),
                 "known are conv and fc");
  }
  layer.inputs = static_cast<int>(reader.integer("cin", 1, std::int64_t{1} << 20));
  layer.outputs = static_cast<int>(reader.integer("cout", 1, kMostFeatures));
  if (layer.conv) {
    layer.kernel = static_cast<int>(reader.integer("k", 1, 7));
    layer.padding = static_cast<int>(reader.integer("pad", 0, layer.kernel - 1, 0));
    layer.pad_minus_one = reader.integer("pad_value", -1, 0, 0) == -1 && layer.padding > 0;
    layer.pool = static_cast<int>(reader.integer("pool", 1, 16, 1));
  } else if (reader.integer("pool", 1, 16, 1) != 1) {
    reader.error("bad-field", "a fully connected layer cannot pool", "write pool = 1");
  }
  layer.fan_in = layer.inputs * layer.kernel * layer.kernel;
  reader.integer("fan_in", layer.fan_in, layer.fan_in, layer.fan_in);
  const bool multilevel = network.method == Method::SpinBayes;
  if (multilevel || network.method == Method::SpinBayesBinary)
    layer.arrays = static_cast<int>(reader.integer("crossbars", 2, 32));
  if (multilevel) {
    const std::int64_t levels = reader.integer("levels", 2, 16);
    while ((1 << layer.bits) < levels) ++layer.bits;
    if (1 << layer.bits != levels) {
      reader.error("bad-levels", fmt::format("{} levels are no power of two", levels),
                   "quantise to 2, 4, 8 or 16 levels");
    }
  }
  if (last) layer.logit_scale = reader.number("logit_scale", 0, 1e6, 0.0);
  return layer;
}

void readLayers(Reader& root, const std::string& file, Diagnostics& diags, BnnDescription& network) {
  const Json* list = root.find("layers");
  if (list == nullptr || !list->is_array() || list->empty() || list->size() > kMostLayers) {
    return root.error("bad-field", fmt::format("'layers' is no list of 1 to {} layers", kMostLayers),
                      "correct the description");
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string place = fmt::format("layer {}", i);
    if (!(*list)[i].is_object()) {
      diags.error("bad-field", {.file = file, .part = place}, "the layer is no object",
                  "correct the description");
      continue;
    }
    Reader reader((*list)[i], place, file, diags);
    network.layers.push_back(readLayer(reader, network, i + 1 == list->size()));
  }
}

}  // namespace

std::optional<BnnDescription> parseDescription(std::string_view text, const std::string& file,
                                               Diagnostics& diags) {
  const auto errors = diags.errorCount();
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) {
    diags.error("bad-json", {.file = file}, "the file is no JSON object",
                "give the description of a bnn-npz-1 network");
    return std::nullopt;
  }
  Reader root(json, "description", file, diags);
  BnnDescription network;
  const std::string format = root.text("format", true);
  if (!format.empty() && format != "bnn-npz-1") {
    root.error("unknown-format", fmt::format("the format {} is not known", quoteWord(format)),
               "known is bnn-npz-1");
  }
  network.name = root.text("name", true);
  network.source = root.text("source", false);
  network.licence = root.text("licence", false);
  readMethod(root, network);
  readInput(root, file, diags, network);
  readLayers(root, file, diags, network);
  if (diags.errorCount() != errors) return std::nullopt;
  return network;
}

}  // namespace neuspin::bnn
