// The maps and windows of convolutions in golden::Infer: how they lie in packed words, and how windows are
// cut out of a map and their outputs pooled into the next one.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/plan.hpp"

namespace neuspin::golden {

/// A map of bits or bytes: rows of pixels from the top, a pixel's channels together, each row filled up with
/// zeros to whole words. A flat vector is a map of one pixel.
struct PackedMap {
  Shape shape;
  int element_bits = 1;  ///< 1 or 8
  [[nodiscard]] int pixelBits() const { return shape.channels * element_bits; }
  [[nodiscard]] int rowWords() const;
  [[nodiscard]] int words() const { return shape.height * rowWords(); }
  /// Logical element of every bit (or byte), −1 where there is none.
  [[nodiscard]] std::vector<int> order() const;
};

/// Whether the elements of a layer's inputs are bytes: the pixels of convolutions, which have few inputs a
/// window. All others are bit planes.
[[nodiscard]] inline bool takesBytes(const LayerPlan& layer) {
  return layer.window && !layer.bipolar && layer.elem_bits > 1;
}

/// The map that arrives at layer `layer` of a plan.
[[nodiscard]] PackedMap inputMap(const Plan& plan, std::size_t layer);

class PackedWindows {
 public:
  /// The layer must be a convolution.
  explicit PackedWindows(const LayerPlan& plan);

  [[nodiscard]] int count() const { return count_; }  ///< windows of a map
  /// Sums of a map that are compared: one a window, of an average one a pixel of the output map.
  [[nodiscard]] int decisions() const { return plan_.averages() ? output_.shape.pixels() : count_; }
  /// Which of these the sums of a window count to.
  [[nodiscard]] int decisionOf(int window) const;
  [[nodiscard]] int words() const { return words_; }  ///< of one plane of a window
  /// Logical input, (c·K + ky)·K + kx, of every bit (or byte) of a window, −1 where there is none.
  [[nodiscard]] std::vector<int> order() const;
  /// [window][words()]: 1 = the input lies inside the map. Empty if inputs outside take part like all others.
  [[nodiscard]] const std::vector<std::uint64_t>& inside() const { return inside_; }

  /// The planes of a map, [plane][inputMap().words()], with what surrounds them. `border` is scratch; the
  /// result is `map` itself or lies in there.
  const std::uint64_t* surround(const std::uint64_t* map, std::vector<std::uint64_t>& border) const;

  /// Windows [first, first + count) of a surrounded map: [window][plane][words()]. Of maps of bytes, up to a
  /// word behind the map is read and up to a word behind the windows written; bytes of a window without input
  /// are left undefined.
  void gather(const std::uint64_t* surrounded, int first, int count, std::uint64_t* windows) const;

  /// Where the words of windows lie in a surrounded map if its pixels are whole words (else empty): word w of
  /// window v at windowAt()[v] + wordAt()[w].
  [[nodiscard]] const std::vector<std::int32_t>& windowAt() const { return window_at_; }
  [[nodiscard]] const std::vector<std::int32_t>& wordAt() const { return word_at_; }

  /// Bits of all decisions(), [decision][output words], 1 where a sum reaches its threshold → the packed
  /// output map: largest sums, inverted where `falling` [output words] says that an output falls with growing
  /// sums.
  void pool(const std::uint64_t* reached, const std::uint64_t* falling, std::uint64_t* map) const;
  [[nodiscard]] const PackedMap& outputMap() const { return output_; }

  /// The bits of window `window` in a packed output map (pool 1), [output words], unused high bits 0.
  void pixel(const std::uint64_t* map, int window, std::uint64_t* bits) const;

 private:
  WindowPlan plan_;
  int planes_;
  PackedMap input_, surrounded_, output_;
  int count_, words_;
  std::vector<std::uint64_t>
      frame_;  ///< [plane][surrounded_.words()], what surrounds the map and zeros inside
  std::vector<std::uint64_t> inside_;
  std::vector<std::int32_t> window_at_, word_at_;
};

}  // namespace neuspin::golden
