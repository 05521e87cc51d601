// All layers of golden::Infer on a few images at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "golden/infer_choices.hpp"
#include "golden/infer_layer.hpp"
#include "golden/infer_post.hpp"
#include "golden/infer_windows.hpp"
#include "plan/plan.hpp"

namespace neuspin::golden {

class PackedNetwork {
 public:
  /// `plan` and `kernel` must outlive this object.
  PackedNetwork(const Plan& plan, const Weights& weights, const Kernel& kernel);

  /// Fills in what the passes choose in a layer, image 0's passes first.
  using Chooser = std::function<void(std::size_t layer, PassChoices& choices)>;

  /// Something to compute: the outputs of one vector under the choice of one pass.
  struct Item {
    int source = 0;  ///< vector that goes in
    int number = 0;  ///< the choice, where it is a number
    int pass = 0;    ///< that made the choice; without a choice the vector
    int row = 0;     ///< of Workspace::sums
  };

  /// What one thread needs; keeps its memory from batch to batch. A "vector" is one distinct input of a
  /// layer: passes that chose the same so far share it.
  struct Workspace {
    std::vector<std::uint8_t> codes;
    /// [vector][words] of the layer being computed, of the next one
    std::vector<std::uint64_t> inputs, outputs;
    std::vector<std::uint64_t> chosen_inputs;  ///< [row][words] where the sums depend on the pass
    std::vector<std::uint64_t> kept;           ///< [row][words]
    std::vector<std::int32_t> sums;            ///< [row][PackedLayer::sumStride()]
    std::vector<std::int32_t> logits;          ///< [vector][class]
    std::vector<std::uint64_t> border;         ///< PackedWindows::surround
    std::vector<std::uint64_t> windows;        ///< [window][plane][words] of some windows of one map
    std::vector<std::uint64_t> window_bits;    ///< [item][decision][words] of the items of one vector
    std::vector<std::int32_t> totals;      ///< [item or 1][decision][sumStride()] of an average, or of logits
    std::vector<std::uint64_t> logical;    ///< inputs that take part, not packed yet
    std::vector<std::uint64_t> pass_kept;  ///< the same of one pass, packed
    std::vector<int> by_source;            ///< items in the order of their vectors
    std::vector<int> vector_of;            ///< [pass], image 0's first
    std::vector<int> known;                ///< [vector][choice] → item, −1 = none yet
    PassChoices choices;
    std::vector<Item> items;
    /// Outputs of a layer that a later one adds.
    struct Kept {
      std::vector<std::uint64_t> maps;  ///< [vector][words] of the layer's outputs
      std::size_t words = 0;
      std::vector<int> map_of;  ///< [vector] as they are now
    };
    std::vector<Kept> skips;           ///< [layer], empty but for those
    std::vector<std::uint64_t> skip;   ///< bits of one window
    std::vector<std::uint32_t> reads;  ///< VectorReads::first
    std::uint32_t seed = 0;            ///< of noisy reads
    /// Of the layer being computed, where reads are noisy: passes (or images, if it is read once an image)
    /// of the stream before this run, and the reads of each array before the stream.
    std::int64_t first_vector = 0;
    std::span<const std::uint32_t> reads_before;
  };

  /// Where a run stands in its stream: what the noise of reads is drawn by.
  struct Position {
    std::uint32_t seed = 0;
    std::int64_t first_image = 0;
    std::span<const std::uint32_t> reads;  ///< InferOptions::reads
  };

  /// Logits of all passes of `images` images (raw pixels, row-major), left in `work`. `reuse`: passes that
  /// chose the same are computed once, unless reads are noisy.
  void run(std::span<const std::uint8_t> pixels, int images, int passes, bool reuse, const Chooser& choose,
           const Position& position, Workspace& work) const;

  /// [class], of pass number image·passes + pass.
  [[nodiscard]] std::span<const std::int32_t> logitsOf(const Workspace& work, int pass) const;

 private:
  struct Layer {
    const LayerPlan& plan;
    std::optional<PackedWindows> windows;  ///< convolutions
    PackedMap input;                       ///< a vector, one plane
    PackedLayer arrays;
    InferPost post;
    int choices;              ///< choiceCount()
    bool added;               ///< to the sums of a later layer
    std::size_t first_array;  ///< of its arrays in Position::reads
    [[nodiscard]] std::size_t vectorWords() const {
      return static_cast<std::size_t>(arrays.planes()) * static_cast<std::size_t>(input.words());
    }
  };
  /// Whether the choice of a pass changes the sums, so that items of one vector have their own.
  [[nodiscard]] static bool sumsOfEveryItem(const Layer& layer) {
    return layer.plan.choice == Choice::Rows || layer.plan.choice == Choice::Array ||
           (layer.plan.noise && layer.plan.readsEveryPass());
  }
  static std::uint32_t firstRead(const Layer& layer, const Item& item, const Workspace& work);
  void encode(std::span<const std::uint8_t> pixels, int images, Workspace& work) const;
  static void branch(const Layer& layer, int vectors, bool reuse, Workspace& work);
  static void computeSums(const Layer& layer, int vectors, Workspace& work);
  static void maskRows(const Layer& layer, Workspace& work);
  static void computeOutputs(const Layer& layer, Workspace& work);
  void followSkips(std::size_t layer, Workspace& work) const;
  static const std::int32_t* noiseOf(const Layer& layer, const Item& item, int window, const Workspace& work);
  static const std::uint64_t* skipMap(const Layer& layer, const Item& item, const Workspace& work);
  static void packKept(const Layer& layer, const Item& item, int mask, Workspace& work, std::uint64_t* kept);
  static void convolve(const Layer& layer, Workspace& work);
  static void convolveVector(const Layer& layer, std::span<const int> items, Workspace& work);
  static void addUpWindows(const Layer& layer, std::span<const int> items, const std::uint64_t* map,
                           Workspace& work);
  static void decideTotals(const Layer& layer, std::span<const int> items, Workspace& work);
  static void poolItems(const Layer& layer, std::span<const int> items, Workspace& work);
  static void windowSums(const Layer& layer, const Item& item, int first, int count, bool may_change,
                         Workspace& work);

  const Plan& plan_;
  std::vector<Layer> layers_;
  std::vector<int> first_order_;  ///< PackedMap::order of an image that is not flat, else empty
};

}  // namespace neuspin::golden
