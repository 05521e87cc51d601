#include "energy/table.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

#include "device/resistance.hpp"
#include "embedded/energy_tables.hpp"
#include "spec/toml_reader.hpp"
#include "support/files.hpp"

namespace neuspin::energy {
namespace {

using spec::Need;
using spec::TableReader;

constexpr std::string_view kExtension = ".toml";
constexpr double kMostFemtojoules = 1e9;

constexpr std::array kFields = {Field{"sensing", "decision", &Table::decision},
                                Field{"sensing", "adc_step", &Table::adc_step},
                                Field{"digital", "count_bit", &Table::count_bit},
                                Field{"digital", "active_row", &Table::active_row},
                                Field{"digital", "sum_bit", &Table::sum_bit},
                                Field{"digital", "compare_bit", &Table::compare_bit},
                                Field{"digital", "multiply_bit", &Table::multiply_bit},
                                Field{"digital", "register_bit", &Table::register_bit},
                                Field{"digital", "head_sample", &Table::head_sample},
                                Field{"digital", "head_result", &Table::head_result},
                                Field{"memory", "sram_bit", &Table::sram_bit},
                                Field{"substitute", "lfsr_bit", &Table::lfsr_bit}};

void readConstant(TableReader& table, const Field& field, Table& into) {
  if (table.find(field.key) == nullptr) {
    table.error("missing-key", nullptr, fmt::format("'{}' is missing in [{}]", field.key, field.table),
                fmt::format("add `{} = {{ value = …, source = \"…\" }}`, in femtojoules", field.key));
    return;
  }
  auto reader = table.table(field.key, fmt::format("{} of [{}]", field.key, field.table), Need::Required);
  if (!reader) return;
  std::vector<std::string> sources;
  for (const auto source : {device::Source::Verified, device::Source::Computed, device::Source::Literature,
                            device::Source::Assumed, device::Source::Measured})
    sources.emplace_back(device::sourceName(source));
  device::Constant found;
  std::size_t source = 0;
  found.given = reader->number("value", 0, kMostFemtojoules, false, found.value, Need::Required);
  reader->choice("source", sources, source, Need::Required);
  reader->text("note", found.note);
  reader->finish();
  found.source = static_cast<device::Source>(source);
  into.*field.member = found;
}

device::Constant computed(double femtojoules, std::string note,
                          device::Source source = device::Source::Computed) {
  return {.value = femtojoules, .given = true, .source = source, .note = std::move(note)};
}

}  // namespace

std::span<const Field> tableFields() {
  return kFields;
}

std::vector<std::string> builtInTables() {
  std::vector<std::string> names;
  for (const auto& [file, text] : embedded::energy_tables())
    names.emplace_back(file.substr(0, file.size() - kExtension.size()));
  return names;
}

std::optional<Table> parseTable(std::string_view text, const std::string& file, Diagnostics& diags) {
  const std::size_t before = diags.errorCount();
  const auto toml = spec::parseToml(text, file, diags);
  if (!toml) return std::nullopt;
  TableReader reader(*toml, "", file, diags);
  Table table;
  reader.identifier("name", table.name, Need::Required);
  reader.text("description", table.description);
  std::map<std::string_view, std::optional<TableReader>> parts;
  for (const Field& field : kFields) {
    auto [at, fresh] = parts.try_emplace(field.table);
    if (fresh) at->second = reader.table(field.table, fmt::format("[{}]", field.table), Need::Required);
    if (at->second) readConstant(*at->second, field, table);
  }
  for (auto& [name, part] : parts) {
    if (part) part->finish();
  }
  reader.finish();
  if (diags.errorCount() != before) return std::nullopt;
  return table;
}

std::optional<Table> loadTable(const std::string& name_or_path, Diagnostics& diags) {
  if (name_or_path.ends_with(kExtension)) {
    const auto text = readFile(name_or_path, diags, spec::kLargestFile);
    return text ? parseTable(*text, name_or_path, diags) : std::nullopt;
  }
  const std::string file = name_or_path + std::string(kExtension);
  const auto at = embedded::energy_tables().find(file);
  if (at == embedded::energy_tables().end()) {
    diags.error(
        "unknown-energy-table", {name_or_path, 0, 0, {}},
        fmt::format("no built-in energy table is called '{}'", name_or_path),
        fmt::format("choose one of {}, or the path of a .toml file", fmt::join(builtInTables(), ", ")));
    return std::nullopt;
  }
  return parseTable(at->second, "<built-in>/" + file, diags);
}

void addDevice(const device::DeviceSet& set, Table& table) {
  constexpr double kFemto = 1e15, kNano = 1e-9, kPicoToFemto = 1e3;
  const double volts = set.read_voltage.value;
  const device::CellReader cell(set, {.volts = volts, .kelvin = 300});
  const double read =
      volts * volts * (cell.cell(true) + cell.cell(false)) / 2 * set.read_pulse.value * kNano * kFemto;
  table.cell_read = computed(read, fmt::format("{}: V² g t at {} V, {} ns, mean of both states", set.name,
                                               volts, set.read_pulse.value));
  const double write = set.write_energy.value * kPicoToFemto;
  const std::string note = fmt::format("{}: write.energy_pj", set.name);
  table.mtj_set = table.mtj_reset = computed(write, note, set.write_energy.source);
  table.mtj_read = computed(read, fmt::format("{}: as a cell", set.name));
}

}  // namespace neuspin::energy
