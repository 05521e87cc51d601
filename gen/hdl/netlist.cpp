#include "hdl/netlist.hpp"

#include <algorithm>
#include <stdexcept>

namespace neuspin::hdl {

Expr& Expr::append(const Expr& more) {
  for (const Piece& piece : more.pieces_) {
    if (!pieces_.empty() && piece.net >= 0 && pieces_.back().net == piece.net &&
        pieces_.back().lsb + pieces_.back().width == piece.lsb) {
      pieces_.back().width += piece.width;
    } else {
      pieces_.push_back(piece);
    }
  }
  return *this;
}

int Expr::width() const {
  int width = 0;
  for (const Piece& piece : pieces_) width += piece.width;
  return width;
}

Expr Signal::slice(int lsb, int count) const {
  if (lsb < 0 || count < 1 || lsb + count > width) throw std::logic_error("slice outside its net");
  return Piece{id, lsb, count, 0};
}

Expr constant(int width, std::uint64_t value) {
  if (width < 1 || width > 64 || (width < 64 && (value >> width) != 0)) {
    throw std::logic_error("constant does not fit its width");
  }
  return Piece{-1, 0, width, value};
}

Expr zeros(int width) {
  constexpr int kPiece = 64;
  Expr expr;
  for (; width > 0; width -= kPiece) expr.append(constant(std::min(width, kPiece), 0));
  return expr;
}

Signal Module::add(std::string name, NetKind kind, int width) {
  if (width < 1) throw std::logic_error("net " + name_ + "." + name + " has no bits");
  nets_.push_back({std::move(name), kind, width});
  return {static_cast<int>(nets_.size()) - 1, width};
}

Signal Module::input(std::string name, int width) {
  return add(std::move(name), NetKind::Input, width);
}
Signal Module::output(std::string name, int width) {
  return add(std::move(name), NetKind::Output, width);
}
Signal Module::wire(std::string name, int width) {
  return add(std::move(name), NetKind::Wire, width);
}

Instance& Module::instantiate(const ModuleTemplate& module, std::string name, Params params) {
  bool same = params.size() >= module.params.size();
  for (std::size_t i = 0; same && i < module.params.size(); ++i) same = params[i].first == module.params[i];
  auto from = module.optional.begin();
  for (std::size_t i = module.params.size(); same && i < params.size(); ++i) {
    from = std::find(from, module.optional.end(), params[i].first);
    same = from != module.optional.end();
    if (same) ++from;
  }
  if (!same) throw std::logic_error(name_ + "." + name + ": parameters differ from those of " + module.name);
  instances_.push_back({&module, std::move(name), std::move(params), {}});
  instances_.back().connections.resize(module.ports.size());
  return instances_.back();
}

void Module::connect(Instance& instance, std::string_view port, const Expr& expr) {
  auto& connection = instance.connections[portIndex(*instance.module, port)];
  if (connection)
    throw std::logic_error(name_ + "." + instance.name + ": port " + std::string(port) + " connected twice");
  connection = expr;
}

void Module::leaveUnused(Instance& instance, std::string_view port) {
  const PortTemplate& decl = instance.module->ports[portIndex(*instance.module, port)];
  std::string suffix = instance.name.starts_with("u_") ? instance.name.substr(2) : instance.name;
  suffix += '_';
  suffix += port.ends_with("_o") ? port.substr(0, port.size() - 2) : port;
  connect(instance, port, unusedWire(suffix, static_cast<int>(decl.width(instance.params))));
}

ModuleTemplate Module::asTemplate() const {
  ModuleTemplate result{name_, {}, {}};
  for (const Net& net : nets_) {
    if (net.kind == NetKind::Wire) continue;
    result.ports.push_back({net.name, net.kind == NetKind::Input ? Direction::Input : Direction::Output,
                            [width = net.width](const Params&) { return width; }});
  }
  return result;
}

bool Module::hasPort(std::string_view name) const {
  for (const Net& net : nets_) {
    if (net.kind != NetKind::Wire && net.name == name) return true;
  }
  return false;
}

}  // namespace neuspin::hdl
