// Which places of the RTL ran: the coverage points that verilated designs write (neuspin simulate
// --coverage), of one run or of many.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "support/diagnostic.hpp"

namespace neuspin::tb {

/// A block of statements, or one side of an `if` or `case`.
struct CoveragePoint {
  std::string file;          ///< as Verilator was given it, e.g. rtl/cim_regs.sv
  int line = 0, column = 0;  ///< from 1
  std::string kind;          ///< block, if, else, elsif, case
  auto operator<=>(const CoveragePoint&) const = default;
};

/// How often each place ran, over all its instances.
using CoverageCounts = std::map<CoveragePoint, std::uint64_t>;

/// Adds the points of one file (`text`, called `file` in diagnostics) to `counts`. False and an error if it
/// is not what Verilator writes; `counts` is then as before.
bool addCoverage(std::string_view text, const std::string& file, CoverageCounts& counts, Diagnostics& diags);

}  // namespace neuspin::tb
