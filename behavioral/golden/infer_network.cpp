#include "golden/infer_network.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>

namespace neuspin::golden {

namespace {

/// Choices of a layer up to which equal passes are looked for (the look-up table has an entry a vector and
/// choice).
constexpr int kMostShared = 256;
/// Bit 0 of each of eight bytes, byte 0's at bit 0: each byte's bit is carried to bit 56 + its index by one
/// product.
std::uint64_t gatherLowBits(std::uint64_t bytes) {
  return ((bytes & 0x0101010101010101U) * 0x0102040810204080U) >> 56;
}

/// Raw pixels → bit planes, most significant first, [plane][words]; unused high bits 0. `order`: the pixel of
/// every bit, −1 for none; empty: bit i is pixel i. `bytes`: instead of planes the codes as they are. `codes`
/// is scratch.
void encodeImage(const InputSpec& input, std::span<const std::uint8_t> pixels, std::span<const int> order,
                 bool bytes, int words, std::vector<std::uint8_t>& codes, std::uint64_t* planes) {
  static_assert(std::endian::native == std::endian::little,
                "bytes are loaded eight at a time, first one lowest");
  codes.assign(static_cast<std::size_t>(words) * kWordBits, 0);
  // Local copies: a store of a byte may change anything whose address is known, which would keep this loop
  // from being vectorised.
  const InputSpec local = input;
  std::uint8_t* const first = codes.data();
  if (order.empty()) {
    for (std::size_t i = 0; i < pixels.size(); ++i) first[i] = encodePixel(local, pixels[i]);
  }
  if (!order.empty()) {
    std::array<std::uint8_t, 256> code_of;
    for (std::size_t p = 0; p < code_of.size(); ++p)
      code_of[p] = encodePixel(local, static_cast<std::uint8_t>(p));
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (order[i] >= 0) first[i] = code_of[pixels[static_cast<std::size_t>(order[i])]];
    }
  }
  if (bytes) {
    std::memcpy(planes, codes.data(), static_cast<std::size_t>(words) * sizeof *planes);
    return;
  }
  for (int plane = input.bits - 1; plane >= 0; --plane) {
    const std::uint8_t* code = codes.data();
    for (int w = 0; w < words; ++w) {
      std::uint64_t word = 0;
      for (int shift = 0; shift < kWordBits; shift += 8, code += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, code, sizeof eight);
        word |= gatherLowBits(eight >> plane) << shift;
      }
      *planes++ = word;
    }
  }
}

}  // namespace

PackedNetwork::PackedNetwork(const Plan& plan, const Weights& weights, const Kernel& kernel) : plan_(plan) {
  std::size_t arrays = 0;
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const LayerPlan& layer = plan.layers[i];
    std::optional<PackedWindows> windows;
    if (layer.window) windows.emplace(layer);
    const PackedMap input = inputMap(plan, i);
    layers_.push_back(
        {.plan = layer,
         .windows = windows,
         .input = input,
         .arrays = PackedLayer(layer, weights.layers[i], windows ? windows->order() : input.order(), kernel),
         .post = InferPost(layer, kernel),
         .choices = choiceCount(plan, layer),
         .added = !plan.skipsFrom(layer.index).empty(),
         .first_array = arrays});
    arrays += static_cast<std::size_t>(layer.arrays);
  }
  if (layers_.front().windows) first_order_ = layers_.front().input.order();
}

void PackedNetwork::run(std::span<const std::uint8_t> pixels, int images, int passes, bool reuse,
                        const Chooser& choose, const Position& position, Workspace& work) const {
  reuse = reuse && !plan_.noisyReads();
  work.seed = position.seed;
  encode(pixels, images, work);
  work.vector_of.resize(static_cast<std::size_t>(images) * passes);
  for (std::size_t i = 0; i < work.vector_of.size(); ++i) work.vector_of[i] = static_cast<int>(i) / passes;
  int vectors = images;
  work.skips.resize(layers_.size());
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    if (layer.plan.choice != Choice::None) choose(l, work.choices);
    branch(layer, vectors, reuse, work);
    work.first_vector = position.first_image * (layer.plan.readsEveryPass() ? passes : 1);
    work.reads_before =
        position.reads.empty()
            ? position.reads
            : position.reads.subspan(layer.first_array, static_cast<std::size_t>(layer.plan.arrays));
    if (layer.windows) {
      convolve(layer, work);
    } else {
      computeSums(layer, vectors, work);
      computeOutputs(layer, work);
    }
    std::swap(work.inputs, work.outputs);
    followSkips(l, work);
    vectors = static_cast<int>(work.items.size());
  }
}

std::span<const std::int32_t> PackedNetwork::logitsOf(const Workspace& work, int pass) const {
  const auto classes = static_cast<std::size_t>(plan_.head.classes);
  const int vector = work.vector_of[static_cast<std::size_t>(pass)];
  return std::span(work.logits).subspan(static_cast<std::size_t>(vector) * classes, classes);
}

void PackedNetwork::encode(std::span<const std::uint8_t> pixels, int images, Workspace& work) const {
  const auto features = static_cast<std::size_t>(plan_.input.features);
  const Layer& first = layers_.front();
  const std::size_t words = first.vectorWords();
  work.inputs.resize(static_cast<std::size_t>(images) * words +
                     1);  // PackedWindows::gather reads a word too much
  for (std::size_t i = 0; i < static_cast<std::size_t>(images); ++i) {
    encodeImage(plan_.input, pixels.subspan(i * features, features), first_order_, takesBytes(first.plan),
                first.input.words(), work.codes, work.inputs.data() + i * words);
  }
}

/// The vectors behind layer `layer` are those of its items: finds their maps of earlier layers, and keeps its
/// own.
void PackedNetwork::followSkips(std::size_t layer, Workspace& work) const {
  const std::size_t vectors = work.items.size();
  for (std::size_t l = 0; l < layer; ++l) {
    if (!layers_[l].added) continue;
    const std::vector<int> before = work.skips[l].map_of;
    work.skips[l].map_of.clear();
    for (const Item& item : work.items)
      work.skips[l].map_of.push_back(before[static_cast<std::size_t>(item.source)]);
  }
  if (!layers_[layer].added) return;
  Workspace::Kept& kept = work.skips[layer];
  kept.words = layers_[layer + 1].vectorWords();
  kept.maps.assign(work.inputs.begin(),
                   work.inputs.begin() + static_cast<std::ptrdiff_t>(vectors * kept.words));
  kept.map_of.resize(vectors);
  std::iota(kept.map_of.begin(), kept.map_of.end(), 0);
}

/// Noise of the outputs of one window, [output]; nullptr without noise.
const std::int32_t* PackedNetwork::noiseOf(const Layer& layer, const Item& item, int window,
                                           const Workspace& work) {
  if (layer.plan.choice != Choice::Noise) return nullptr;
  const std::ptrdiff_t windows = std::ptrdiff_t{item.pass} * layer.plan.windows + window;
  return work.choices.noise.data() + windows * layer.plan.outputs;
}

/// The map that is added to the sums of an item; nullptr without a skip connection.
const std::uint64_t* PackedNetwork::skipMap(const Layer& layer, const Item& item, const Workspace& work) {
  if (!layer.plan.skip) return nullptr;
  const auto& kept = work.skips[static_cast<std::size_t>(layer.plan.skip->source)];
  return kept.maps.data() +
         static_cast<std::size_t>(kept.map_of[static_cast<std::size_t>(item.source)]) * kept.words;
}

/// What has to be computed in this layer, in the order of the vectors behind it; and which of these each pass
/// continues with.
void PackedNetwork::branch(const Layer& layer, int vectors, bool reuse, Workspace& work) {
  std::vector<Item>& items = work.items;
  items.clear();
  if (layer.plan.choice == Choice::None) {
    for (int v = 0; v < vectors; ++v) items.push_back({.source = v, .pass = v});
    return;
  }
  const bool numbered = layer.choices > 0;
  const bool share = reuse && numbered && layer.choices <= kMostShared;
  if (share) work.known.assign(static_cast<std::size_t>(vectors) * layer.choices, -1);
  for (std::size_t pass = 0; pass < work.vector_of.size(); ++pass) {
    int& vector = work.vector_of[pass];
    const int number = numbered ? work.choices.numbers[pass] : 0;
    int* known = share ? &work.known[static_cast<std::size_t>(vector * layer.choices + number)] : nullptr;
    if (known != nullptr && *known >= 0) {
      vector = *known;
      continue;
    }
    items.push_back({.source = vector, .number = number, .pass = static_cast<int>(pass)});
    vector = static_cast<int>(items.size()) - 1;
    if (known != nullptr) *known = vector;
  }
}

/// Reads of an item's array before the first of its own, since reset: by the passes read before it, of an
/// arbiter's array those that chose it, else by the images before it.
std::uint32_t PackedNetwork::firstRead(const Layer& layer, const Item& item, const Workspace& work) {
  const bool chosen = layer.plan.choice == Choice::Array;
  const std::int64_t vectors = chosen
                                   ? work.choices.earlier[static_cast<std::size_t>(item.pass)]
                                   : work.first_vector + (sumsOfEveryItem(layer) ? item.pass : item.source);
  const auto array = static_cast<std::size_t>(chosen ? item.number : 0);
  const auto reads =
      static_cast<std::uint32_t>(vectors * layer.plan.windows * std::ssize(layer.plan.schedule));
  return work.reads_before.empty() ? reads : work.reads_before[array] + reads;
}

/// Leaves the sums of every item in row item.row of work.sums.
void PackedNetwork::computeSums(const Layer& layer, int vectors, Workspace& work) {
  std::vector<Item>& items = work.items;
  const PackedLayer& arrays = layer.arrays;
  const auto words = static_cast<std::size_t>(arrays.vectorWords());
  const auto stride = static_cast<std::size_t>(arrays.sumStride());
  const bool per_item = sumsOfEveryItem(layer);
  const std::size_t rows = per_item ? items.size() : static_cast<std::size_t>(vectors);
  work.sums.resize(std::max(work.sums.size(), rows * stride));
  work.reads.resize(layer.plan.noise ? rows : 0);
  const auto note = [&](const Item& item) {
    if (layer.plan.noise) work.reads[static_cast<std::size_t>(item.row)] = firstRead(layer, item, work);
  };
  const auto readsFrom = [&work](std::size_t row) {
    return VectorReads{work.seed, std::span(work.reads).subspan(work.reads.empty() ? 0 : row)};
  };
  if (!per_item) {
    for (Item& item : items) {
      item.row = item.source;
      note(item);
    }
    arrays.sums(0, work.inputs.data(), vectors, readsFrom(0), work.sums.data());
    return;
  }
  // Rows in the order of the arrays, so that each is gone through once.
  std::vector<int> first_row(static_cast<std::size_t>(layer.plan.arrays) + 1);
  const auto arrayOf = [&](const Item& item) {
    return static_cast<std::size_t>(layer.plan.choice == Choice::Array ? item.number : 0);
  };
  for (const Item& item : items) ++first_row[arrayOf(item) + 1];
  std::partial_sum(first_row.begin(), first_row.end(), first_row.begin());
  std::vector<int> next_row = first_row;
  work.chosen_inputs.resize(rows * words);
  for (Item& item : items) {
    item.row = next_row[arrayOf(item)]++;
    note(item);
    std::copy_n(work.inputs.data() + static_cast<std::size_t>(item.source) * words, words,
                work.chosen_inputs.data() + static_cast<std::size_t>(item.row) * words);
  }
  if (layer.plan.choice == Choice::Rows) {
    maskRows(layer, work);
    arrays.maskedSums(0, work.chosen_inputs.data(), work.kept.data(), static_cast<int>(rows), readsFrom(0),
                      work.sums.data());
    return;
  }
  for (int array = 0; array < layer.plan.arrays; ++array) {
    const auto first = static_cast<std::size_t>(first_row[static_cast<std::size_t>(array)]);
    const int count = first_row[static_cast<std::size_t>(array) + 1] - static_cast<int>(first);
    arrays.sums(array, work.chosen_inputs.data() + first * words, count, readsFrom(first),
                work.sums.data() + first * stride);
  }
}

/// The inputs that take part in an item under mask `mask` of its pass, packed.
void PackedNetwork::packKept(const Layer& layer, const Item& item, int mask, Workspace& work,
                             std::uint64_t* kept) {
  const auto words = static_cast<std::size_t>((layer.plan.inputs + kWordBits - 1) / kWordBits);
  if (layer.choices > 0) {
    const auto dropped = static_cast<std::uint64_t>(item.number);
    work.logical.resize(words);
    keptInputs(layer.plan, &dropped, work.logical.data());
    layer.arrays.pack(work.logical.data(), kept);
    return;
  }
  const auto number =
      static_cast<std::size_t>(item.pass) * static_cast<std::size_t>(masksOfPass(layer.plan)) +
      static_cast<std::size_t>(mask);
  layer.arrays.pack(work.choices.kept.data() + number * words, kept);
}

/// The inputs of every item that take part, by rows.
void PackedNetwork::maskRows(const Layer& layer, Workspace& work) {
  const auto words = static_cast<std::size_t>(layer.arrays.keptWords());
  work.kept.resize(work.items.size() * words);
  for (const Item& item : work.items)
    packKept(layer, item, 0, work, work.kept.data() + static_cast<std::size_t>(item.row) * words);
}

void PackedNetwork::computeOutputs(const Layer& layer, Workspace& work) {
  const std::vector<Item>& items = work.items;
  const bool last = layer.plan.last;
  const auto stride = static_cast<std::size_t>(layer.arrays.sumStride());
  const auto outputs = static_cast<std::size_t>(layer.post.outputs());
  const auto words = static_cast<std::size_t>(layer.post.outputWords());
  if (last) work.logits.resize(items.size() * outputs);
  if (!last) work.outputs.resize(items.size() * words);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    const std::int32_t* sums = work.sums.data() + static_cast<std::size_t>(item.row) * stride;
    const int bank = layer.plan.choice == Choice::Bank ? item.number : 0;
    const std::int32_t* noise = noiseOf(layer, item, 0, work);
    if (last) layer.post.logits(sums, bank, noise, work.logits.data() + i * outputs);
    if (!last)
      layer.post.decide(sums, bank, noise, skipMap(layer, item, work), work.outputs.data() + i * words);
  }
}

}  // namespace neuspin::golden
