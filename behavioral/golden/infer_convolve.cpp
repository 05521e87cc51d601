// The convolutions of PackedNetwork: all windows of a map → the output map.
#include <algorithm>
#include <numeric>

#include "golden/infer_network.hpp"

namespace neuspin::golden {

namespace {

/// Windows that are cut out and summed together: they and their sums stay in a fast cache.
constexpr int kWindowsAtOnce = 128;

}  // namespace

/// Output maps of every item of a convolution.
void PackedNetwork::convolve(const Layer& layer, Workspace& work) {
  const std::vector<Item>& items = work.items;
  work.outputs.resize(items.size() * static_cast<std::size_t>(layer.windows->outputMap().words()));
  if (layer.plan.last) work.logits.resize(items.size() * static_cast<std::size_t>(layer.post.outputs()));
  work.by_source.resize(items.size());
  std::iota(work.by_source.begin(), work.by_source.end(), 0);
  const auto sourceOf = [&](int item) { return items[static_cast<std::size_t>(item)].source; };
  std::ranges::stable_sort(work.by_source, {}, sourceOf);
  const std::span<const int> sorted = work.by_source;
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin + 1;
    while (end < sorted.size() && sourceOf(sorted[end]) == sourceOf(sorted[begin])) ++end;
    convolveVector(layer, sorted.subspan(begin, end - begin), work);
    begin = end;
  }
}

/// Output maps of the items of one vector.
void PackedNetwork::convolveVector(const Layer& layer, std::span<const int> items, Workspace& work) {
  const PackedWindows& windows = *layer.windows;
  const auto stride = static_cast<std::size_t>(layer.arrays.sumStride());
  const auto words = static_cast<std::size_t>(layer.post.outputWords());
  const auto count = static_cast<std::size_t>(windows.decisions());
  const auto itemOf = [&](std::size_t i) -> const Item& {
    return work.items[static_cast<std::size_t>(items[i])];
  };
  const auto bankOf = [&](std::size_t i) { return layer.plan.choice == Choice::Bank ? itemOf(i).number : 0; };
  const bool own_sums = sumsOfEveryItem(layer);
  work.windows.resize(std::max(
      work.windows.size(),
      static_cast<std::size_t>(kWindowsAtOnce) * static_cast<std::size_t>(layer.arrays.vectorWords()) + 1));
  work.sums.resize(std::max(work.sums.size(), kWindowsAtOnce * stride));
  work.window_bits.resize(std::max(work.window_bits.size(), items.size() * count * words));
  const std::uint64_t* map = windows.surround(
      work.inputs.data() + static_cast<std::size_t>(itemOf(0).source) * layer.vectorWords(), work.border);
  if (layer.plan.last || layer.plan.window->averages()) {
    addUpWindows(layer, items, map, work);
    return decideTotals(layer, items, work);
  }
  // One item without rows left out needs neither windows nor sums.
  if (layer.arrays.decides() && items.size() == 1 && layer.post.plainThresholds() &&
      layer.plan.choice != Choice::Rows && windows.inside().empty() && !windows.wordAt().empty()) {
    const int array = layer.plan.choice == Choice::Array ? itemOf(0).number : 0;
    layer.arrays.decide(array, layer.arrays.limits(array, layer.post.thresholds(bankOf(0))), map,
                        windows.windowAt().data(), windows.wordAt().data(), windows.count(),
                        work.window_bits.data());
    return poolItems(layer, items, work);
  }
  for (int first = 0; first < windows.count(); first += kWindowsAtOnce) {
    const int share = std::min(kWindowsAtOnce, windows.count() - first);
    windows.gather(map, first, share, work.windows.data());
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (own_sums || i == 0) windowSums(layer, itemOf(i), first, share, i + 1 == items.size(), work);
      std::uint64_t* bits = work.window_bits.data() + (i * count + static_cast<std::size_t>(first)) * words;
      const std::uint64_t* skip = skipMap(layer, itemOf(i), work);
      if (skip != nullptr) work.skip.resize(words);
      for (int w = 0; w < share; ++w, bits += words) {
        if (skip != nullptr) windows.pixel(skip, first + w, work.skip.data());
        layer.post.compare(work.sums.data() + static_cast<std::size_t>(w) * stride, bankOf(i),
                           noiseOf(layer, itemOf(i), first + w, work), work.skip.data(), bits);
      }
    }
  }
  poolItems(layer, items, work);
}

/// Sums of all windows of each decision into work.totals; once for all items of a vector where no choice
/// changes them.
void PackedNetwork::addUpWindows(const Layer& layer, std::span<const int> items, const std::uint64_t* map,
                                 Workspace& work) {
  const PackedWindows& windows = *layer.windows;
  const auto stride = static_cast<std::size_t>(layer.arrays.sumStride());
  const std::size_t item_totals = static_cast<std::size_t>(windows.decisions()) * stride;
  const std::size_t maps = sumsOfEveryItem(layer) ? items.size() : 1;
  work.totals.assign(maps * item_totals, 0);
  for (int first = 0; first < windows.count(); first += kWindowsAtOnce) {
    const int share = std::min(kWindowsAtOnce, windows.count() - first);
    windows.gather(map, first, share, work.windows.data());
    for (std::size_t i = 0; i < maps; ++i) {
      windowSums(layer, work.items[static_cast<std::size_t>(items[i])], first, share, i + 1 == maps, work);
      for (int w = 0; w < share; ++w) {
        const std::int32_t* sums = work.sums.data() + static_cast<std::size_t>(w) * stride;
        std::int32_t* totals = work.totals.data() + i * item_totals +
                               static_cast<std::size_t>(windows.decisionOf(first + w)) * stride;
        for (int o = 0; o < layer.post.outputs(); ++o) totals[o] += sums[o];
      }
    }
  }
}

/// Output maps, of the last layer logits, of the items of one vector from work.totals.
void PackedNetwork::decideTotals(const Layer& layer, std::span<const int> items, Workspace& work) {
  const auto decisions = static_cast<std::size_t>(layer.windows->decisions());
  const auto stride = static_cast<std::size_t>(layer.arrays.sumStride());
  const auto words = static_cast<std::size_t>(layer.post.outputWords());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto number = static_cast<std::size_t>(items[i]);
    const Item& item = work.items[number];
    const int bank = layer.plan.choice == Choice::Bank ? item.number : 0;
    const std::int32_t* totals = work.totals.data() + (sumsOfEveryItem(layer) ? i * decisions * stride : 0);
    if (layer.plan.last) {
      layer.post.logits(totals, bank, noiseOf(layer, item, 0, work),
                        work.logits.data() + number * static_cast<std::size_t>(layer.post.outputs()));
      continue;
    }
    for (std::size_t d = 0; d < decisions; ++d)
      layer.post.compare(totals + d * stride, bank, nullptr, nullptr,
                         work.window_bits.data() + (i * decisions + d) * words);
  }
  if (!layer.plan.last) poolItems(layer, items, work);
}

/// The output maps of the items of one vector from work.window_bits.
void PackedNetwork::poolItems(const Layer& layer, std::span<const int> items, Workspace& work) {
  const PackedWindows& windows = *layer.windows;
  const std::size_t item_words =
      static_cast<std::size_t>(windows.decisions()) * static_cast<std::size_t>(layer.post.outputWords());
  const auto map_words = static_cast<std::size_t>(windows.outputMap().words());
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto item = static_cast<std::size_t>(items[i]);
    const int bank = layer.plan.choice == Choice::Bank ? work.items[item].number : 0;
    windows.pool(work.window_bits.data() + i * item_words, layer.post.falling(bank),
                 work.outputs.data() + item * map_words);
  }
}

/// Sums of windows [first, first + count), which lie in work.windows. `may_change`: they are not needed any
/// more.
void PackedNetwork::windowSums(const Layer& layer, const Item& item, int first, int count, bool may_change,
                               Workspace& work) {
  const PackedLayer& arrays = layer.arrays;
  const std::vector<std::uint64_t>& inside = layer.windows->inside();
  const auto words = static_cast<std::size_t>(arrays.keptWords());
  const int array = layer.plan.choice == Choice::Array ? item.number : 0;
  const bool dropping = layer.plan.choice == Choice::Rows;
  work.reads.clear();
  if (layer.plan.noise) {
    const auto steps = static_cast<std::uint32_t>(layer.plan.schedule.size());
    const std::uint32_t reads = firstRead(layer, item, work);
    for (int w = first; w < first + count; ++w)
      work.reads.push_back(reads + static_cast<std::uint32_t>(w) * steps);
  }
  const VectorReads reads{work.seed, work.reads};
  if (!dropping && inside.empty())
    return arrays.sums(array, work.windows.data(), count, reads, work.sums.data());
  work.kept.resize(std::max(work.kept.size(), static_cast<std::size_t>(count) * words));
  const bool own_masks = masksOfPass(layer.plan) > 1;
  for (int w = 0; w < count; ++w) {
    std::uint64_t* kept = work.kept.data() + static_cast<std::size_t>(w) * words;
    const std::uint64_t* within =
        inside.empty() ? nullptr : inside.data() + static_cast<std::size_t>(first + w) * words;
    if (!dropping) {
      std::copy_n(within, words, kept);
      continue;
    }
    if (own_masks || w == 0) {
      packKept(layer, item, own_masks ? first + w : 0, work, kept);
      if (!own_masks) work.pass_kept.assign(kept, kept + words);
    } else {
      std::ranges::copy(work.pass_kept, kept);
    }
    for (std::size_t i = 0; within != nullptr && i < words; ++i) kept[i] &= within[i];
  }
  std::uint64_t* inputs = work.windows.data();
  if (!may_change && !layer.plan.bipolar) {
    work.chosen_inputs.assign(inputs, inputs + static_cast<std::ptrdiff_t>(count) * arrays.vectorWords());
    inputs = work.chosen_inputs.data();
  }
  arrays.maskedSums(array, inputs, work.kept.data(), count, reads, work.sums.data());
}

}  // namespace neuspin::golden
