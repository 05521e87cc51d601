#include "cli/device.hpp"

#include <fmt/format.h>

#include <array>

namespace neuspin::cli {
namespace {

constexpr std::array kModels = {"physical", "gaussian", "ideal"};

const char* nameOf(chip::UnitModel model) {
  return kModels[static_cast<std::size_t>(model)];
}

nlohmann::json fitJson(const device::NormalFit& fit) {
  return {{"mean", fit.mean},
          {"sd", fit.sigma},
          {"min", fit.lowest},
          {"max", fit.highest},
          {"distance_from_normal", fit.distance}};
}

std::string fitText(const device::NormalFit& fit) {
  return fmt::format("{:.4f} ± {:.4f} ({:.4f} … {:.4f})", fit.mean, fit.sigma, fit.lowest, fit.highest);
}

}  // namespace

void addDevice(CLI::App& app, DeviceOptions& options) {
  auto* device =
      app.add_option("--device", options.file,
                     "device file: a real chip instead of ideal devices (behavioral/chip/README.md)");
  app.add_option("--chip", options.chip, "seed of the chip (default: the device file's)")->needs(device);
}

std::optional<chip::DeviceFile> readDevice(const DeviceOptions& options, Diagnostics& diags) {
  if (options.file.empty()) return std::nullopt;
  auto file = chip::readDeviceFile(options.file, diags);
  if (file && options.chip) file->seed = *options.chip;
  return file;
}

nlohmann::json toJson(const chip::DeviceFile& file) {
  nlohmann::json constants = nlohmann::json::object();
  for (const device::Field& field : device::deviceFields()) {
    const device::Constant& constant = file.set.*field.member;
    if (!constant.given) continue;
    nlohmann::json entry = {{"value", constant.value}, {"source", device::sourceName(constant.source)}};
    if (!field.unit.empty()) entry["unit"] = field.unit;
    if (!constant.note.empty()) entry["note"] = constant.note;
    constants[fmt::format("{}.{}", field.table, field.key)] = std::move(entry);
  }
  const auto& units = file.units;
  const auto& arrays = file.arrays;
  nlohmann::json unit_settings = {{"model", nameOf(units.model)}};
  if (units.model == chip::UnitModel::Gaussian) unit_settings["sigma_p"] = units.sigma_p;
  if (units.model != chip::UnitModel::Ideal) {
    unit_settings["defects"] = units.defects;
    unit_settings["errors"] = units.errors;
  }
  if (units.model == chip::UnitModel::Physical) {
    unit_settings.update({{"variation", units.variation},
                          {"trim_bits", units.trim_bits},
                          {"trim_range", units.trim_range},
                          {"trim_kelvin", units.trim_kelvin},
                          {"curves", units.measured != nullptr}});
  }
  nlohmann::json array_settings = {{"variation", arrays.variation},
                                   {"offsets", arrays.offsets},
                                   {"defects", arrays.defects},
                                   {"ir_drop", arrays.ir_drop},
                                   {"read_noise", arrays.read_noise},
                                   {"write_failures", arrays.write_failures},
                                   {"retention_seconds", arrays.retention_seconds},
                                   {"retention_kelvin", arrays.retention_kelvin},
                                   {"spare_rows", arrays.spare_rows},
                                   {"spare_columns", arrays.spare_columns}};
  if (arrays.stuck_p) array_settings["stuck_p"] = *arrays.stuck_p;
  if (arrays.stuck_ap) array_settings["stuck_ap"] = *arrays.stuck_ap;
  return {{"set", file.set.name},
          {"chip", file.seed},
          {"kelvin", file.kelvin},
          {"units", std::move(unit_settings)},
          {"arrays", std::move(array_settings)},
          {"constants", std::move(constants)}};
}

nlohmann::json toJson(const chip::Chip& chip) {
  nlohmann::json supplies = nlohmann::json::array();
  for (const chip::SupplyReport& supply : chip.supplies) {
    supplies.push_back({{"supply", supply.supply},
                        {"wanted", supply.wanted},
                        {"units", supply.units},
                        {"stuck", supply.stuck},
                        {"untrimmed", fitJson(supply.untrimmed)},
                        {"in_use", fitJson(supply.in_use)}});
  }
  return {{"chip", chip.seed},
          {"supplies", std::move(supplies)},
          {"arrays",
           {{"arrays", chip.arrays.arrays},
            {"junctions", chip.arrays.junctions},
            {"high", chip.arrays.high},
            {"low", chip.arrays.low},
            {"flipped", chip.arrays.flipped},
            {"faulty_cells_before_repair", chip.arrays.defects},
            {"faulty_cells", chip.arrays.after_repair}}}};
}

std::string toText(const chip::DeviceFile& file) {
  std::array<int, 5> tags{};
  for (const device::Field& field : device::deviceFields()) {
    const device::Constant& constant = file.set.*field.member;
    if (constant.given) ++tags[static_cast<std::size_t>(constant.source)];
  }
  std::string sources;
  for (std::size_t tag = 0; tag < tags.size(); ++tag) {
    if (tags[tag] > 0)
      sources += fmt::format("{}{} {}", sources.empty() ? "" : ", ", tags[tag],
                             device::sourceName(static_cast<device::Source>(tag)));
  }
  return fmt::format(
      "devices: set {} at {} K, units {}{}; constants: {} (values, tags and notes: --json)\n", file.set.name,
      file.kelvin, nameOf(file.units.model),
      file.units.trim_bits > 0 ? fmt::format(", trimmed with {} bits", file.units.trim_bits) : "", sources);
}

std::string toText(const chip::Chip& chip) {
  const chip::ArrayReport& arrays = chip.arrays;
  std::string text = fmt::format(
      "chip {}: {} arrays of {} junctions: {} read high, {} low for ever, {} flipped; {} defective cells "
      "before repair, {} "
      "after\n",
      chip.seed, arrays.arrays, arrays.junctions, arrays.high, arrays.low, arrays.flipped, arrays.defects,
      arrays.after_repair);
  for (const chip::SupplyReport& supply : chip.supplies) {
    text += fmt::format("  supply {}: {} units, {} stuck; wanted p {:.4f}, untrimmed {}, in use {}\n",
                        supply.supply, supply.units, supply.stuck, supply.wanted, fitText(supply.untrimmed),
                        fitText(supply.in_use));
  }
  return text;
}

}  // namespace neuspin::cli
