#include "hdl/printer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace neuspin::hdl {
namespace {

constexpr std::size_t kColumns = 110;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

std::string hexLiteral(const BitVector& bits) {
  std::string digits;
  for (int at = (bits.width + 3) / 4 - 1; at >= 0; --at) {
    int nibble = 0;
    for (int b = std::min(3, bits.width - 1 - 4 * at); b >= 0; --b)
      nibble = 2 * nibble + (bits.bit(4 * at + b) ? 1 : 0);
    digits += "0123456789abcdef"[nibble];
  }
  return fmt::format("{}'h{}", bits.width, digits);
}

std::string quoted(const std::string& text) {
  if (text.find_first_of("\"\\\n") != std::string::npos)
    throw std::logic_error("string parameter needs escaping: " + text);
  return '"' + text + '"';
}

/// "[7:0] " or nothing, padded by the caller.
std::string range(int width) {
  return width == 1 ? std::string{} : fmt::format("[{}:0]", width - 1);
}

class ModulePrinter {
 public:
  explicit ModulePrinter(const Module& module) : module_(module) {}

  std::string print(std::string_view banner) {
    out_ += banner;
    out_ += comment(module_.comment());
    header();
    wires();
    for (const Assignment& assignment : module_.assignments()) assign(assignment);
    if (!module_.assignments().empty()) out_ += '\n';
    for (const Instance& instance : module_.instances()) this->instance(instance);
    if (out_.ends_with("\n\n")) out_.pop_back();
    out_ += "endmodule\n";
    return std::move(out_);
  }

 private:
  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void header() {
    std::vector<const Net*> ports;
    std::size_t widest = 0;
    for (const Net& net : module_.nets()) {
      if (net.kind == NetKind::Wire) continue;
      ports.push_back(&net);
      widest = std::max(widest, range(net.width).size());
    }
    put("module {} (\n", module_.name());
    for (const Net* port : ports) {
      put("  {} logic {:<{}}{}{}{}\n", port->kind == NetKind::Input ? "input " : "output", range(port->width),
          widest, widest == 0 ? "" : " ", port->name, port == ports.back() ? "" : ",");
    }
    out_ += ");\n\n";
  }

  void wires() {
    std::size_t widest = 0;
    bool any = false;
    for (const Net& net : module_.nets()) {
      if (net.kind != NetKind::Wire) continue;
      widest = std::max(widest, range(net.width).size());
      any = true;
    }
    for (const Net& net : module_.nets()) {
      if (net.kind != NetKind::Wire) continue;
      put("  logic {:<{}}{}{};\n", range(net.width), widest, widest == 0 ? "" : " ", net.name);
    }
    if (any) out_ += '\n';
  }

  void assign(const Assignment& assignment) {
    out_ += "  assign ";
    expression(assignment.target);
    out_ += " = ";
    expression(assignment.source);
    out_ += ";\n";
  }

  void instance(const Instance& instance) {
    put("  {} ", instance.module->name);
    if (!instance.params.empty()) {
      std::size_t widest = 0;
      for (const auto& [name, value] : instance.params) widest = std::max(widest, name.size());
      out_ += "#(\n";
      for (const auto& param : instance.params) {
        put("    .{:<{}} ({}){}\n", param.first, widest, printValue(param.second),
            &param == &instance.params.back() ? "" : ",");
      }
      out_ += "  ) ";
    }
    put("{} (\n", instance.name);
    const auto& ports = instance.module->ports;
    std::size_t widest = 0;
    for (const PortTemplate& port : ports) widest = std::max(widest, port.name.size());
    for (std::size_t i = 0; i < ports.size(); ++i) {
      put("    .{:<{}} (", ports[i].name, widest);
      expression(*instance.connections[i]);
      out_ += i + 1 == ports.size() ? ")\n" : "),\n";
    }
    out_ += "  );\n\n";
  }

  void piece(const Piece& piece) {
    if (piece.net < 0) {
      put("{}'h{:x}", piece.width, piece.value);
      return;
    }
    const Net& net = module_.nets()[static_cast<std::size_t>(piece.net)];
    out_ += net.name;
    if (piece.width == net.width) return;
    if (piece.width == 1) {
      put("[{}]", piece.lsb);
    } else {
      put("[{}:{}]", piece.lsb + piece.width - 1, piece.lsb);
    }
  }

  /// One piece as is, several in braces, most significant first, filled up to kColumns.
  void expression(const Expr& expr) {
    const auto& pieces = expr.pieces();
    if (pieces.size() == 1) {
      piece(pieces.front());
      return;
    }
    out_ += '{';
    for (std::size_t i = pieces.size(); i-- > 0;) {
      const std::size_t before = out_.size();
      piece(pieces[i]);
      if (i != 0) out_ += ", ";
      const std::size_t line = out_.rfind('\n') + 1;
      if (out_.size() - line > kColumns && before - line > kContinuation.size()) {
        if (out_[before - 1] == ' ')
          out_.erase(before - 1, 1).insert(before - 1, kContinuation);
        else
          out_.insert(before, kContinuation);
      }
    }
    out_ += '}';
  }

  static constexpr std::string_view kContinuation = "\n        ";
  const Module& module_;
  std::string out_;
};

std::string constantLines(const std::vector<Constant>& constants, std::string_view integer_type) {
  std::string out;
  for (const Constant& constant : constants) {
    const std::string type = std::visit(
        Overloaded{[integer_type](std::int64_t) { return std::string(integer_type); },
                   [](const std::string&) { return std::string(); },
                   [](const BitVector& bits) { return fmt::format("logic [{}:0] ", bits.width - 1); }},
        constant.value);
    fmt::format_to(std::back_inserter(out), "  localparam {}{} = {};", type, constant.name,
                   printValue(constant.value));
    if (!constant.comment.empty()) fmt::format_to(std::back_inserter(out), "  // {}", constant.comment);
    out += '\n';
  }
  return out;
}

}  // namespace

std::string printValue(const ParamValue& value) {
  return std::visit(Overloaded{[](std::int64_t v) { return fmt::format("{}", v); },
                               [](const std::string& v) { return quoted(v); },
                               [](const BitVector& v) { return hexLiteral(v); }},
                    value);
}

std::string comment(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    out += line.empty() ? "//" : "// ";
    out += line;
    out += '\n';
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return out;
}

std::string printModule(const Module& module, std::string_view banner) {
  return ModulePrinter(module).print(banner);
}

std::string printPackage(std::string_view name, const std::vector<Constant>& constants,
                         std::string_view banner) {
  return fmt::format("{}package {};\n{}endpackage\n", banner, name, constantLines(constants, ""));
}

std::string printHeader(const std::vector<Macro>& macros, const std::vector<Constant>& constants,
                        std::string_view banner) {
  std::string out(banner);
  for (const Macro& macro : macros)
    fmt::format_to(std::back_inserter(out), "`define {} {}\n", macro.name, macro.value);
  return out + constantLines(constants, "int ");
}

}  // namespace neuspin::hdl
