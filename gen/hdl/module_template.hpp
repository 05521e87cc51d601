// What the composer knows about a module it instantiates: parameters, and ports with their widths as
// functions of the parameters. Hand-written library modules are described in emit/library.cpp; tests/emit
// compares every description with the ports Yosys reads from the real file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace neuspin::hdl {

enum class Direction { Input, Output };

/// A sized literal of any width. Little-endian 32-bit words; bits at and above `width` are 0.
struct BitVector {
  int width = 1;
  std::vector<std::uint32_t> words;
  /// The low `width` bits of `value`, zero-extended above bit 63.
  [[nodiscard]] static BitVector of(int width, std::uint64_t value);
  /// Writes the low `count` (at most 64) bits of `value` at bit `lsb`.
  void set(int lsb, int count, std::uint64_t value);
  [[nodiscard]] bool bit(int index) const;
  bool operator==(const BitVector&) const = default;
};

/// Printed as a decimal integer, a quoted string, or a sized hexadecimal literal.
using ParamValue = std::variant<std::int64_t, std::string, BitVector>;
using Params = std::vector<std::pair<std::string, ParamValue>>;

/// Integer value of a parameter; throws std::logic_error if it is absent or not an integer.
[[nodiscard]] std::int64_t intParam(const Params& params, std::string_view name);

struct PortTemplate {
  std::string name;
  Direction direction = Direction::Input;
  std::function<std::int64_t(const Params&)> width;
};

struct ModuleTemplate {
  std::string name;
  std::vector<std::string> params;  ///< an instance sets every one, in this order
  std::vector<PortTemplate> ports;
  std::vector<std::string>
      optional{};  ///< may follow, in this order; those left out keep the module's default
};

/// Index of a port in `ports`; throws std::logic_error if the module has none of that name.
[[nodiscard]] std::size_t portIndex(const ModuleTemplate& module, std::string_view port);

}  // namespace neuspin::hdl
