// target.toml → TargetSpec. The format is described in README.md beside this file.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "spec/spec.hpp"
#include "spec/toml_reader.hpp"
#include "support/files.hpp"

namespace neuspin {
namespace {

using spec::Need;
using spec::TableReader;

constexpr int kMostRows = 4096;

void readSensing(TableReader& table, TargetSpec& target) {
  std::size_t sensing = 0;
  const bool known = table.find("sensing") == nullptr || table.choice("sensing", {"bit", "adc"}, sensing);
  target.sensing = sensing == 0 ? Sensing::Bit : Sensing::Adc;
  const toml::node* bits = table.find("adc_bits");
  if (known && bits != nullptr && target.sensing == Sensing::Bit) {
    table.error("key-without-effect", bits, "'adc_bits' has no effect on sense amplifiers",
                "remove it, or set sensing = \"adc\"");
    return;
  }
  constexpr int kFewest = 2,
                kMost = 7;  // 1: an even number of rows would have one code; 7: all counts of 64 rows
  table.integer("adc_bits", kFewest, kMost, target.adc_bits);
}

void readArray(TableReader& table, TargetSpec& target) {
  readSensing(table, target);
  const bool rows_ok = table.integer("rows", 1, kMostRows, target.array_rows);
  table.integer("cols", 1, kMostRows, target.array_cols);
  const bool group_ok = table.integer("group", 1, 64, target.group);
  const toml::node* rows = table.find("rows");
  const toml::node* group = table.find("group");
  if ((rows != nullptr && !rows_ok) || (group != nullptr && !group_ok)) return;
  const toml::node* at = rows != nullptr ? rows : group;
  if (target.group > target.array_rows) {
    table.error("group-too-large", group != nullptr ? group : at,
                fmt::format("a group of {} rows does not fit into {} rows", target.group, target.array_rows),
                fmt::format("use group <= {}", target.array_rows));
  } else if (target.array_rows % target.group != 0) {
    const int below = target.array_rows / target.group * target.group;
    const int above = below + target.group;
    table.error("rows-not-grouped", at,
                fmt::format("{} rows are not a multiple of the group of {}", target.array_rows, target.group),
                above <= kMostRows
                    ? fmt::format("the nearest legal values are rows = {} and rows = {}", below, above)
                    : fmt::format("the nearest legal value is rows = {}", below));
  }
}

void readPost(TableReader& table, TargetSpec& target) {
  table.integer("lanes", 1, 1024, target.lanes);
  std::size_t form = 0;
  if (table.choice("form", {"threshold", "multiply"}, form)) {
    target.form = form == 0 ? PostForm::Threshold : PostForm::Multiply;
  }
}

/// A number of draws, a power of two from 16 to 65536; 0 = none where `may_be_none`.
void readWindow(TableReader& table, std::string_view key, bool may_be_none, int& log2) {
  constexpr int kFewest = 16;
  constexpr int kMost = 65536;
  int draws = 0;
  if (!table.integer(key, may_be_none ? 0 : kFewest, kMost, draws)) return;
  const auto bits = static_cast<unsigned>(draws);
  if (draws == 0 || (draws >= kFewest && std::has_single_bit(bits))) {
    log2 = draws == 0 ? 0 : std::bit_width(bits) - 1;
    return;
  }
  const unsigned below = std::max<unsigned>(std::bit_floor(bits), kFewest);
  table.error("not-a-power-of-two", table.find(key),
              fmt::format("'{}' is {}, legal are powers of two from {} to {}{}", key, draws, kFewest, kMost,
                          may_be_none ? ", and 0 for none" : ""),
              draws < kFewest ? fmt::format("the nearest legal value is {}", below)
                              : fmt::format("the nearest legal values are {} and {}", below, 2 * below));
}

void readDropout(TableReader& table, TargetSpec& target) {
  table.integer("set_cycles", 1, 255, target.set_cycles);
  table.integer("read_cycles", 1, 255, target.read_cycles);
  table.integer("reset_cycles", 1, 255, target.reset_cycles);
  table.integer("drive_bits", 1, 8, target.drive_bits);
  table.integer("share", 1, 65536, target.share);
  table.boolean("whiten", target.whiten);
  readWindow(table, "health_window", true, target.health_window_log2);
  std::size_t calibration = 0;
  if (table.choice("calibration", {"none", "command", "startup"}, calibration)) {
    constexpr std::array kKinds = {Calibration::None, Calibration::Command, Calibration::Startup};
    target.calibration = kKinds[calibration];
  }
  readWindow(table, "calibration_window", false, target.calibration_window_log2);
}

void readUncertainty(TableReader& table, TargetSpec& target) {
  table.integer("max_passes", 1, 255, target.max_passes);
  table.integer("smallest", 0, 8, target.smallest);
  table.boolean("second_moment", target.moment2);
  table.boolean("entropy", target.entropy);
  table.boolean("votes", target.votes);
  table.boolean("logits", target.logits);
  table.number("ood_threshold", 0, 1, false, target.ood_threshold);
  const int most = std::max(1, target.smallest);
  target.ood_k = std::min(target.ood_k, most);
  table.integer("ood_k", 1, most, target.ood_k);
}

void readNames(TableReader& table, TargetSpec& target) {
  table.identifier("name", target.name);
}
void readConv(TableReader& table, TargetSpec& target) {
  table.integer("mapping", 1, 2, target.conv_mapping);
}
void readStream(TableReader& table, TargetSpec& target) {
  table.integer("beat", 1, 256, target.input_beat);
}
void readSchedule(TableReader& table, TargetSpec& target) {
  table.boolean("prefix_cache", target.prefix_cache);
}
void readClock(TableReader& table, TargetSpec& target) {
  table.number("period_ns", 0.001, 1e6, false, target.clock_ns);
}
void readSynthesis(TableReader& table, TargetSpec& target) {
  table.text("library", target.library);
}

/// One of cycles_per_image and images_per_second; the latter needs the clock, which is read before.
void readFolding(TableReader& table, TargetSpec& target) {
  constexpr std::int64_t kMostGates = std::int64_t{1} << 40;
  table.integer("gate_equivalents", 1, kMostGates, target.gate_equivalents, Need::Optional);
  constexpr std::int64_t kMostCycles = std::int64_t{1} << 40;
  const toml::node* cycles = table.find("cycles_per_image");
  const toml::node* rate = table.find("images_per_second");
  if (cycles != nullptr && rate != nullptr) {
    table.error("folding-twice", rate, "both cycles_per_image and images_per_second are given",
                "state one of them");
    return;
  }
  table.integer("cycles_per_image", 1, kMostCycles, target.cycles_per_image, Need::Optional);
  double images = 0;
  if (table.number("images_per_second", 1e-3, 1e9, false, images)) {
    const double wanted = 1e9 / (target.clock_ns * images);
    if (wanted < 1) {
      table.error("folding-too-fast", rate,
                  fmt::format("{} images/s are more than one a clock of {} ns", images, target.clock_ns),
                  fmt::format("at most {:.0f} images/s", 1e9 / target.clock_ns));
      return;
    }
    target.cycles_per_image = static_cast<std::int64_t>(wanted);
  }
}

void readLayers(TableReader& root, TargetSpec& target) {
  auto layers = root.table("layer", "[layer]", Need::Optional);
  if (!layers) return;
  const toml::table& names = *root.find("layer")->as_table();
  for (const auto& [key, node] : names) {
    const std::string name(key.str());
    if (auto part = layers->table(name, fmt::format("[layer.{}]", name), Need::Optional)) {
      LayerFolding folding;
      part->integer("group", 1, 64, folding.group);
      part->integer("lanes", 1, 1024, folding.lanes);
      part->integer("tiles", 1, 4096, folding.tiles);
      if (folding.group > target.array_rows) {
        part->error(
            "group-too-large", part->find("group"),
            fmt::format("a group of {} rows does not fit into {} rows", folding.group, target.array_rows),
            fmt::format("use group <= {}", target.array_rows));
      }
      part->finish();
      target.layers.emplace(name, folding);
    }
  }
  layers->finish();
}

struct Section {
  const char* key;
  void (*read)(TableReader&, TargetSpec&);
};
constexpr std::array kSections = {
    Section{"target", readNames},        Section{"array", readArray},
    Section{"conv", readConv},           Section{"post", readPost},
    Section{"input", readStream},        Section{"schedule", readSchedule},
    Section{"dropout", readDropout},     Section{"uncertainty", readUncertainty},
    Section{"clock", readClock},         Section{"folding", readFolding},
    Section{"synthesis", readSynthesis},
};

}  // namespace

std::optional<TargetSpec> parseTarget(std::string_view text, const std::string& file, Diagnostics& diags) {
  const std::size_t errors_before = diags.errorCount();
  const auto table = spec::parseToml(text, file, diags);
  if (!table) return std::nullopt;
  TargetSpec target;
  target.file = file;
  TableReader root(*table, "", file, diags);
  for (const Section& section : kSections) {
    if (auto part = root.table(section.key, fmt::format("[{}]", section.key), Need::Optional)) {
      section.read(*part, target);
      part->finish();
    }
  }
  readLayers(root, target);
  root.finish();
  if (diags.errorCount() != errors_before) return std::nullopt;
  return target;
}

std::optional<TargetSpec> readTarget(const std::string& path, Diagnostics& diags) {
  const auto text = readFile(path, diags, spec::kLargestFile);
  if (!text) return std::nullopt;
  return parseTarget(*text, path, diags);
}

}  // namespace neuspin
