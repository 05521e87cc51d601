// --device and --chip: real chips in place of the ideal design.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "chip/chip.hpp"
#include "cli/cli.hpp"

namespace neuspin::cli {

struct DeviceOptions {
  std::string file;
  std::optional<std::uint32_t> chip;
};
void addDevice(CLI::App& app, DeviceOptions& options);

/// The device file with the chip asked for, or nullopt: without --device, or after an error.
[[nodiscard]] std::optional<chip::DeviceFile> readDevice(const DeviceOptions& options, Diagnostics& diags);

/// Set, settings, and every constant with its source tag.
[[nodiscard]] nlohmann::json toJson(const chip::DeviceFile& file);
/// What was drawn.
[[nodiscard]] nlohmann::json toJson(const chip::Chip& chip);
[[nodiscard]] std::string toText(const chip::DeviceFile& file);
[[nodiscard]] std::string toText(const chip::Chip& chip);

}  // namespace neuspin::cli
