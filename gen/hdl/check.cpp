// Legality of a module. Works on runs of bits, not on single bits: a wide layer has millions of them.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <unordered_set>

#include "hdl/netlist.hpp"

namespace neuspin::hdl {
namespace {

struct Run {
  int net, lsb, width;
};

class Checker {
 public:
  explicit Checker(const Module& module) : module_(module) {}

  std::vector<std::string> run() {
    names();
    for (const Net& net : module_.nets()) {
      const int id = static_cast<int>(&net - module_.nets().data());
      if (net.kind == NetKind::Input) driven_.push_back({id, 0, net.width});
      if (net.kind == NetKind::Output) read_.push_back({id, 0, net.width});
    }
    for (const Instance& instance : module_.instances()) connections(instance);
    for (const Assignment& assignment : module_.assignments()) {
      const int target = assignment.target.width(), source = assignment.source.width();
      if (target != source) finding(fmt::format("assignment of {} bits to {} bits", source, target));
      collect(assignment.target, true, "assignment");
      collect(assignment.source, false, "assignment");
    }
    coverage(driven_, true);
    coverage(read_, false);
    return std::move(findings_);
  }

 private:
  void finding(std::string text) { findings_.push_back(fmt::format("{}: {}", module_.name(), text)); }

  void names() {
    std::unordered_set<std::string_view> seen;
    const auto declare = [&](std::string_view name) {
      if (!seen.insert(name).second) finding(fmt::format("'{}' is declared twice", name));
    };
    for (const Net& net : module_.nets()) declare(net.name);
    for (const Instance& instance : module_.instances()) declare(instance.name);
  }

  void connections(const Instance& instance) {
    const auto& ports = instance.module->ports;
    for (std::size_t i = 0; i < ports.size(); ++i) {
      const std::string where = instance.name + "." + ports[i].name;
      if (!instance.connections[i]) {
        finding(fmt::format("{} is not connected", where));
        continue;
      }
      const Expr& expr = *instance.connections[i];
      const std::int64_t want = ports[i].width(instance.params);
      if (expr.width() != want) {
        finding(fmt::format("{} is {} bits wide but connected to {} bits", where, want, expr.width()));
      }
      collect(expr, ports[i].direction == Direction::Output, where);
    }
  }

  void collect(const Expr& expr, bool drives, const std::string& where) {
    for (const Piece& piece : expr.pieces()) {
      if (piece.net >= 0) {
        (drives ? driven_ : read_).push_back({piece.net, piece.lsb, piece.width});
      } else if (drives) {
        finding(fmt::format("{} drives a constant", where));
      }
    }
  }

  /// Sweeps the runs of each net: drivers must tile it exactly; readers must cover it unless it is named
  /// unused_*.
  void coverage(std::vector<Run>& runs, bool drivers) {
    std::ranges::sort(
        runs, [](const Run& a, const Run& b) { return a.net != b.net ? a.net < b.net : a.lsb < b.lsb; });
    std::size_t at = 0;
    for (int id = 0; id < static_cast<int>(module_.nets().size()); ++id) {
      const Net& net = module_.nets()[static_cast<std::size_t>(id)];
      const bool exempt = !drivers && net.name.starts_with("unused_");
      int covered = 0;
      for (; at < runs.size() && runs[at].net == id; ++at) {
        const int end = runs[at].lsb + runs[at].width;
        if (runs[at].lsb > covered && !exempt) gap(net, covered, runs[at].lsb, drivers);
        if (runs[at].lsb < covered && drivers) {
          finding(fmt::format("{}[{}] is driven twice", net.name, runs[at].lsb));
        }
        covered = std::max(covered, end);
      }
      if (covered < net.width && !exempt) gap(net, covered, net.width, drivers);
    }
  }

  void gap(const Net& net, int from, int to, bool drivers) {
    finding(fmt::format("{}[{}:{}] is never {}", net.name, to - 1, from, drivers ? "driven" : "read"));
  }

  const Module& module_;
  std::vector<Run> driven_, read_;
  std::vector<std::string> findings_;
};

}  // namespace

std::vector<std::string> check(const Module& module) {
  return Checker(module).run();
}

void requireLegal(const Module& module) {
  const std::vector<std::string> findings = check(module);
  if (findings.empty()) return;
  throw std::logic_error(fmt::format("illegal netlist:\n{}", fmt::join(findings, "\n")));
}

}  // namespace neuspin::hdl
