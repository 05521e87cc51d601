// The structural representation: a module is ports, nets, instances and wiring. No processes and no
// operators: what computes is hand-written in rtl/. Built by the composer, checked by check(), printed by
// printModule().
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hdl/module_template.hpp"

namespace neuspin::hdl {

/// A run of bits of one net (net >= 0) or a constant (net < 0).
struct Piece {
  int net = -1;
  int lsb = 0;
  int width = 0;
  std::uint64_t value = 0;  ///< of a constant, at most 64 bits wide
};

/// A concatenation, least significant piece first (printed most significant first, as the language wants).
class Expr {
 public:
  Expr() = default;
  Expr(Piece piece)
      : pieces_{piece} {}  // NOLINT(google-explicit-constructor): an expression of one piece is a piece
  /// Puts `more` above what is there. Adjacent runs of one net join.
  Expr& append(const Expr& more);
  [[nodiscard]] int width() const;
  [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  std::vector<Piece> pieces_;
};

/// Handle of a net of one module.
struct Signal {
  int id = -1;
  int width = 0;
  operator Expr() const { return Piece{id, 0, width, 0}; }  // NOLINT(google-explicit-constructor)
  /// Bits [lsb, lsb + count). Throws std::logic_error if they are outside the net.
  [[nodiscard]] Expr slice(int lsb, int count) const;
};

[[nodiscard]] Expr constant(int width, std::uint64_t value);
/// 0 of any width.
[[nodiscard]] Expr zeros(int width);

enum class NetKind { Input, Output, Wire };

struct Net {
  std::string name;
  NetKind kind = NetKind::Wire;
  int width = 1;
};

struct Instance {
  const ModuleTemplate* module = nullptr;
  std::string name;
  Params params;
  std::vector<std::optional<Expr>> connections;  ///< one a port of `module`, in its order
};

struct Assignment {
  Expr target, source;
};

class Module {
 public:
  Module(std::string name, std::string comment) : name_(std::move(name)), comment_(std::move(comment)) {}

  Signal input(std::string name, int width);
  Signal output(std::string name, int width);
  Signal wire(std::string name, int width);
  /// `module` must outlive this. Parameters must be exactly the template's, in order.
  Instance& instantiate(const ModuleTemplate& module, std::string name, Params params);
  void connect(Instance& instance, std::string_view port, const Expr& expr);
  /// Connects an output nobody reads to a net named unused_<instance>_<port>: lint tools take that name as
  /// the intent.
  void leaveUnused(Instance& instance, std::string_view port);
  /// Names bits nobody reads, for an output of which only a part is used.
  Signal unusedWire(const std::string& suffix, int width) { return wire("unused_" + suffix, width); }
  void assign(Signal target, const Expr& source) { assignments_.push_back({target, source}); }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& comment() const { return comment_; }
  [[nodiscard]] const std::vector<Net>& nets() const { return nets_; }
  [[nodiscard]] const std::deque<Instance>& instances() const { return instances_; }
  [[nodiscard]] const std::vector<Assignment>& assignments() const { return assignments_; }
  /// The ports as a template without parameters, for instantiation one level up.
  [[nodiscard]] ModuleTemplate asTemplate() const;
  [[nodiscard]] bool hasPort(std::string_view name) const;

 private:
  Signal add(std::string name, NetKind kind, int width);
  std::string name_, comment_;
  std::vector<Net> nets_;
  std::deque<Instance> instances_;  // a deque: references stay valid while instances are added
  std::vector<Assignment> assignments_;
};

/// Every rule a legal module obeys: unique identifiers, every port of every instance connected with its exact
/// width, every bit of every net driven exactly once, every bit read unless the net is named unused_*, inputs
/// never driven. Returns one sentence a violation; a violation is an error of the program, not of the user.
[[nodiscard]] std::vector<std::string> check(const Module& module);

/// Throws std::logic_error with all findings of check().
void requireLegal(const Module& module);

}  // namespace neuspin::hdl
