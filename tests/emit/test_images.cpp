// Memory images against a bit-by-bit reading of the contract page.
#include <array>
#include <boost/test/unit_test.hpp>
#include <map>
#include <sstream>

#include "emit/hex.hpp"
#include "emit/images.hpp"
#include "emit/names.hpp"
#include "emit/roms.hpp"
#include "emit/supplies.hpp"
#include "nets.hpp"

namespace {

using namespace neuspin;
using namespace neuspin::testing;

/// Bits of every line, bit 0 first; checks the number of digits.
std::vector<std::vector<bool>> parse(const std::string& text, int bits) {
  std::vector<std::vector<bool>> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    BOOST_TEST_REQUIRE(line.size() == static_cast<std::size_t>((bits + 3) / 4));
    std::vector<bool> value;
    for (auto digit = line.rbegin(); digit != line.rend(); ++digit) {
      const int nibble = std::stoi(std::string(1, *digit), nullptr, 16);
      for (int b = 0; b < 4; ++b) value.push_back(((nibble >> b) & 1) != 0);
    }
    for (std::size_t b = static_cast<std::size_t>(bits); b < value.size(); ++b) BOOST_TEST(!value[b]);
    value.resize(static_cast<std::size_t>(bits));
    lines.push_back(std::move(value));
  }
  return lines;
}

std::int64_t field(const std::vector<bool>& line, int lsb, int width, bool is_signed) {
  std::int64_t value = 0;
  for (int b = width - 1; b >= 0; --b) value = 2 * value + (line[static_cast<std::size_t>(lsb + b)] ? 1 : 0);
  if (is_signed && line[static_cast<std::size_t>(lsb + width - 1)]) value -= std::int64_t{1} << width;
  return value;
}

void checkArrays(const Design& design) {
  for (const LayerPlan& layer : design.plan.layers) {
    const LayerWeights& weights = design.weights.layers[static_cast<std::size_t>(layer.index)];
    for (const TilePlan& tile : layer.tiles) {
      const auto lines = parse(emit::arrayImageText(layer, tile, weights), layer.array_cols);
      BOOST_TEST_REQUIRE(lines.size() == static_cast<std::size_t>(layer.array_rows));
      int wrong = 0;
      for (int r = 0; r < layer.array_rows; ++r) {
        for (int c = 0; c < layer.array_cols; ++c) {
          const bool used = r < tile.rows_used && c < tile.cols_used;
          const bool want = used && weights.weight(tile.col_base + c, layer.inputOfRow(tile.row_base + r),
                                                   tile.array, tile.slice);
          wrong += lines[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] != want ? 1 : 0;
        }
      }
      BOOST_TEST(wrong == 0);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(images)

BOOST_AUTO_TEST_CASE(transpose_is_one) {
  Draw draw(3);
  std::array<std::uint64_t, 64> before{};
  for (auto& word : before) word = draw.bits();
  auto after = before;
  emit::transpose64(after);
  int wrong = 0;
  for (std::size_t i = 0; i < 64; ++i) {
    for (std::size_t j = 0; j < 64; ++j) wrong += ((before[i] >> j) & 1) != ((after[j] >> i) & 1) ? 1 : 0;
  }
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(hex_lines_of_odd_widths) {
  const std::array<std::uint64_t, 2> words{0x0123456789abcdef, 0x15};
  std::array<char, 64> buffer{};
  const auto line = [&](int bits) {
    return std::string(buffer.data(), emit::writeHexLine(buffer.data(), words, bits));
  };
  BOOST_TEST(line(64) == "0123456789abcdef\n");
  BOOST_TEST(line(69) == "150123456789abcdef\n");
  BOOST_TEST(line(65 + 7) == "150123456789abcdef\n");
  BOOST_TEST(line(4) == "f\n");
  BOOST_TEST(line(9) == "def\n");
}

BOOST_AUTO_TEST_CASE(arrays_of_tiny_networks) {
  for (const Design& design : tinyDesigns()) checkArrays(design);
}

BOOST_AUTO_TEST_CASE(arrays_wider_than_a_block_and_off_its_grid) {
  TargetSpec target;
  target.array_rows = 104;
  target.array_cols = 150;
  checkArrays(testing::plan(
      network("wide", {0, InputEncoding::Unsigned, 4, 128}, {301, 290, 10}, {0.1, 0.1}, 2), target));
}

BOOST_AUTO_TEST_CASE(currents_of_a_chip) {
  CellCurrents currents;
  currents.cells = {{{8192, 0}, {-1, 32767}}, {{-32768, 5}, {6, 7}}};
  currents.offsets = {-3, 70000};
  const auto lines = parse(emit::cellImageText(currents), 64);
  BOOST_TEST_REQUIRE(lines.size() == 4U);
  const auto cell = [&](std::size_t line, int which) { return field(lines[line], 16 * which, 16, true); };
  BOOST_TEST(cell(0, 0) == 8192);  // one: parallel, antiparallel; zero: the same
  BOOST_TEST(cell(0, 1) == 0);
  BOOST_TEST(cell(0, 2) == -1);
  BOOST_TEST(cell(0, 3) == 32767);
  BOOST_TEST(cell(1, 0) == -32768);
  BOOST_TEST(cell(1, 3) == 7);
  BOOST_TEST(field(lines[2], 0, 32, true) == -3);
  BOOST_TEST(field(lines[3], 0, 32, true) == 70000);
}

BOOST_AUTO_TEST_CASE(noise_of_a_chip) {
  Design design = tinyConverters();
  LayerPlan& layer = design.plan.layers[1];
  layer.noise = ReadNoise{{}, 1000};
  for (std::uint32_t k = 0; k < 25; ++k) layer.noise->sigma.push_back(3 * k);
  const auto lines = parse(emit::noiseImageText(layer, 2, 0xC0FFEE01), 32);
  BOOST_TEST_REQUIRE(lines.size() == 27U);
  BOOST_TEST(field(lines[0], 0, 32, false) == 0xC0FFEE01);
  BOOST_TEST(field(lines[1], 0, 32, false) == 1000 + 2 * layer.array_cols);
  for (int k = 0; k < 25; ++k)
    BOOST_TEST(field(lines[static_cast<std::size_t>(2 + k)], 0, 32, false) == 3 * k);
}

BOOST_AUTO_TEST_CASE(scale_memories) {
  for (const Design& design : tinyDesigns()) {
    for (const LayerPlan& layer : design.plan.layers) {
      const int entry_bits = layer.entryBits();
      const auto lines = parse(emit::scaleImageText(layer), layer.lanes * entry_bits);
      BOOST_TEST_REQUIRE(lines.size() == static_cast<std::size_t>(layer.banks * layer.words));
      for (int address = 0; address < layer.banks * layer.words; ++address) {
        const auto& line = lines[static_cast<std::size_t>(address)];
        for (int lane = 0; lane < layer.lanes; ++lane) {
          const int output = address % layer.words * layer.lanes + lane;
          const int lsb = lane * entry_bits;
          if (output >= layer.outputs) {
            BOOST_TEST(field(line, lsb, entry_bits, false) == 0);
            continue;
          }
          const PostEntry& entry =
              layer
                  .entries[static_cast<std::size_t>(address / layer.words)][static_cast<std::size_t>(output)];
          if (layer.form != PostForm::Threshold) {
            const int sigma_bits = layer.form == PostForm::Noise ? layer.sigma_bits : 0;
            BOOST_TEST(field(line, lsb, layer.scale_bits, true) == entry.scale);
            if (sigma_bits > 0) {
              BOOST_TEST(field(line, lsb + layer.scale_bits, sigma_bits, true) == entry.sigma);
            }
            BOOST_TEST(field(line, lsb + layer.scale_bits + sigma_bits, layer.offset_bits, true) ==
                       entry.offset);
          } else {
            BOOST_TEST(field(line, lsb, layer.theta_bits, true) == entry.theta);
            BOOST_TEST(field(line, lsb + layer.theta_bits, 1, false) == (entry.invert ? 1 : 0));
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(schedules) {
  for (const Design& design : tinyDesigns()) {
    for (const LayerPlan& layer : design.plan.layers) {
      const auto table = emit::scheduleTable(layer);
      BOOST_TEST(table.bits == layer.scheduleWordBits());
      BOOST_TEST_REQUIRE(table.words.size() == layer.schedule.size());
      const int group_bits = idxBits(layer.groups), plane_bits = idxBits(layer.elem_bits);
      for (std::size_t s = 0; s < table.words.size(); ++s) {
        const auto bits = [&](int lsb, int width) {
          return static_cast<int>(table.words[s] >> lsb & ((std::uint64_t{1} << width) - 1));
        };
        Step step;
        step.group = bits(0, group_bits);
        step.plane = bits(group_bits, plane_bits);
        step.shift = bits(group_bits + plane_bits, 1) != 0;
        step.first = bits(group_bits + plane_bits + 1, 1) != 0;
        step.last = bits(group_bits + plane_bits + 2, 1) != 0;
        BOOST_TEST((step == layer.schedule[s]));
        BOOST_TEST(table.words[s] >> table.bits == 0U);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(tables) {
  BOOST_TEST(emit::tableImageText({0x100000000, 5}, 33) == "100000000\n000000005\n");
  BOOST_CHECK_THROW(static_cast<void>(emit::tableImageText({8}, 3)), std::logic_error);
  const Design design = tinyTiled();
  FileSet files;
  emit::addImages(design.plan, design.weights, files);
  BOOST_TEST(design.plan.supplies == 3);
  for (const emit::SupplyUse& use : emit::suppliesOf(design.plan)) {
    const auto lines = parse(files.at(emit::driveImage(*use.supply)), 33);
    const std::size_t codes = use.supply->table.size();  // of all units alike, with two chances behind them
    BOOST_TEST_REQUIRE(lines.size() == codes + 2);
    BOOST_TEST(field(lines[codes], 0, 33, false) == 0);
    BOOST_TEST(field(lines[codes + 1], 0, 33, false) == 0);
    for (std::size_t i = 0; i < codes; ++i) {
      BOOST_TEST(static_cast<std::uint64_t>(field(lines[i], 0, 33, false)) == use.supply->table[i]);
    }
  }
  std::map<std::string, emit::RomTable> roms;
  for (auto& table : emit::romTables(design.plan)) roms[table.name] = table;
  const auto& inverse = roms.at(emit::kInvTName);
  BOOST_TEST_REQUIRE(inverse.words.size() == static_cast<std::size_t>(design.plan.head.max_passes) + 1);
  for (std::size_t i = 0; i < inverse.words.size(); ++i)
    BOOST_TEST(inverse.words[i] == design.plan.head.inv_t_table[i]);
  BOOST_TEST(roms.at(emit::kExpName).words.size() == 256U);
  BOOST_TEST(roms.at(emit::kRecipName).words.size() == 256U);
  BOOST_TEST(roms.at(emit::kPlogpName).words.size() == 1024U);
}

BOOST_AUTO_TEST_CASE(roms) {
  const std::string text = emit::romText({{"a", 5, {3, 31, 0}}, {"mem/b.memh", 33, {0x100000000}}}, "");
  for (const char* line : {"if (InitFile == \"a\") begin : gen_a\n", "        2'd1: data_o = 5'h1f;\n",
                           "end else if (InitFile == \"mem/b.memh\") begin : gen_mem_b_memh\n",
                           "        1'd0: data_o = 33'h100000000;\n"}) {
    BOOST_TEST(text.find(line) != std::string::npos, line);
  }
  BOOST_CHECK_THROW(static_cast<void>(emit::romText({{"a", 3, {8}}}, "")), std::logic_error);
  // Nothing in rtl/ depends on what runs before time 0: synthesis for cell libraries leaves it out.
  for (const Design& design : tinyDesigns()) {
    for (const auto& [name, content] : emitDesign(design.plan, design.weights, {})) {
      if (!name.starts_with("rtl/")) continue;
      BOOST_TEST(content.find("\n  initial") == std::string::npos, name);
      BOOST_TEST(content.find("$readmemh(") == std::string::npos, name);
    }
  }
}

BOOST_AUTO_TEST_CASE(faults_of_cells) {
  const Design design = tinyTiled();
  const LayerPlan& layer = design.plan.layers[0];
  const std::vector<CellFault> faults = {{0, 0, false, JunctionFault::Flipped},
                                         {0, 0, true, JunctionFault::Low},
                                         {3, layer.array_cols - 1, false, JunctionFault::High},
                                         {layer.array_rows - 1, 2, true, JunctionFault::High}};
  const auto lines = parse(emit::faultImageText(layer, faults), 6 * layer.array_cols);
  BOOST_TEST_REQUIRE(lines.size() == static_cast<std::size_t>(layer.array_rows));
  // Fields from the lowest: flipped, high, low of the junctions read at input bit 1, then of those read at 0.
  for (int row = 0; row < layer.array_rows; ++row) {
    for (int field = 0; field < 6; ++field) {
      for (int col = 0; col < layer.array_cols; ++col) {
        const bool want = (row == 0 && col == 0 && (field == 0 || field == 5)) ||
                          (row == 3 && col == layer.array_cols - 1 && field == 1) ||
                          (row == layer.array_rows - 1 && col == 2 && field == 4);
        BOOST_TEST(
            lines[static_cast<std::size_t>(row)][static_cast<std::size_t>(field * layer.array_cols + col)] ==
            want);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
