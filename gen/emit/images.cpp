#include "emit/images.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "emit/hex.hpp"
#include "emit/names.hpp"
#include "emit/roms.hpp"
#include "emit/supplies.hpp"

namespace neuspin::emit {
namespace {

/// Inputs [first, first + 64) of a row of weights (one output), input `first` lowest. Bits past its end read
/// as 0.
std::uint64_t weightRun(const std::uint64_t* row, int words, int first) {
  const int word = first / 64, shift = first % 64;
  std::uint64_t run = row[word] >> shift;
  if (shift != 0 && word + 1 < words) run |= row[word + 1] << (64 - shift);
  return run;
}

/// The same where the rows of the array stand in another order than the inputs: array rows [first, first +
/// 64).
std::uint64_t gatheredRun(const LayerPlan& layer, const std::uint64_t* row, int first) {
  std::uint64_t run = 0;
  for (int r = 0; r < 64 && first + r < layer.inputs; ++r) {
    const int input = layer.inputOfRow(first + r);
    run |= ((row[input / 64] >> (input % 64)) & 1) << r;
  }
  return run;
}

/// A line of any width, filled field by field.
class Line {
 public:
  explicit Line(int bits) : bits_(bits), words_(static_cast<std::size_t>(bits + 63) / 64) {}

  /// The low `width` (at most 64) bits of `value` at bit `lsb`.
  void put(int lsb, int width, std::uint64_t value) {
    if (width < 64) value &= (std::uint64_t{1} << width) - 1;
    const auto word = static_cast<std::size_t>(lsb) / 64;
    const int shift = lsb % 64;
    words_[word] |= value << shift;
    if (shift + width > 64) words_[word + 1] |= value >> (64 - shift);
  }

  void appendTo(std::string& text) {
    const std::size_t before = text.size();
    text.resize(before + static_cast<std::size_t>(hexDigits(bits_)) + 1);
    writeHexLine(text.data() + before, words_, bits_);
    std::ranges::fill(words_, 0);
  }

 private:
  int bits_;
  std::vector<std::uint64_t> words_;
};

/// One entry, low field first (rtl/README.md, "entry").
void putEntry(Line& line, int lsb, const LayerPlan& layer, const PostEntry& entry) {
  const auto put = [&line, &lsb](int width, std::int64_t value) {
    line.put(lsb, width, static_cast<std::uint64_t>(value));
    lsb += width;
  };
  switch (layer.form) {
    case PostForm::Threshold:
      put(layer.theta_bits, entry.theta);
      put(1, entry.invert ? 1 : 0);
      break;
    case PostForm::Noise:
      put(layer.scale_bits, entry.scale);
      put(layer.sigma_bits, entry.sigma);
      put(layer.offset_bits, entry.offset);
      break;
    case PostForm::Multiply:
      put(layer.scale_bits, entry.scale);
      put(layer.offset_bits, entry.offset);
      break;
  }
  if (layer.skip) put(layer.skip_bits, entry.skip);
}

}  // namespace

std::string arrayImageText(const LayerPlan& layer, const TilePlan& tile, const LayerWeights& weights) {
  constexpr int kBlock = 64;
  const int row_words = (layer.array_cols + kBlock - 1) / kBlock;
  std::string text(
      static_cast<std::size_t>(layer.array_rows) * static_cast<std::size_t>(hexDigits(layer.array_cols) + 1),
      '\0');
  char* out = text.data();
  std::vector<std::uint64_t> lines(static_cast<std::size_t>(kBlock * row_words));
  std::array<std::uint64_t, kBlock> block{};
  // 64 inputs at a time: weights lie one output after another, image lines run across the outputs.
  for (int row = 0; row < layer.array_rows; row += kBlock) {
    const int used_rows = std::clamp(tile.rows_used - row, 0, kBlock);
    const std::uint64_t used_mask =
        used_rows == kBlock ? ~std::uint64_t{0} : (std::uint64_t{1} << used_rows) - 1;
    for (int w = 0; w < row_words; ++w) {
      const int used_cols = std::clamp(tile.cols_used - w * kBlock, 0, kBlock);
      block.fill(0);
      for (int c = 0; c < used_cols && used_rows > 0; ++c) {
        const std::uint64_t* stored = weights.row(tile.array, tile.slice, tile.col_base + w * kBlock + c);
        const int first = tile.row_base + row;
        block[static_cast<std::size_t>(c)] =
            used_mask & (layer.rowsInLogicalOrder() ? weightRun(stored, weights.words_per_row, first)
                                                    : gatheredRun(layer, stored, first));
      }
      transpose64(block);
      for (int r = 0; r < kBlock; ++r) {
        lines[static_cast<std::size_t>(r * row_words + w)] = block[static_cast<std::size_t>(r)];
      }
    }
    for (int r = 0; r < std::min(kBlock, layer.array_rows - row); ++r) {
      out = writeHexLine(out, std::span(lines).subspan(static_cast<std::size_t>(r * row_words)),
                         layer.array_cols);
    }
  }
  return text;
}

std::string faultImageText(const LayerPlan& layer, std::span<const CellFault> faults) {
  constexpr int kFields = 3;  // of one junction: flipped, high, low
  Line line(2 * kFields * layer.array_cols);
  std::string text;
  auto next = faults.begin();
  for (int row = 0; row < layer.array_rows; ++row) {
    for (; next != faults.end() && next->row == row; ++next) {
      const int field = (next->zero ? kFields : 0) + static_cast<int>(next->fault);
      line.put(field * layer.array_cols + next->col, 1, 1);
    }
    line.appendTo(text);
  }
  return text;
}

std::string cellImageText(const CellCurrents& currents) {
  constexpr int kBits = 16;
  Line line(4 * kBits);
  std::string text;
  for (const CellCurrents::Cell& cell : currents.cells) {
    int lsb = 0;
    for (const CellCurrents::Junction& junction : {cell.one, cell.zero}) {
      for (const std::int16_t current : {junction.parallel, junction.antiparallel}) {
        line.put(lsb, kBits, static_cast<std::uint64_t>(current));
        lsb += kBits;
      }
    }
    line.appendTo(text);
  }
  for (const std::int32_t offset : currents.offsets) {
    line.put(0, 4 * kBits, static_cast<std::uint64_t>(std::int64_t{offset}));
    line.appendTo(text);
  }
  return text;
}

std::string noiseImageText(const LayerPlan& layer, std::size_t tile, std::uint32_t seed) {
  constexpr int kBits = 32;
  std::vector<std::uint64_t> words{seed, layer.noiseColumn(tile)};
  words.insert(words.end(), layer.noise->sigma.begin(), layer.noise->sigma.end());
  return tableImageText(words, kBits);
}

std::string scaleImageText(const LayerPlan& layer) {
  const int entry_bits = layer.entryBits();
  Line line(layer.lanes * entry_bits);
  std::string text;
  for (const std::vector<PostEntry>& bank : layer.entries) {
    for (int word = 0; word < layer.words; ++word) {
      for (int lane = 0; lane < layer.lanes; ++lane) {
        const int output = word * layer.lanes + lane;
        if (output >= layer.outputs) break;
        putEntry(line, lane * entry_bits, layer, bank[static_cast<std::size_t>(output)]);
      }
      line.appendTo(text);
    }
  }
  return text;
}

std::string tableImageText(const std::vector<std::uint64_t>& words, int bits) {
  Line line(bits);
  std::string text;
  for (const std::uint64_t word : words) {
    if (bits < 64 && (word >> bits) != 0) throw std::logic_error("table word wider than its memory");
    line.put(0, bits, word);
    line.appendTo(text);
  }
  return text;
}

void addImages(const Plan& plan, const Weights& weights, FileSet& files) {
  for (const LayerPlan& layer : plan.layers) {
    const LayerWeights& stored = weights.layers[static_cast<std::size_t>(layer.index)];
    for (const TilePlan& tile : layer.tiles)
      files[arrayImage(layer, tile)] = arrayImageText(layer, tile, stored);
    for (std::size_t t = 0; t < layer.faults.size(); ++t)
      files[faultImage(layer, layer.tiles[t])] = faultImageText(layer, layer.faults[t]);
    for (std::size_t t = 0; t < layer.currents.size(); ++t)
      files[cellImage(layer, layer.tiles[t])] = cellImageText(layer.currents[t]);
    for (std::size_t t = 0; layer.noise && t < layer.tiles.size(); ++t)
      files[noiseImage(layer, layer.tiles[t])] = noiseImageText(layer, t, plan.seed);
    files[scaleImage(layer)] = scaleImageText(layer);
  }
  for (const SupplyUse& use : suppliesOf(plan)) {
    const RomTable table = driveTable(*use.supply);
    files[table.name] = tableImageText(table.words, table.bits);
  }
}

}  // namespace neuspin::emit
