#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <stdexcept>

namespace neuspin::synth {
namespace {

using Counts = std::map<std::string, std::int64_t>;
using Parameters = std::map<std::string, std::int64_t>;

const std::set<std::string, std::less<>> kMacros = {"cim_array", "cim_array_adc", "cim_sram_1rw",
                                                    "cim_mtj_bit"};

std::string unescaped(std::string_view name) {
  return std::string(name.starts_with('\\') ? name.substr(1) : name);
}

/// The object that follows `"modules":`. Yosys 0.23 prints the hierarchy as text inside its JSON, after this
/// object.
std::string_view modulesObject(std::string_view text) {
  const auto key = text.find("\"modules\"");
  const auto begin = key == text.npos ? key : text.find('{', key);
  if (begin == text.npos) throw std::runtime_error("no \"modules\" in the output of stat");
  int depth = 0;
  bool quoted = false;
  for (auto at = begin; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '\\') {
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == '{') {
      ++depth;
    } else if (!quoted && c == '}' && --depth == 0) {
      return text.substr(begin, at - begin + 1);
    }
  }
  throw std::runtime_error("the output of stat is cut off");
}

/// Per module: cell type → count.
std::map<std::string, Counts> readStat(std::string_view text) {
  const auto json = nlohmann::json::parse(modulesObject(text));
  std::map<std::string, Counts> modules;
  for (const auto& [name, module] : json.items()) {
    Counts& counts = modules[unescaped(name)];
    for (const auto& [type, count] : module.at("num_cells_by_type").items()) {
      counts[unescaped(type)] =
          count.is_object() ? count.at("count").get<std::int64_t>() : count.get<std::int64_t>();
    }
  }
  return modules;
}

/// A constant of an RTLIL dump: decimal, or <width>'<bits>.
std::optional<std::int64_t> rtlilNumber(const std::string& text) {
  const auto quote = text.find('\'');
  try {
    if (quote == std::string::npos) return std::stoll(text);
    std::int64_t value = 0;
    for (const char c : text.substr(quote + 1)) {
      if (c != '0' && c != '1') return std::nullopt;
      value = value * 2 + (c - '0');
    }
    return value;
  } catch (const std::exception&) {
    return std::nullopt;  // a string or an x
  }
}

/// The macro cells of each module, from the lines `module NAME`, `cell TYPE NAME`, `parameter [signed] \NAME
/// VALUE`.
std::map<std::string, std::vector<std::pair<std::string, Parameters>>> readMacros(std::string_view dump) {
  std::map<std::string, std::vector<std::pair<std::string, Parameters>>> macros;
  std::istringstream lines{std::string(dump)};
  std::string line, module;
  bool in_macro = false;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string key, first, second;
    words >> key >> first >> second;
    if (key == "module") {
      module = unescaped(first);
    } else if (key == "cell") {
      const std::string type = moduleName(first);
      in_macro = kMacros.contains(type);
      if (in_macro) macros[module].push_back({type, {}});
    } else if (key == "end") {
      in_macro = false;
    } else if (key == "parameter" && in_macro) {
      const bool is_signed = first == "signed";
      if (is_signed) first = second, words >> second;
      if (const auto value = rtlilNumber(second)) macros[module].back().second[unescaped(first)] = *value;
    }
  }
  return macros;
}

std::int64_t macroBits(const std::string& name, const Parameters& parameters) {
  const auto product = [&](const char* a, const char* b) { return parameters.at(a) * parameters.at(b); };
  if (name == "cim_array" || name == "cim_array_adc") return product("Rows", "Cols");
  if (name == "cim_sram_1rw") return product("Depth", "Width");
  return 1;
}

/// What identifies a macro's size; unit numbers, seeds and file names do not.
Parameters geometry(const std::string& name, const Parameters& parameters) {
  static const std::map<std::string, std::vector<std::string>, std::less<>> kKeys = {
      {"cim_array", {"Rows", "Cols", "Group"}},
      {"cim_array_adc", {"Rows", "Cols", "Group", "AdcBits"}},
      {"cim_sram_1rw", {"Depth", "Width"}},
      {"cim_mtj_bit", {"DriveBits"}}};
  const std::vector<std::string>& keys = kKeys.at(name);
  Parameters result;
  for (const auto& key : keys) {
    const auto found = parameters.find(key);
    if (found == parameters.end())
      throw std::runtime_error(fmt::format("a {} without parameter {}", name, key));
    result[key] = found->second;
  }
  return result;
}

std::string sizeText(const MacroUse& macro) {
  std::string text;
  for (const auto& [key, value] : macro.parameters)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, value);
  return text;
}

}  // namespace

std::string moduleName(std::string_view name) {
  if (!name.starts_with("$paramod")) return unescaped(name);
  const auto begin = name.find('\\');
  if (begin == name.npos) return std::string(name);
  const auto end = name.find('\\', begin + 1);
  return std::string(name.substr(begin + 1, end == name.npos ? end : end - begin - 1));
}

std::optional<Report> buildReport(std::string_view stat_json, std::string_view dump, const std::string& top,
                                  const Liberty& library, std::string& error) {
  try {
    const auto modules = readStat(stat_json);
    const auto macros = readMacros(dump);
    if (!modules.contains(top)) throw std::runtime_error("no module " + top + " in the output of stat");

    // Instances: parents before children, which an order by depth-first completion gives.
    std::map<std::string, std::int64_t> instances;
    std::vector<std::string> order;
    const std::function<void(const std::string&)> visit = [&](const std::string& name) {
      if (std::ranges::find(order, name) != order.end()) return;
      for (const auto& [type, count] : modules.at(name)) {
        if (modules.contains(type)) visit(type);
      }
      order.push_back(name);
    };
    visit(top);
    instances[top] = 1;

    Report report;
    std::map<std::string, ModuleUse> uses;
    std::map<std::pair<std::string, Parameters>, MacroUse> boxes;
    for (auto name = order.rbegin(); name != order.rend(); ++name) {
      const std::int64_t n = instances[*name];
      ModuleUse& use = uses[moduleName(*name)];
      use.name = moduleName(*name);
      use.variants += 1;
      use.instances += n;
      for (const auto& [type, count] : modules.at(*name)) {
        if (type == "$scopeinfo") continue;  // a note of later Yosys versions on what was flattened, no gate
        if (modules.contains(type)) {
          instances[type] += n * count;
          continue;
        }
        if (kMacros.contains(type)) continue;  // a box: listed with the macros below
        const LibertyCell* cell = library.find(type);
        if (cell == nullptr)
          throw std::runtime_error(fmt::format("{} cells {} left unmapped in {}", count, type, use.name));
        const auto area = static_cast<double>(n * count) * cell->area;
        use.cells += n * count;
        use.area += area;
        if (cell->sequential) use.storage_area += area;
      }
      if (!macros.contains(*name)) continue;
      for (const auto& [type, parameters] : macros.at(*name)) {
        // With --macros flops the cell is a module of the design by now, not a box.
        if (!modules.at(*name).contains(type)) continue;
        const Parameters size = geometry(type, parameters);
        MacroUse& box = boxes[{type, size}];
        box.name = type, box.parameters = size;
        box.count += n;
        box.bits += n * macroBits(type, size);
      }
    }
    for (auto& [name, use] : uses) {
      report.cells += use.cells;
      report.area += use.area;
      report.storage_area += use.storage_area;
      report.per_module.push_back(std::move(use));
    }
    std::ranges::stable_sort(report.per_module, std::greater<>{}, &ModuleUse::area);
    for (auto& [key, box] : boxes) report.macros.push_back(std::move(box));
    return report;
  } catch (const std::exception& failure) {
    error = failure.what();
    return std::nullopt;
  }
}

std::string renderReport(const Report& report, const Liberty& library, std::string_view unit) {
  const double gate = library.gateArea();
  const auto gates = [gate](double area) {
    return gate > 0 ? fmt::format("{:.0f}", area / gate) : std::string("-");
  };
  const auto percent = [](double part, double whole) { return whole > 0 ? 100 * part / whole : 0.0; };
  std::string text = fmt::format(
      "library {}: {} cells, area {:.0f} {} = {} gate equivalents, {:.1f} % of it storage\n\n", library.name,
      report.cells, report.area, unit, gates(report.area), percent(report.storage_area, report.area));
  text +=
      fmt::format("{:<28}{:>10}{:>10}{:>10}{:>14}{:>12}{:>8}{:>9}\n", "module (without kept parts)",
                  "instances", "variants", "cells", "area " + std::string(unit), "gates", "share", "storage");
  for (const auto& use : report.per_module) {
    text += fmt::format("{:<28}{:>10}{:>10}{:>10}{:>14.0f}{:>12}{:>7.1f}%{:>8.1f}%\n", use.name,
                        use.instances, use.variants, use.cells, use.area, gates(use.area),
                        percent(use.area, report.area), percent(use.storage_area, use.area));
  }
  if (report.macros.empty()) return text;
  text += fmt::format("\n{:<28}{:>10}{:>14}   {}\n", "macro (not in the area)", "count", "bits", "size");
  for (const auto& macro : report.macros) {
    text += fmt::format("{:<28}{:>10}{:>14}   {}\n", macro.name, macro.count, macro.bits, sizeText(macro));
  }
  return text;
}

}  // namespace neuspin::synth
