#include "import/network_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "spec/quote.hpp"

namespace neuspin::bnn {

void SafeTensors::add(const std::string& name, const char* dtype, const std::string& shape,
                      std::string_view bytes) {
  header_ +=
      fmt::format("{}\"{}\":{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                  header_.empty() ? "" : ",", name, dtype, shape, data_.size(), data_.size() + bytes.size());
  data_ += bytes;
}

void SafeTensors::add(const std::string& name, const std::string& shape, const std::vector<double>& values) {
  static_assert(std::endian::native == std::endian::little);
  add(name, "F64", shape, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)});
}

std::string SafeTensors::file() const {
  std::string header = "{" + header_ + "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');  // aligns the data
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(header.size() >> (8 * i));
  return length + header + data_;
}

std::string commentLine(std::string text) {
  constexpr std::size_t kMost = 200;
  std::erase_if(text, [](unsigned char c) { return c < 0x20 || c >= 0x7F; });
  return text.substr(0, kMost);
}

std::string identifier(const std::string& text) {
  std::string name;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool legal = letter || (c >= '0' && c <= '9') || c == '_';
    if (name.empty() && !letter) continue;
    name += !legal ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  name = name.substr(0, 64);
  return name.empty() || name == "cim" || name.starts_with("cim_") ? "imported" + name.substr(0, 50) : name;
}

std::string quoteWord(const std::string& name) {
  return spec::quoteWord(commentLine(name));
}

std::string importedTarget(int passes) {
  return fmt::format(
      "# Every key has a default, see gen/spec/README.md.\n[target]\nname = \"imported\"\n\n"
      "[uncertainty]\nmax_passes = {}\n",
      std::max(32, passes));
}

std::optional<Parsed> parseFiles(const std::map<std::string, std::string>& files, Diagnostics& diags) {
  auto network = parseNetwork(files.at("network.toml"), "network.toml", diags);
  auto target = parseTarget(files.at("target.toml"), "target.toml", diags);
  if (!network || !target) return std::nullopt;
  auto weights = parseWeights(files.at("weights.safetensors"), "weights.safetensors", *network, diags);
  if (!weights) return std::nullopt;
  return Parsed{std::move(*network), std::move(*target), std::move(*weights)};
}

}  // namespace neuspin::bnn
