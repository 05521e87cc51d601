#include "device/params.hpp"

#include <fmt/format.h>

#include <map>

#include "embedded/device_sets.hpp"
#include "spec/toml_reader.hpp"
#include "support/files.hpp"

namespace neuspin::device {
namespace {

using spec::Need;
using spec::TableReader;

const std::vector<std::string> kSources = {"verified", "computed", "literature", "assumed", "measured"};
const std::vector<std::string> kKinds = {"stt", "sot"};
constexpr std::string_view kExtension = ".toml";

/// One `key = { value = …, source = "…", note = "…" }`.
void readConstant(TableReader& table, const Field& field, Need need, DeviceSet& set) {
  const std::string title = fmt::format("{} of [{}]", field.key, field.table);
  if (table.find(field.key) == nullptr) {
    if (need == Need::Required) {
      table.error("missing-key", nullptr, fmt::format("'{}' is missing in [{}]", field.key, field.table),
                  fmt::format("add `{} = {{ value = …, source = \"…\" }}`{}{}", field.key,
                              field.unit.empty() ? "" : ", in ", field.unit));
    }
    return;
  }
  auto reader = table.table(field.key, title, Need::Required);
  if (!reader) return;
  Constant found;
  std::size_t source = 0;
  const bool has_value = reader->number("value", field.low, field.high, false, found.value, Need::Required);
  const bool has_source = reader->choice("source", kSources, source, Need::Required);
  reader->text("note", found.note);
  reader->finish();
  if (!has_value || !has_source) return;
  found.source = static_cast<Source>(source);
  found.given = true;
  set.*field.member = found;
}

void readTables(TableReader& file, bool complete, DeviceSet& set) {
  std::map<std::string_view, std::optional<TableReader>> tables;
  for (const Field& field : deviceFields()) {
    const bool needed = complete && (set.kind == Kind::Stt ? field.stt : field.sot);
    auto [at, fresh] = tables.try_emplace(field.table);
    if (fresh) at->second = file.table(field.table, fmt::format("[{}]", field.table), Need::Optional);
    if (at->second) {
      readConstant(*at->second, field, needed ? Need::Required : Need::Optional, set);
    } else if (needed && fresh) {
      file.error("missing-table", nullptr, fmt::format("the table [{}] is missing", field.table),
                 fmt::format("add [{}], or start from a built-in set with `base = \"stt40\"`", field.table));
    }
  }
  for (auto& [name, table] : tables) {
    if (table) table->finish();
  }
}

/// The set that `base` names; false after an error.
bool startFrom(TableReader& file, DeviceSet& set, Diagnostics& diags) {
  std::string base;
  const auto names = builtInSets();
  std::size_t which = 0;
  if (!file.choice("base", names, which)) return false;
  const auto loaded = loadDeviceSet(names[which], diags);
  if (loaded) set = *loaded;
  return loaded.has_value();
}

}  // namespace

std::string_view sourceName(Source source) {
  return kSources[static_cast<std::size_t>(source)];
}

std::vector<std::string> builtInSets() {
  std::vector<std::string> names;
  for (const auto& [file, text] : embedded::device_sets()) {
    names.emplace_back(file.substr(0, file.size() - kExtension.size()));
  }
  return names;
}

std::optional<DeviceSet> parseDeviceSet(std::string_view text, const std::string& file, Diagnostics& diags) {
  const std::size_t before = diags.errorCount();
  const auto toml = spec::parseToml(text, file, diags);
  if (!toml) return std::nullopt;
  TableReader reader(*toml, "", file, diags);
  DeviceSet set;
  bool complete = true;
  if (reader.find("base") != nullptr) {
    if (!startFrom(reader, set, diags)) return std::nullopt;
    complete = false;
  }
  reader.identifier("name", set.name, Need::Required);
  reader.text("description", set.description);
  std::size_t kind = static_cast<std::size_t>(set.kind);
  if (complete) {
    if (!reader.choice("kind", kKinds, kind, Need::Required)) return std::nullopt;
  } else if (reader.find("kind") != nullptr) {
    reader.error("unknown-key", reader.find("kind"), "'kind' comes with 'base' and cannot change",
                 "remove this line, or remove 'base' and state every constant");
  }
  set.kind = static_cast<Kind>(kind);
  readTables(reader, complete, set);
  reader.finish();
  if (diags.errorCount() != before) return std::nullopt;
  return set;
}

std::optional<DeviceSet> loadDeviceSet(const std::string& name_or_path, Diagnostics& diags) {
  if (name_or_path.ends_with(kExtension)) {
    const auto text = readFile(name_or_path, diags, spec::kLargestFile);
    return text ? parseDeviceSet(*text, name_or_path, diags) : std::nullopt;
  }
  const std::string file = name_or_path + std::string(kExtension);
  const auto at = embedded::device_sets().find(file);
  if (at == embedded::device_sets().end()) {
    const std::string close = closestMatch(name_or_path, builtInSets());
    diags.error("unknown-device-set", {name_or_path, 0, 0, {}},
                fmt::format("no built-in device set is called '{}'", name_or_path),
                close.empty() ? fmt::format("choose one of {}, or the path of a .toml file",
                                            fmt::join(builtInSets(), ", "))
                              : fmt::format("did you mean '{}'?", close));
    return std::nullopt;
  }
  return parseDeviceSet(at->second, "<built-in>/" + file, diags);
}

void overrideConstants(TableReader& tables, DeviceSet& set) {
  readTables(tables, false, set);
  tables.finish();
}

std::string describe(const DeviceSet& set) {
  std::string text = fmt::format("device set {} ({}): {}\n", set.name,
                                 kKinds[static_cast<std::size_t>(set.kind)], set.description);
  for (const Field& field : deviceFields()) {
    const Constant& constant = set.*field.member;
    if (!constant.given) continue;
    text += fmt::format("{}.{} = {}{}{} [{}]{}{}\n", field.table, field.key, constant.value,
                        field.unit.empty() ? "" : " ", field.unit, sourceName(constant.source),
                        constant.note.empty() ? "" : " ", constant.note);
  }
  return text;
}

}  // namespace neuspin::device
