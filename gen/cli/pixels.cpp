#include "cli/pixels.hpp"

#include "evaluate/dataset.hpp"
#include "stimulus.hpp"

namespace neuspin::cli {
namespace {

/// The first `limit` images of a file, in the order of the network's input.
std::optional<std::vector<std::uint8_t>> readImages(const std::string& path, const InputSpec& input,
                                                    std::int64_t limit, Diagnostics& diags) {
  auto set = evaluate::readImages(path, input.features, limit, diags);
  if (!set) return std::nullopt;
  evaluate::arrangeFor(input.shape, *set);
  return std::move(set->pixels);
}

}  // namespace

std::optional<std::vector<std::uint8_t>> loadPixels(const std::string& data, bool random, std::int64_t images,
                                                    std::uint64_t seed, const Plan& plan,
                                                    Diagnostics& diags) {
  const int features = plan.input.features;
  if (!data.empty()) return readImages(data, plan.input, images, diags);
  const auto files = evaluate::defaultDataset(features);
  if (files && !random) return readImages(files->images, plan.input, images, diags);
  tb::Random numbers(seed);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(images * features));
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(numbers.below(256));
  return pixels;
}

}  // namespace neuspin::cli
