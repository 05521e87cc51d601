#include "golden/infer_reads.hpp"

#include <algorithm>

#include "plan/converter.hpp"

namespace neuspin::golden {

ReadSums::ReadSums(const LayerPlan& plan, const LayerWeights& weights) : plan_(plan) {
  for (std::size_t t = 0; t < plan.tiles.size(); ++t) tiles_.push_back(makeTile(t, weights));
  step_.resize(plan.schedule.size());
  for (std::size_t s = 0; s < plan.schedule.size(); ++s)
    step_[static_cast<std::size_t>(plan.schedule[s].plane * plan.groups + plan.schedule[s].group)] =
        static_cast<std::uint32_t>(s);
}

ReadSums::Tile ReadSums::makeTile(std::size_t number, const LayerWeights& weights) const {
  const TilePlan& place = plan_.tiles[number];
  const CellCurrents* currents = plan_.currents.empty() ? nullptr : &plan_.currents[number];
  std::vector<bool> flipped(2 * static_cast<std::size_t>(plan_.array_rows * plan_.array_cols));
  if (!plan_.faults.empty()) {
    for (const CellFault& fault : plan_.faults[number])
      flipped[static_cast<std::size_t>(2 * (fault.row * plan_.array_cols + fault.col) +
                                       (fault.zero ? 1 : 0))] = true;
  }
  Tile tile;
  for (int r = 0; r < place.rows_used; ++r) {
    const int input = plan_.inputOfRow(place.row_base + r);
    for (int c = 0; c < place.cols_used; ++c) {
      const auto cell = static_cast<std::size_t>(r * plan_.array_cols + c);
      const bool weight = weights.weight(place.col_base + c, input, place.array, place.slice);
      const CellCurrents::Cell conducts = currents == nullptr ? CellCurrents::Cell{} : currents->cells[cell];
      const auto current = [](const CellCurrents::Junction& junction, bool parallel) {
        return parallel ? junction.parallel : junction.antiparallel;
      };
      tile.at_one.push_back(current(conducts.one, weight != flipped[2 * cell]));
      tile.at_zero.push_back(current(conducts.zero, weight == flipped[2 * cell + 1]));
    }
  }
  for (int c = 0; c < place.cols_used; ++c)
    tile.offsets.push_back(currents == nullptr ? 0 : currents->offsets[static_cast<std::size_t>(c)]);
  return tile;
}

/// lines: [row of the group] 1 or −1 where it is driven with this input, 0 where it is not.
void ReadSums::readGroup(const TilePlan& place, const Tile& tile, int first_row,
                         std::span<const std::int8_t> lines, std::vector<std::int32_t>& currents) const {
  currents = tile.offsets;
  const auto columns = static_cast<std::size_t>(place.cols_used);
  for (std::size_t r = 0; r < lines.size(); ++r) {
    if (lines[r] == 0) continue;
    const std::int16_t* row =
        &(lines[r] > 0 ? tile.at_one : tile.at_zero)[(static_cast<std::size_t>(first_row) + r) * columns];
    for (std::size_t c = 0; c < columns; ++c) currents[c] += row[c];
  }
}

void ReadSums::sums(int array, std::span<const std::uint8_t> elements, std::span<const std::uint8_t> part,
                    const ReadEvent& first, std::span<std::int32_t> sums) const {
  std::ranges::fill(sums, 0);
  std::vector<std::int8_t> lines;
  std::vector<std::int32_t> currents;
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    const TilePlan& place = plan_.tiles[t];
    if (place.array != array) continue;
    const std::int32_t slice = 1 << place.slice;
    for (int plane = 0; plane < plan_.elem_bits; ++plane) {
      for (int group = 0; group * plan_.group < place.rows_used; ++group) {
        const int begin = group * plan_.group;
        lines.clear();
        int driven = 0;
        for (int r = begin; r < std::min(begin + plan_.group, place.rows_used); ++r) {
          const auto row = static_cast<std::size_t>(place.row_base + r);
          const bool bit = (elements[row] >> plane & 1) != 0;
          const bool drives = part[row] != 0 && (bit || plan_.bipolar);
          lines.push_back(static_cast<std::int8_t>(!drives ? 0 : bit ? 1 : -1));
          driven += drives ? 1 : 0;
        }
        readGroup(place, tiles_[t], begin, lines, currents);
        if (plan_.noise) {
          const std::uint32_t step = step_[static_cast<std::size_t>(plane * plan_.groups + group)];
          addReadNoise(*plan_.noise, plan_.group, driven,
                       {first.seed, plan_.noiseColumn(t), first.read + step}, currents);
        }
        const plan::CountRange range = plan::countRange(driven, plan_.adc_bits);
        const std::int32_t worth = slice << plane;
        for (std::size_t c = 0; c < currents.size(); ++c)
          sums[static_cast<std::size_t>(place.col_base) + c] +=
              worth * (2 * plan::countOf(currents[c], range) - driven);
      }
    }
  }
}

}  // namespace neuspin::golden
