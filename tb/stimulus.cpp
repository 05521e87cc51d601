#include "stimulus.hpp"

#include <algorithm>
#include <array>

#include "emit/supplies.hpp"
#include "golden/bits.hpp"
#include "golden/infer.hpp"

namespace neuspin::tb {
namespace {

// Register addresses (rtl/README.md, cim_regs).
constexpr std::uint8_t kPasses = 2, kOodThreshold = 3, kOodK = 4, kUnit = 6, kUnitData = 7;
// Words of a unit (rtl/README.md, "Unit bus").
constexpr int kDriveWord = 0, kResidualWord = 1, kAlarmWord = 2, kUsageWord = 16;

std::vector<int> plannedCodes(const Plan& plan) {
  std::vector<int> codes(static_cast<std::size_t>(plan.units));
  for (const emit::SupplyUse& use : emit::suppliesOf(plan)) {
    std::fill_n(codes.begin() + use.supply->first_unit, use.supply->modules, use.supply->drive_code);
  }
  return codes;
}

std::uint32_t unitAddress(int unit, int word) {
  return static_cast<std::uint32_t>(unit) | static_cast<std::uint32_t>(word) << 16;
}

golden::Bits randomBits(int width, Random& random) {
  golden::Bits bits(static_cast<std::size_t>(golden::wordsFor(width)));
  for (auto& word : bits) word = random.word();
  if (width % 32 != 0) bits.back() &= static_cast<std::uint32_t>(golden::lowMask(width % 32));
  return bits;
}

/// The word of the layer's scale memory at `address` (bank*words + word), as the planner filled it.
golden::Bits scaleWord(const LayerPlan& layer, int address, int bits) {
  golden::Bits result(static_cast<std::size_t>(golden::wordsFor(bits)));
  const auto& bank = layer.entries[static_cast<std::size_t>(address / layer.words)];
  for (int lane = 0; lane < layer.lanes; ++lane) {
    const int column = address % layer.words * layer.lanes + lane;
    if (column >= layer.outputs) break;
    const PostEntry& entry = bank[static_cast<std::size_t>(column)];
    const int at = lane * layer.entryBits();
    if (layer.form != PostForm::Threshold) {
      const int sigma_bits = layer.form == PostForm::Noise ? layer.sigma_bits : 0;
      golden::putBits(result, at, layer.scale_bits, static_cast<std::uint64_t>(entry.scale));
      if (sigma_bits > 0) {
        golden::putBits(result, at + layer.scale_bits, sigma_bits, static_cast<std::uint64_t>(entry.sigma));
      }
      golden::putBits(result, at + layer.scale_bits + sigma_bits, layer.offset_bits,
                      static_cast<std::uint64_t>(entry.offset));
    } else {
      golden::putBits(result, at, layer.theta_bits, static_cast<std::uint64_t>(entry.theta));
      golden::putBits(result, at + layer.theta_bits, 1, entry.invert ? 1 : 0);
    }
    if (layer.skip) {
      golden::putBits(result, at + layer.laneEntryBits(), layer.skip_bits,
                      static_cast<std::uint64_t>(entry.skip));
    }
  }
  return result;
}

}  // namespace

std::optional<StallLevel> parseStallLevel(const std::string& word) {
  for (const StallLevel level : {StallLevel::None, StallLevel::Light, StallLevel::Heavy}) {
    if (word == stallLevelName(level)) return level;
  }
  return std::nullopt;
}

std::string stallLevelName(StallLevel level) {
  switch (level) {
    case StallLevel::None:
      return "none";
    case StallLevel::Light:
      return "light";
    case StallLevel::Heavy:
      return "heavy";
  }
  return "?";
}

bool StallPattern::next() {
  if (level_ == StallLevel::None) return false;
  if (left_ == 0) {
    hold_ = !hold_;
    if (level_ == StallLevel::Light) {
      left_ = 1 + random_.below(hold_ ? 4 : 16);
    } else {
      // Every length is likely somewhere: 1 … 2, 1 … 8, 1 … 32, and rarely 1 … 2000.
      const std::uint32_t longest = random_.oneIn(200) ? 2000U : 2U << (2 * random_.below(3));
      left_ = 1 + random_.below(longest);
    }
  }
  --left_;
  return hold_;
}

BeatSource::BeatSource(const Plan& plan, std::span<const std::uint8_t> pixels)
    : input_(plan.input),
      first_(plan.layers.front()),
      pixels_(pixels),
      images_(static_cast<std::int64_t>(pixels.size()) / plan.input.features) {}

golden::Bits BeatSource::beat(std::int64_t image, int index) const {
  golden::Bits bits(static_cast<std::size_t>(golden::wordsFor(first_.beatBits())));
  const auto row = pixels_.subspan(static_cast<std::size_t>(image % images_ * input_.features),
                                   static_cast<std::size_t>(input_.features));
  for (int e = 0; e < first_.beat_elems; ++e) {
    const int feature = golden::streamFeature(first_, index, e);
    if (feature < 0) break;
    golden::putBits(bits, e * first_.elem_bits, first_.elem_bits,
                    golden::encodePixel(input_, row[static_cast<std::size_t>(feature)]));
  }
  return bits;
}

RegisterTraffic::RegisterTraffic(const Plan& plan, std::uint64_t seed)
    : plan_(plan), random_(seed), codes_(plannedCodes(plan)) {}

void RegisterTraffic::observe(std::uint8_t address, std::uint32_t value) {
  if (address == kUnit) {
    unit_ = static_cast<int>(value & 0xFFFF);
    word_ = static_cast<int>(value >> 16 & 0xFF);
  } else if (address == kUnitData && word_ == kDriveWord && unit_ < plan_.units) {
    codes_[static_cast<std::size_t>(unit_)] =
        static_cast<int>(value & static_cast<std::uint32_t>(golden::lowMask(plan_.target.drive_bits)));
  }
}

void RegisterTraffic::drive(golden::Inputs& inputs) {
  inputs.reg_we = random_.oneIn(64);
  inputs.reg_wdata = random_.word();
  if (!inputs.reg_we) {
    // Mostly the registers that exist, the unit's word often; all other addresses too.
    const std::array<std::uint32_t, 3> choices = {random_.below(18), kUnitData, random_.below(256)};
    inputs.reg_addr = static_cast<std::uint8_t>(choices[random_.below(3)]);
    return;
  }
  if (random_.oneIn(2)) {
    driveUnitAccess(inputs);
  } else {
    constexpr std::array<std::uint8_t, 13> kHarmless = {0, 1, kClear, 8, 9, 10, 11, 12, 13, 15, 16, 17, 63};
    inputs.reg_addr = kHarmless[random_.below(static_cast<std::uint32_t>(kHarmless.size()))];
  }
  observe(inputs.reg_addr, inputs.reg_wdata);
}

void RegisterTraffic::driveUnitAccess(golden::Inputs& inputs) {
  if (random_.oneIn(2)) {
    // One unit more than there are, the words that exist and some others.
    const std::array<std::uint32_t, 4> words = {kDriveWord, kResidualWord, kAlarmWord,
                                                kUsageWord + random_.below(40)};
    const std::uint32_t unit = random_.below(static_cast<std::uint32_t>(plan_.units) + 1);
    inputs.reg_addr = kUnit;
    inputs.reg_wdata = unit | words[random_.below(4)] << 16;
    return;
  }
  inputs.reg_addr = kUnitData;
  if (word_ != kDriveWord || unit_ >= plan_.units) return;  // clears an alarm or changes nothing
  // What it holds already, under random bits that the register does not have.
  const auto mask = static_cast<std::uint32_t>(golden::lowMask(plan_.target.drive_bits));
  inputs.reg_wdata =
      (inputs.reg_wdata & ~mask) | static_cast<std::uint32_t>(codes_[static_cast<std::size_t>(unit_)]);
}

std::vector<RegisterAccess> unitSweep(const Plan& plan, Random& random) {
  constexpr int kUnitsOfASupply = 4;
  std::vector<RegisterAccess> accesses;
  const auto select = [&accesses](int unit, int word) {
    accesses.push_back({kUnit, unitAddress(unit, word)});
  };
  const auto read = [&](int unit, int word) {
    select(unit, word);
    accesses.push_back({kUnitData, 0, false});
  };
  for (const emit::SupplyUse& use : emit::suppliesOf(plan)) {
    const int first = use.supply->first_unit, count = use.supply->modules;
    for (int i = 0; i < kUnitsOfASupply; ++i) {
      // The first and the last for certain.
      const int at = i == 0   ? 0
                     : i == 1 ? count - 1
                              : static_cast<int>(random.below(static_cast<std::uint32_t>(count)));
      const int unit = first + at;
      select(unit, kDriveWord);
      accesses.push_back({kUnitData, random.word()});
      accesses.push_back({kUnitData, 0, false});
      read(unit, kResidualWord);
      read(unit, kAlarmWord);
      if (random.oneIn(2)) accesses.push_back({kUnitData, random.word()});
    }
    for (int n = 0; n <= use.supply->choices; ++n) read(first, kUsageWord + n);
  }
  for (const int word :
       {kDriveWord, kResidualWord, kAlarmWord, kUsageWord, 255}) {  // one more than there are
    select(plan.units, word);
    accesses.push_back({kUnitData, random.word()});
  }
  return accesses;
}

std::array<RegisterAccess, 2> residualRead(int unit) {
  return {{{kUnit, unitAddress(unit, kResidualWord)}, {kUnitData, 0, false}}};
}

std::vector<RegisterAccess> registerSweep(const Plan& plan, int passes, Random& random) {
  std::vector<RegisterAccess> writes = unitSweep(plan, random);
  for (int i = 0; i < 4; ++i) {
    std::uint8_t anywhere = kCalibrate;
    while (anywhere == kCalibrate || anywhere == kUnitData) {
      anywhere = static_cast<std::uint8_t>(random.below(256));
    }
    writes.push_back({anywhere, random.word()});
    writes.push_back({kOodThreshold, random.word()});
    writes.push_back({kOodK, random.word()});
  }
  writes.push_back({kClear, random.word()});
  for (const std::uint32_t value : {0U, 255U, random.word(), static_cast<std::uint32_t>(passes)}) {
    writes.push_back({kPasses, value});
  }
  return writes;
}

std::vector<ProgramWrite> programSweep(const Plan& plan, int count, Random& random) {
  std::vector<ProgramWrite> writes;
  for (int i = 0; i < count; ++i) {
    const LayerPlan& layer = plan.layers[random.below(static_cast<std::uint32_t>(plan.layers.size()))];
    const TilePlan& tile = layer.tiles[random.below(static_cast<std::uint32_t>(layer.tiles.size()))];
    // The bus is as wide as its widest user; bits beyond the row must be ignored.
    writes.push_back({static_cast<std::uint16_t>(tile.prog_unit),
                      static_cast<std::uint16_t>(random.below(static_cast<std::uint32_t>(layer.array_rows))),
                      randomBits(plan.prog_bits, random)});
    const auto words = static_cast<std::uint32_t>(layer.banks * layer.words);
    writes.push_back({static_cast<std::uint16_t>(layer.scale_prog_unit),
                      static_cast<std::uint16_t>(random.below(words)),
                      scaleWord(layer, static_cast<int>(random.below(words)), plan.prog_bits)});
  }
  return writes;
}

}  // namespace neuspin::tb
