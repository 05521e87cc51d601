#include "golden/infer_windows.hpp"

#include <algorithm>
#include <cstring>

#include "golden/infer_kernel.hpp"

namespace neuspin::golden {

namespace {

std::uint64_t ones(int count) {
  return count == kWordBits ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

/// Bits [at, at + count) of packed words, count 1 … 64.
std::uint64_t readBits(const std::uint64_t* words, int at, int count) {
  const int offset = at % kWordBits;
  const std::uint64_t* word = words + at / kWordBits;
  std::uint64_t value = *word >> offset;
  if (offset + count > kWordBits) value |= word[1] << (kWordBits - offset);
  return value & ones(count);
}

/// ORs `count` bits of `from` at `from_bit` onto those of `to` at `to_bit`.
void orBits(const std::uint64_t* from, int from_bit, std::uint64_t* to, int to_bit, int count) {
  while (count > 0) {
    const int chunk = std::min(count, kWordBits);
    const std::uint64_t value = readBits(from, from_bit, chunk);
    const int offset = to_bit % kWordBits;
    std::uint64_t* word = to + to_bit / kWordBits;
    word[0] |= value << offset;
    if (offset + chunk > kWordBits) word[1] |= value >> (kWordBits - offset);
    from_bit += chunk;
    to_bit += chunk;
    count -= chunk;
  }
}

void setBit(std::uint64_t* words, int at) {
  words[at / kWordBits] |= std::uint64_t{1} << (at % kWordBits);
}

PackedMap outputMapOf(const LayerPlan& layer) {
  const WindowPlan& window = *layer.window;
  return {{layer.outputs, window.out_height / window.pool, window.out_width / window.pool}};
}

}  // namespace

int PackedMap::rowWords() const {
  return divideUp(shape.width * pixelBits(), kWordBits);
}

std::vector<int> PackedMap::order() const {
  const int word_elements = kWordBits / element_bits;
  std::vector<int> order(static_cast<std::size_t>(words() * word_elements), -1);
  for (int y = 0; y < shape.height; ++y) {
    for (int x = 0; x < shape.width; ++x) {
      for (int c = 0; c < shape.channels; ++c)
        order[static_cast<std::size_t>(y * rowWords() * word_elements + x * shape.channels + c)] =
            (c * shape.height + y) * shape.width + x;
    }
  }
  return order;
}

PackedMap inputMap(const Plan& plan, std::size_t layer) {
  if (plan.layers[layer].window)
    return {plan.layers[layer].window->in, takesBytes(plan.layers[layer]) ? 8 : 1};
  if (layer > 0 && plan.layers[layer - 1].window) return outputMapOf(plan.layers[layer - 1]);
  return {{plan.layers[layer].inputs, 1, 1}};
}

PackedWindows::PackedWindows(const LayerPlan& plan)
    : plan_(*plan.window),
      planes_(takesBytes(plan) ? 1 : plan.elem_bits),
      input_{plan_.in, takesBytes(plan) ? 8 : 1},
      surrounded_{
          {plan_.in.channels, plan_.in.height + 2 * plan_.padding, plan_.in.width + 2 * plan_.padding},
          input_.element_bits},
      output_(outputMapOf(plan)),
      count_(plan_.windows()),
      words_(divideUp(plan.inputs * input_.element_bits, kWordBits)) {
  if (input_.pixelBits() % kWordBits == 0 && planes_ == 1) {
    const int pixel_words = input_.pixelBits() / kWordBits;
    for (int window = 0; window < count_; ++window) {
      const int y = window / plan_.out_width, x = window % plan_.out_width;
      window_at_.push_back(plan_.stride * (y * surrounded_.rowWords() + x * pixel_words));
    }
    for (int w = 0; w < words_; ++w) {
      const int run_words = plan_.kernel * pixel_words;
      word_at_.push_back(w / run_words * surrounded_.rowWords() + w % run_words);
    }
  }
  if (plan_.padding == 0) return;
  const Shape& shape = surrounded_.shape;
  const int p = plan_.padding;
  // What lies outside, and for absent inputs where that is: as a map of its own that is cut into windows.
  std::vector<std::uint64_t> within(static_cast<std::size_t>(planes_) * surrounded_.words());
  frame_ = within;
  for (int y = 0; y < shape.height; ++y) {
    for (int x = 0; x < shape.width; ++x) {
      const bool inside = y >= p && y < p + input_.shape.height && x >= p && x < p + input_.shape.width;
      for (int i = 0; i < surrounded_.pixelBits(); ++i) {
        const int bit = y * surrounded_.rowWords() * kWordBits + x * surrounded_.pixelBits() + i;
        for (int plane = 0; plane < planes_; ++plane) {
          // Bit of the element: bytes lie lowest bit first, planes most significant first.
          const int significance = input_.element_bits == 8 ? i % 8 : planes_ - 1 - plane;
          const std::size_t first = static_cast<std::size_t>(plane) * surrounded_.words();
          if (inside) setBit(&within[first], bit);
          if (!inside && (plan_.pad_value >> significance & 1) != 0) setBit(&frame_[first], bit);
        }
      }
    }
  }
  if (!plan_.absent) return;
  inside_.resize(static_cast<std::size_t>(count_) * planes_ * words_);
  gather(within.data(), 0, count_, inside_.data());  // absent inputs have one plane
}

std::vector<int> PackedWindows::order() const {
  const int channels = plan_.in.channels;
  std::vector<int> order(static_cast<std::size_t>(words_ * (kWordBits / input_.element_bits)), -1);
  for (int tap = 0; tap < plan_.taps(); ++tap) {
    for (int c = 0; c < channels; ++c)
      order[static_cast<std::size_t>(tap * channels + c)] = c * plan_.taps() + tap;
  }
  return order;
}

const std::uint64_t* PackedWindows::surround(const std::uint64_t* map,
                                             std::vector<std::uint64_t>& border) const {
  if (plan_.padding == 0) return map;
  border.assign(frame_.begin(), frame_.end());
  border.push_back(0);  // gather reads a word too much
  const int row_bits = input_.shape.width * input_.pixelBits();
  for (int plane = 0; plane < planes_; ++plane) {
    for (int y = 0; y < input_.shape.height; ++y) {
      const std::uint64_t* from = map + plane * input_.words() + y * input_.rowWords();
      std::uint64_t* to =
          border.data() + plane * surrounded_.words() + (y + plan_.padding) * surrounded_.rowWords();
      orBits(from, 0, to, plan_.padding * input_.pixelBits(), row_bits);
    }
  }
  return border.data();
}

void PackedWindows::gather(const std::uint64_t* surrounded, int first, int count,
                           std::uint64_t* windows) const {
  const int pixel_bits = input_.pixelBits();
  const int row_words = surrounded_.rowWords();
  const int run = plan_.kernel * pixel_bits;  // bits of one row of a window: consecutive in the map's row
  const bool whole_words = pixel_bits % kWordBits == 0;
  const bool bytes = input_.element_bits == 8;
  if (!whole_words && !bytes) std::fill_n(windows, static_cast<std::size_t>(count) * planes_ * words_, 0);
  const int plane_words = surrounded_.words();
  const int run_words = run / kWordBits, run_bytes = run / 8;
  int oy = first / plan_.out_width, ox = first % plan_.out_width;
  for (int window = 0; window < count; ++window) {
    const int bit = ox * plan_.stride * pixel_bits;
    const std::uint64_t* row = surrounded + static_cast<std::ptrdiff_t>(oy * plan_.stride) * row_words;
    if (++ox == plan_.out_width) ox = 0, ++oy;
    if (whole_words) {
      for (int plane = 0; plane < planes_; ++plane) {
        const std::uint64_t* from = row + plane * plane_words + bit / kWordBits;
        for (int ky = 0; ky < plan_.kernel; ++ky, from += row_words) {
          for (int w = 0; w < run_words; ++w) *windows++ = from[w];
        }
      }
    } else if (bytes) {
      // A word at a time, up to seven bytes too many: the next piece or window overwrites them, or no weight
      // meets them.
      auto* to = reinterpret_cast<std::uint8_t*>(windows);
      const auto* from = reinterpret_cast<const std::uint8_t*>(row) + bit / 8;
      for (int ky = 0; ky < plan_.kernel; ++ky, from += row_words * 8, to += run_bytes) {
        for (int i = 0; i < run_bytes; i += 8) std::memcpy(to + i, from + i, 8);
      }
      windows += words_;
    } else {
      for (int plane = 0; plane < planes_; ++plane, windows += words_) {
        const std::uint64_t* from = row + plane * plane_words;
        for (int ky = 0; ky < plan_.kernel; ++ky, from += row_words)
          orBits(from, bit, windows, ky * run, run);
      }
    }
  }
}

void PackedWindows::pixel(const std::uint64_t* map, int window, std::uint64_t* bits) const {
  const int channels = output_.shape.channels;
  std::fill_n(bits, divideUp(channels, kWordBits), 0);
  orBits(map + window / plan_.out_width * output_.rowWords(), window % plan_.out_width * channels, bits, 0,
         channels);
}

int PackedWindows::decisionOf(int window) const {
  if (!plan_.averages()) return window;
  const int y = window / plan_.out_width, x = window % plan_.out_width;
  return y / plan_.pool * output_.shape.width + x / plan_.pool;
}

void PackedWindows::pool(const std::uint64_t* reached, const std::uint64_t* falling,
                         std::uint64_t* map) const {
  const int channels = output_.shape.channels;
  const int words = divideUp(channels, kWordBits);
  const int size = plan_.averages() ? 1 : plan_.pool;
  const int width = size * output_.shape.width;  // of the decisions
  const bool whole_words = channels % kWordBits == 0;
  std::vector<std::uint64_t> pixel(static_cast<std::size_t>(words));
  if (!whole_words) std::fill_n(map, output_.words(), 0);
  for (int y = 0; y < output_.shape.height; ++y) {
    for (int x = 0; x < output_.shape.width; ++x) {
      const std::uint64_t* first = reached + static_cast<std::ptrdiff_t>(y * size * width + x * size) * words;
      std::uint64_t* to = whole_words ? map + y * output_.rowWords() + x * words : pixel.data();
      for (int w = 0; w < words; ++w) {
        std::uint64_t any = 0;
        for (int py = 0; py < size; ++py) {
          for (int px = 0; px < size; ++px)
            any |= first[static_cast<std::ptrdiff_t>(py * width + px) * words + w];
        }
        to[w] = any ^ falling[w];
      }
      if (!whole_words) orBits(to, 0, map + y * output_.rowWords(), x * channels, channels);
    }
  }
}

}  // namespace neuspin::golden
