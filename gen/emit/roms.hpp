// Read-only tables of a design: schedules, tables of the uncertainty head, chances of the units' digital
// substitutes. They are constants in the design's own cim_rom.sv: what synthesises for cell libraries leaves
// out `initial`, and with it $readmemh, without an error.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emit/emit.hpp"

namespace neuspin::emit {

struct RomTable {
  std::string name;  ///< cim_rom's InitFile
  int bits = 0;      ///< of a word, at most 64
  std::vector<std::uint64_t> words;
};

/// A step a word: {last, first, shift, plane, group}.
[[nodiscard]] RomTable scheduleTable(const LayerPlan& layer);

/// A row a unit: chance of switching by drive code, of a RESET that fails, of a read that is wrong, times
/// 2^32.
[[nodiscard]] RomTable driveTable(const SupplyPlan& supply);

/// Every table that an instance in the design may name; those of devices only where these are ideal.
[[nodiscard]] std::vector<RomTable> romTables(const Plan& plan);

/// rtl/cim_rom.sv: the module of the library's file of that name with a case per table, and nothing else to
/// read. Every word must fit.
[[nodiscard]] std::string romText(const std::vector<RomTable>& tables, const std::string& banner);

}  // namespace neuspin::emit
