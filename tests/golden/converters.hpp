// Columns that sum currents, written out from the definition in rtl/README.md, and chips whose junctions all
// differ.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <random>
#include <vector>

#include "device/draw.hpp"
#include "plan/plan.hpp"

namespace neuspin::testing {

/// Matches that a converter reports for a current in matches, with `driven` rows.
inline std::int64_t reported(double matches, int driven, int bits) {
  int least = 0, most = driven;
  while (most - least + 1 > 1 << bits) ++least, --most;  // more counts than codes: leave out both ends
  const double nearest = std::floor(matches + 0.5);
  return static_cast<std::int64_t>(std::min<double>(most, std::max<double>(least, nearest)));
}

/// Which read of its array a group of a plane is.
struct OracleReads {
  std::uint32_t seed = 0;
  std::int64_t first = 0;  ///< reads before this vector, since reset
};

/// What noise adds to a current, in matches.
inline double noiseOf(const LayerPlan& layer, std::size_t tile, int col, int driven, double matches,
                      std::uint32_t seed, std::int64_t read) {
  if (!layer.noise) return 0;
  const std::uint32_t stream =
      3U * (1U << 30) + layer.noise->first_column + static_cast<std::uint32_t>(tile) * layer.array_cols + col;
  double bytes = 0;
  for (const std::int64_t event : {2 * read, 2 * read + 1}) {
    for (std::uint32_t left = device::draw(seed, stream, static_cast<std::uint32_t>(event)); left > 0;
         left /= 256)
      bytes += left % 256;
  }
  const double nearest = std::min<double>(driven, std::max<double>(0, std::floor(matches + 0.5)));
  const auto sigma =
      layer.noise->sigma[static_cast<std::size_t>(driven * (layer.group + 1) + static_cast<int>(nearest))];
  return std::floor(sigma * (bytes - 1020) / 4096 + 0.5) / 8192;
}

/// S[o] of an array set: Σ over the reads of 2·matches − driven rows, worth 2^plane and 2^slice. x: [logical
/// input], ±1 or 0 of bipolar layers, else the value.
inline std::vector<std::int64_t> convertedSums(const LayerPlan& layer, const LayerWeights& weights,
                                               const std::vector<std::int64_t>& x, int array,
                                               const OracleReads& reads) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(layer.outputs));
  for (std::size_t t = 0; t < layer.tiles.size(); ++t) {
    const TilePlan& tile = layer.tiles[t];
    if (tile.array != array) continue;
    const auto flipped = [&](int row, int col, bool zero) {
      if (layer.faults.empty()) return false;
      for (const CellFault& fault : layer.faults[t]) {
        if (fault.row == row && fault.col == col && fault.zero == zero) return true;
      }
      return false;
    };
    for (int c = 0; c < tile.cols_used; ++c) {
      const int o = tile.col_base + c;
      for (int group = 0; group < layer.groups; ++group) {
        for (int plane = 0; plane < layer.elem_bits; ++plane) {
          double matches =
              layer.currents.empty() ? 0 : layer.currents[t].offsets[static_cast<std::size_t>(c)] / 8192.0;
          int driven = 0;
          for (int row = group * layer.group; row < std::min((group + 1) * layer.group, tile.rows_used);
               ++row) {
            const int input = layer.inputOfRow(tile.row_base + row);
            const std::int64_t value = x[static_cast<std::size_t>(input)];
            const bool drives = layer.bipolar ? value != 0 : (value >> plane & 1) != 0;
            if (!drives) continue;
            ++driven;
            const bool zero = layer.bipolar && value < 0;
            const bool weight = weights.weight(o, input, array, tile.slice);
            const bool parallel = (zero ? !weight : weight) != flipped(row, c, zero);
            if (layer.currents.empty()) {
              matches += parallel ? 1 : 0;
              continue;
            }
            const auto& cell = layer.currents[t].cells[static_cast<std::size_t>(row * layer.array_cols + c)];
            const auto& junction = zero ? cell.zero : cell.one;
            matches += (parallel ? junction.parallel : junction.antiparallel) / 8192.0;
          }
          const auto step = std::ranges::find_if(
              layer.schedule, [&](const Step& s) { return s.group == group && s.plane == plane; });
          matches += noiseOf(layer, t, c, driven, matches, reads.seed,
                             reads.first + std::distance(layer.schedule.begin(), step));
          out[static_cast<std::size_t>(o)] += (2 * reported(matches, driven, layer.adc_bits) - driven) *
                                              (std::int64_t{1} << (plane + tile.slice));
        }
      }
    }
  }
  return out;
}

/// Junctions spread by `spread` of a match, one in twenty stuck, one in twenty flipped; offsets of up to two
/// matches.
inline void addCurrents(Plan& plan, double spread, unsigned seed) {
  std::mt19937 rng(seed);
  std::normal_distribution<double> off(0, spread * 8192);
  std::uniform_int_distribution<int> percent(0, 99), offset(-16384, 16384);
  for (LayerPlan& layer : plan.layers) {
    if (layer.adc_bits == 0) continue;
    layer.currents.assign(layer.tiles.size(), {});
    layer.faults.assign(layer.tiles.size(), {});
    for (std::size_t t = 0; t < layer.tiles.size(); ++t) {
      CellCurrents& currents = layer.currents[t];
      for (int row = 0; row < layer.array_rows; ++row) {
        for (int col = 0; col < layer.array_cols; ++col) {
          CellCurrents::Cell& cell = currents.cells.emplace_back();
          for (const bool zero : {false, true}) {
            CellCurrents::Junction& junction = zero ? cell.zero : cell.one;
            junction.parallel = static_cast<std::int16_t>(8192 + off(rng));
            junction.antiparallel = static_cast<std::int16_t>(off(rng));
            if (percent(rng) < 5) junction.antiparallel = junction.parallel;
            if (percent(rng) < 5) layer.faults[t].push_back({row, col, zero, JunctionFault::Flipped});
          }
        }
      }
      for (int col = 0; col < layer.array_cols; ++col) currents.offsets.push_back(offset(rng));
    }
  }
}

/// Reads that move by up to `most` matches, in the standard deviation, whatever the law; 0 with no row
/// driven.
inline void addReadNoise(Plan& plan, double most, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_int_distribution<std::uint32_t> sigma(0, static_cast<std::uint32_t>(most * 160000));
  std::uint32_t column = 0;
  for (LayerPlan& layer : plan.layers) {
    if (layer.adc_bits > 0) {
      layer.noise = {{}, column};
      for (int driven = 0; driven <= layer.group; ++driven) {
        for (int matches = 0; matches <= layer.group; ++matches)
          layer.noise->sigma.push_back(driven == 0 ? 0 : sigma(rng));
      }
    }
    column += static_cast<std::uint32_t>(layer.tiles.size() * static_cast<std::size_t>(layer.array_cols));
  }
}

}  // namespace neuspin::testing
