#include "chip/device_file.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "device/stt.hpp"
#include "spec/toml_reader.hpp"
#include "support/files.hpp"

namespace neuspin::chip {
namespace {

using spec::Need;
using spec::TableReader;

constexpr std::size_t kLargestCsv = std::size_t{1} << 26;
constexpr double kMostScale = 1e6;  // of rates, which are at most 1 afterwards
constexpr double kMostWires = 1e3, kMostNoise = 100;
constexpr int kMostSpares = 256;

std::string besides(const std::string& file, const std::string& path) {
  return (std::filesystem::path(file).parent_path() / path).string();
}

void kelvins(TableReader& table, std::string_view key, double& value) {
  table.number(key, device::kColdest, device::kHottest, false, value);
}

/// `curves = { file, device, direction }` of [units].
void readCurves(TableReader& units, const DeviceFile& file, UnitSettings& settings, Diagnostics& diags) {
  const toml::node* node = units.find("curves");
  auto table = units.table("curves", "curves of [units]", Need::Optional);
  if (!table) return;
  std::string path, which, direction = "P->AP";
  const bool complete =
      table->text("file", path, Need::Required) && table->text("device", which, Need::Required);
  table->text("direction", direction);
  table->finish();
  if (!complete) return;
  if (file.set.kind != device::Kind::Sot) {
    units.error("curves-of-stt", node,
                "measured curves take the place of a SOT set's logistic law, and this set is STT",
                "remove curves, or choose a SOT set such as \"sot_meas_a\"");
    return;
  }
  const std::string csv = besides(file.file, path);
  const auto text = readFile(csv, diags, kLargestCsv);
  if (!text) return;
  const auto records = device::readSwitchingCsv(*text, csv, diags);
  if (!records) return;
  auto made = device::SotTable::make(*records, which, direction, csv, diags);
  if (made) settings.measured = std::make_shared<device::SotTable>(std::move(*made));
}

void readUnits(TableReader& table, DeviceFile& file, Diagnostics& diags) {
  UnitSettings& units = file.units;
  std::size_t model = 0;
  if (table.choice("model", {"physical", "gaussian", "ideal"}, model))
    units.model = static_cast<UnitModel>(model);
  const bool physical = units.model == UnitModel::Physical;
  // Keys that mean nothing to the model chosen are errors.
  const auto only = [&](std::string_view key, bool meant, std::string_view models) {
    const toml::node* node = table.find(key);
    if (node == nullptr || meant) return node != nullptr;
    table.error("key-without-effect", node, fmt::format("'{}' has no effect on this model of units", key),
                fmt::format("remove it, or choose model = {}", models));
    return false;
  };
  constexpr std::string_view kPhysical = "\"physical\"", kGaussian = "\"gaussian\"";
  if (only("sigma_p", units.model == UnitModel::Gaussian, kGaussian))
    table.number("sigma_p", 0, 0.5, true, units.sigma_p);
  if (only("variation", physical, kPhysical)) table.number("variation", 0, 100, false, units.variation);
  if (only("defects", units.model != UnitModel::Ideal, "\"physical\" or \"gaussian\""))
    table.number("defects", 0, kMostScale, false, units.defects);
  if (only("errors", units.model != UnitModel::Ideal, "\"physical\" or \"gaussian\""))
    table.number("errors", 0, kMostScale, false, units.errors);
  if (only("trim_bits", physical, kPhysical)) table.integer("trim_bits", 0, 16, units.trim_bits);
  if (only("trim_range", physical, kPhysical)) table.number("trim_range", 0, 1, true, units.trim_range);
  if (only("trim_kelvin", physical, kPhysical)) kelvins(table, "trim_kelvin", units.trim_kelvin);
  if (only("curves", physical, kPhysical)) readCurves(table, file, units, diags);
  table.finish();
}

void readArrays(TableReader& table, ArraySettings& arrays) {
  table.number("variation", 0, 100, false, arrays.variation);
  table.number("offsets", 0, kMostScale, false, arrays.offsets);
  table.number("defects", 0, kMostScale, false, arrays.defects);
  const auto rate = [&table](std::string_view key, std::optional<double>& value) {
    if (double given = 0; table.number(key, 0, 1, false, given)) value = given;
  };
  rate("stuck_p", arrays.stuck_p);
  rate("stuck_ap", arrays.stuck_ap);
  if (arrays.stuck_p.value_or(0) + arrays.stuck_ap.value_or(0) > 1) {
    table.error("stuck-above-one", table.find("stuck_ap"),
                "stuck_p and stuck_ap are shares of all junctions, and more than 1 together",
                "lower one of them");
  }
  table.number("ir_drop", 0, kMostWires, false, arrays.ir_drop);
  table.number("read_noise", 0, kMostNoise, false, arrays.read_noise);
  table.number("write_failures", 0, 1, false, arrays.write_failures);
  table.number("retention_seconds", 0, 1e12, false, arrays.retention_seconds);
  kelvins(table, "retention_kelvin", arrays.retention_kelvin);
  table.integer("spare_rows", 0, kMostSpares, arrays.spare_rows);
  table.integer("spare_columns", 0, kMostSpares, arrays.spare_columns);
  table.finish();
}

/// The named set with the constants of [override] in place of its own.
void readSet(TableReader& reader, DeviceFile& file, Diagnostics& diags) {
  std::string name;
  if (!reader.text("set", name, Need::Required)) return;
  const auto set = device::loadDeviceSet(name.ends_with(".toml") ? besides(file.file, name) : name, diags);
  if (set) file.set = *set;
  if (auto table = reader.table("override", "[override]", Need::Optional))
    device::overrideConstants(*table, file.set);
}

}  // namespace

std::optional<DeviceFile> parseDeviceFile(std::string_view text, const std::string& path,
                                          Diagnostics& diags) {
  const std::size_t before = diags.errorCount();
  const auto toml = spec::parseToml(text, path, diags);
  if (!toml) return std::nullopt;
  TableReader reader(*toml, "", path, diags);
  DeviceFile file;
  file.file = path;
  readSet(reader, file, diags);
  if (auto table = reader.table("chip", "[chip]", Need::Optional)) {
    std::int64_t seed = file.seed;
    if (table->integer("seed", 0, 0xFFFFFFFF, seed, Need::Optional))
      file.seed = static_cast<std::uint32_t>(seed);
    kelvins(*table, "kelvin", file.kelvin);
    table->finish();
  }
  if (auto table = reader.table("units", "[units]", Need::Optional)) readUnits(*table, file, diags);
  if (auto table = reader.table("arrays", "[arrays]", Need::Optional)) readArrays(*table, file.arrays);
  reader.finish(
      {{"variation", "give it in [units] and in [arrays]; constants of the set go into [override.variation]"},
       {"defects", "give a factor in [units] and in [arrays]; rates go into [override.defects]"}});
  if (diags.errorCount() != before) return std::nullopt;
  return file;
}

std::optional<DeviceFile> readDeviceFile(const std::string& path, Diagnostics& diags) {
  const auto text = readFile(path, diags, spec::kLargestFile);
  return text ? parseDeviceFile(*text, path, diags) : std::nullopt;
}

}  // namespace neuspin::chip
