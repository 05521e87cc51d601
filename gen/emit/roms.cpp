#include "emit/roms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "emit/names.hpp"
#include "emit/supplies.hpp"

namespace neuspin::emit {
namespace {

RomTable headTable(const char* name, int bits, const std::vector<std::uint32_t>& table) {
  return {name, bits, {table.begin(), table.end()}};
}

/// The name as part of a label.
std::string identifier(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return c == '/' || c == '.'; }, '_');
  return name;
}

void appendCase(const RomTable& table, std::string& text) {
  const int address_bits = idxBits(static_cast<int>(table.words.size()));
  fmt::format_to(std::back_inserter(text),
                 "if (InitFile == \"{}\") begin : gen_{}\n    always_comb begin\n      case (addr_i)\n",
                 table.name, identifier(table.name));
  for (std::size_t at = 0; at < table.words.size(); ++at) {
    const std::uint64_t word = table.words[at];
    if (table.bits < 64 && (word >> table.bits) != 0)
      throw std::logic_error("a word of " + table.name + " is wider than its table");
    fmt::format_to(std::back_inserter(text), "        {}'d{}: data_o = {}'h{:x};\n", address_bits, at,
                   table.bits, word);
  }
  text += "        default: data_o = '0;\n      endcase\n    end\n  end else ";
}

}  // namespace

RomTable scheduleTable(const LayerPlan& layer) {
  const int group_bits = idxBits(layer.groups), plane_bits = idxBits(layer.elem_bits);
  RomTable table{scheduleName(layer), layer.scheduleWordBits(), {}};
  for (const Step& step : layer.schedule) {
    const std::uint64_t flags = (step.shift ? 1U : 0U) | (step.first ? 2U : 0U) | (step.last ? 4U : 0U);
    table.words.push_back(((flags << plane_bits | static_cast<std::uint64_t>(step.plane)) << group_bits) |
                          static_cast<std::uint64_t>(step.group));
  }
  return table;
}

RomTable driveTable(const SupplyPlan& supply) {
  constexpr int kChanceBits = 33;
  RomTable table{driveImage(supply), kChanceBits, {}};
  const std::size_t codes = supply.table.size() / static_cast<std::size_t>(supply.table_units);
  for (std::size_t first = 0; first < supply.table.size(); first += codes) {
    const auto row = supply.table.begin() + static_cast<std::ptrdiff_t>(first);
    table.words.insert(table.words.end(), row, row + static_cast<std::ptrdiff_t>(codes));
    table.words.insert(table.words.end(), {supply.reset_fail, supply.read_error});
  }
  return table;
}

std::vector<RomTable> romTables(const Plan& plan) {
  constexpr int kExpBits = 13, kRecipBits = 13, kPlogpBits = 12, kInvTBits = 17;
  std::vector<RomTable> tables;
  for (const LayerPlan& layer : plan.layers) tables.push_back(scheduleTable(layer));
  tables.push_back(headTable(kExpName, kExpBits, plan.head.exp_table));
  tables.push_back(headTable(kRecipName, kRecipBits, plan.head.recip_table));
  tables.push_back(headTable(kPlogpName, kPlogpBits, plan.head.plogp_table));
  tables.push_back(headTable(kInvTName, kInvTBits, plan.head.inv_t_table));
  // The RTL is the same for every chip of a design, and the digital substitute is nobody's chip.
  if (!plan.chip.empty()) return tables;
  for (const SupplyUse& use : suppliesOf(plan)) tables.push_back(driveTable(*use.supply));
  return tables;
}

std::string romText(const std::vector<RomTable>& tables, const std::string& banner) {
  std::string text =
      banner +
      R"(// Read-only tables with a combinational read, told apart by InitFile. Contents are constants here, not files: synthesis for
// cell libraries leaves out `initial`, and $readmemh with it.
`include "cim_assert.svh"

module cim_rom #(
    parameter int Depth    = 2,   // words, at least 1
    parameter int Width    = 1,   // bits a word
    parameter     InitFile = "",  // name of the table; "": all words 0 (structural checks only)
    parameter int AddrBits = (Depth > 1) ? $clog2(Depth) : 1  // derived; do not set
) (
    input  logic [AddrBits-1:0] addr_i,
    output logic [   Width-1:0] data_o
);
  /* verilator lint_off WIDTH */  // names of different lengths are compared
  /* verilator coverage_off */    // data
  )";
  for (const RomTable& table : tables) appendCase(table, text);
  text += R"(begin : gen_none
    `CIM_STATIC_ASSERT(gen_name, InitFile == "", "cim_rom: InitFile names no table of this design")
    assign data_o = '0;
  end
endmodule
)";
  return text;
}

}  // namespace neuspin::emit
