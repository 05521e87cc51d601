// Energy of single events, each with its source.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/params.hpp"
#include "support/diagnostic.hpp"

namespace neuspin::energy {

/// Everything in femtojoules.
struct Table {
  std::string name, description;
  device::Constant decision;  ///< of a sense amplifier
  device::Constant adc_step;  ///< of a conversion, per code that the converter can tell apart
  device::Constant count_bit, active_row, sum_bit, compare_bit, multiply_bit, register_bit, head_sample,
      head_result;
  device::Constant sram_bit;
  device::Constant lfsr_bit;
  /// From a device set, not from the table's file.
  device::Constant cell_read, mtj_set, mtj_read, mtj_reset;
};

struct Field {
  std::string_view table, key;
  device::Constant Table::*member = nullptr;
};
/// Keys of a table's file, in its order.
[[nodiscard]] std::span<const Field> tableFields();

[[nodiscard]] std::vector<std::string> builtInTables();

/// A built-in table by name, or a file if `name_or_path` ends in ".toml". Findings: unknown table, unreadable
/// file, missing or unknown key, value out of range. Nullopt after any error.
[[nodiscard]] std::optional<Table> loadTable(const std::string& name_or_path, Diagnostics& diags);
[[nodiscard]] std::optional<Table> parseTable(std::string_view text, const std::string& file,
                                              Diagnostics& diags);

/// Fills in what the junctions take: a cell read V²·g·t with g the mean of both states in series with the
/// access transistor, a SET and a RESET the set's write energy, a dropout junction's READ that of a cell.
void addDevice(const device::DeviceSet& set, Table& table);

}  // namespace neuspin::energy
