#include "spec/scheme.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace neuspin::spec {
namespace {

enum Method { kDeterministic, kSpinDrop, kSpatial, kScale, kAffine, kSubset, kSpinBayes };

/// A method, the keys it takes beside `method`, and how it is written.
struct MethodText {
  std::string name;
  std::vector<std::string> keys;
  std::string example;
};
const std::vector<MethodText> kMethods = {
    {"deterministic", {}, "scheme = \"deterministic\""},
    {"spindrop",
     {"probability", "rescale", "resample"},
     "scheme = { method = \"spindrop\", probability = 0.15 }"},
    {"spatial_dropout",
     {"probability", "group", "rescale"},
     "scheme = { method = \"spatial_dropout\", probability = 0.15, group = 16 }"},
    {"scale_dropout", {"probability", "unit"}, "scheme = { method = \"scale_dropout\", probability = 0.2 }"},
    {"affine_dropout", {"probability"}, "scheme = { method = \"affine_dropout\", probability = 0.3 }"},
    {"subset", {"samples", "noise_bits"}, "scheme = { method = \"subset\", samples = 8 }"},
    {"spinbayes", {"arrays", "bits"}, "scheme = { method = \"spinbayes\", arrays = 8, bits = 1 }"},
};

std::vector<std::string> methodNames() {
  std::vector<std::string> names;
  for (const MethodText& method : kMethods) names.push_back(method.name);
  return names;
}

bool takes(const MethodText& method, const std::string& key) {
  return std::ranges::find(method.keys, key) != method.keys.end();
}

/// Hints for keys that stand in a scheme but do not belong there.
std::map<std::string, std::string> adviceFor(const MethodText* method) {
  std::map<std::string, std::string> advice = {
      {"p", "did you mean 'probability'?"},
      {"kind", "did you mean 'method'?"},
      {"seed", "the seed stands in [inference]"},
  };
  for (const char* key : {"modules", "units", "share", "whiten", "drive_bits", "calibration"}) {
    advice[key] =
        "stochastic units belong to the hardware: see [dropout] in target.toml; 'share' there says how many "
        "bits "
        "share a unit";
  }
  if (method == nullptr) return advice;
  for (const MethodText& other : kMethods) {
    for (const std::string& key : other.keys) {
      if (takes(*method, key)) continue;
      std::string& hint = advice[key];
      hint = hint.empty() ? fmt::format("remove it: '{}' belongs to {}", key, other.name)
                          : fmt::format("{} and {}", hint, other.name);
    }
  }
  return advice;
}

/// The keys of one scheme table.
class SchemeReader {
 public:
  SchemeReader(TableReader& table, const SchemeLayer& owner, SchemeFound& found)
      : table_(table), owner_(owner), found_(found) {}

  void read(Method method) {
    switch (method) {
      case kDeterministic:
        return;
      case kSpinDrop:
        found_.scheme = SpinDrop{probability(), rescale(), everyWindow()};
        return;
      case kSpatial:
        found_.scheme = SpatialDropout{probability(), group(), rescale()};
        return;
      case kScale:
        found_.scheme = scaleDropout();
        return;
      case kAffine:
        found_.scheme = AffineDropout{probability()};
        return;
      case kSubset:
        readSubset();
        return;
      case kSpinBayes:
        readSpinBayes();
        return;
    }
  }

 private:
  double probability() {
    double value = 0;
    table_.number("probability", 0, 1, true, value, Need::Required);
    return value;
  }

  bool rescale() {
    bool value = false;
    table_.boolean("rescale", value);
    return value;
  }

  bool everyWindow() {
    std::size_t word = 0;
    if (table_.choice("resample", {"pass", "window"}, word) && word == 1 && !owner_.conv) {
      table_.error("resample-window", table_.find("resample"), "a linear layer has one window a pass",
                   "remove 'resample'");
    }
    return word == 1;
  }

  int group() {
    int value = 1;
    if (table_.integer("group", 1, 65536, value, Need::Required) && owner_.features > 0 &&
        value > owner_.features) {
      table_.error("group-too-large", table_.find("group"),
                   fmt::format("a group of {} {}, but the layer has {}", value,
                               owner_.conv ? "channels" : "inputs", owner_.features),
                   fmt::format("choose a group from 1 to {}", owner_.features));
    }
    return value;
  }

  ScaleDropout scaleDropout() {
    ScaleDropout scheme;
    const toml::node* node = table_.find("probability");
    if (node != nullptr && node->is_string()) {
      std::size_t word = 0;
      found_.by_parameters = table_.choice("probability", {"by_parameters"}, word);
    } else {
      scheme.probability = probability();
    }
    std::size_t unit = 0;
    table_.choice("unit", {"layer", "model"}, unit);
    scheme.shared = unit == 1;
    return scheme;
  }

  void readSubset() {
    const toml::node* noise = table_.find("noise_bits");
    if (noise != nullptr && table_.find("samples") != nullptr) {
      table_.error("conflicting-keys", noise, "'samples' and 'noise_bits' exclude each other",
                   "keep 'samples' for stored samples of the scale, or 'noise_bits' for mu + sigma*eps");
      return;
    }
    if (noise != nullptr) {
      SubsetNoise scheme;
      table_.integer("noise_bits", 1, 32, scheme.noise_bits);
      found_.scheme = scheme;
      return;
    }
    SubsetSamples scheme;
    table_.integer("samples", 2, 256, scheme.samples);
    found_.scheme = scheme;
  }

  void readSpinBayes() {
    SpinBayes scheme;
    table_.integer("arrays", 2, 32, scheme.arrays);
    table_.integer("bits", 1, 4, scheme.bits);
    found_.scheme = scheme;
  }

  TableReader& table_;
  const SchemeLayer& owner_;
  SchemeFound& found_;
};

}  // namespace

SchemeFound readScheme(TableReader& layer, const SchemeLayer& owner, const std::string& file,
                       Diagnostics& diags) {
  SchemeFound found;
  found.place = layer.find("scheme");
  if (found.place == nullptr) return found;
  std::size_t index = 0;
  if (found.place->is_string()) {  // the short form, for the scheme without parameters
    if (layer.choice("scheme", methodNames(), index) && index != kDeterministic) {
      const MethodText& method = kMethods[index];
      layer.error(
          "missing-key", found.place,
          takes(method, "probability")
              ? fmt::format("the scheme \"{}\" needs a probability", method.name)
              : fmt::format("the scheme \"{}\" has parameters and is written as a table", method.name),
          "write " + method.example);
    }
    return found;
  }
  if (!found.place->is_table()) {
    layer.error("wrong-type", found.place, "'scheme' is neither a string nor a table",
                "write " + kMethods[kScale].example);
    return found;
  }
  TableReader table(*found.place->as_table(), "scheme", file, diags);
  if (!table.choice("method", methodNames(), index, Need::Required)) {
    // The other keys cannot be judged, but those of any method are no unknown keys.
    for (const MethodText& method : kMethods) {
      for (const std::string& key : method.keys) table.find(key);
    }
    table.finish(adviceFor(nullptr));
    return found;
  }
  SchemeReader(table, owner, found).read(static_cast<Method>(index));
  table.finish(adviceFor(&kMethods[index]));
  return found;
}

}  // namespace neuspin::spec
