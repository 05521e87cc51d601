#include "stimulus.hpp"

#include <array>

#include "golden/bits.hpp"
#include "golden/infer.hpp"

namespace neuspin::tb {
namespace {

// Register addresses (rtl/README.md, cim_regs).
constexpr std::uint8_t kPasses = 2, kOodThreshold = 3, kOodK = 4, kClear = 5, kDrive = 64;

std::uint8_t driveAddress(const DropoutUnit& unit) {
  return static_cast<std::uint8_t>(kDrive + unit.unit);
}

std::vector<const DropoutUnit*> dropoutUnits(const Plan& plan) {
  std::vector<const DropoutUnit*> units;
  for (const LayerPlan& layer : plan.layers) {
    if (layer.dropout) units.push_back(&*layer.dropout);
  }
  return units;
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
    if (layer.form == PostForm::Multiply) {
      golden::putBits(result, at, layer.scale_bits, static_cast<std::uint64_t>(entry.scale));
      golden::putBits(result, at + layer.scale_bits, layer.offset_bits,
                      static_cast<std::uint64_t>(entry.offset));
    } else {
      golden::putBits(result, at, layer.theta_bits, static_cast<std::uint64_t>(entry.theta));
      golden::putBits(result, at + layer.theta_bits, 1, entry.invert ? 1 : 0);
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
      pixels_(pixels),
      images_(static_cast<std::int64_t>(pixels.size()) / plan.input.features),
      beats_(plan.layers.front().beats),
      beat_elems_(plan.layers.front().beat_elems),
      elem_bits_(plan.layers.front().elem_bits) {}

golden::Bits BeatSource::beat(std::int64_t image, int index) const {
  golden::Bits bits(static_cast<std::size_t>(golden::wordsFor(beat_elems_ * elem_bits_)));
  const auto row = pixels_.subspan(static_cast<std::size_t>(image % images_ * input_.features),
                                   static_cast<std::size_t>(input_.features));
  for (int e = 0; e < beat_elems_; ++e) {
    const int feature = index * beat_elems_ + e;
    if (feature >= input_.features) break;
    golden::putBits(bits, e * elem_bits_, elem_bits_,
                    golden::encodePixel(input_, row[static_cast<std::size_t>(feature)]));
  }
  return bits;
}

void RegisterTraffic::drive(golden::Inputs& inputs) {
  inputs.reg_we = random_.oneIn(64);
  inputs.reg_wdata = random_.word();
  if (!inputs.reg_we) {
    // Mostly the registers that exist; all other addresses too.
    const std::uint32_t drive = kDrive + random_.below(static_cast<std::uint32_t>(plan_.units) + 1);
    const std::array<std::uint32_t, 3> choices = {random_.below(16), drive, random_.below(256)};
    inputs.reg_addr = static_cast<std::uint8_t>(choices[random_.below(3)]);
    return;
  }
  const auto units = dropoutUnits(plan_);
  constexpr std::array<std::uint8_t, 12> kHarmless = {0, 1, kClear, 6, 7, 8, 9, 10, 11, 12, 13, 63};
  const std::uint32_t choice = random_.below(static_cast<std::uint32_t>(kHarmless.size() + units.size()));
  if (choice < kHarmless.size()) {
    inputs.reg_addr = kHarmless[choice];
  } else {  // what it holds already
    const DropoutUnit& unit = *units[choice - kHarmless.size()];
    inputs.reg_addr = driveAddress(unit);
    inputs.reg_wdata = static_cast<std::uint32_t>(unit.drive_code);
  }
}

std::vector<RegisterWrite> registerSweep(const Plan& plan, int passes, Random& random) {
  std::vector<RegisterWrite> writes;
  for (int unit = 0; unit < plan.units + 1; ++unit) {  // one more than there are
    writes.push_back({static_cast<std::uint8_t>(kDrive + unit), random.word()});
  }
  for (int i = 0; i < 4; ++i) {
    writes.push_back({static_cast<std::uint8_t>(random.below(256)), random.word()});
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
