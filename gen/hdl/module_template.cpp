#include "hdl/module_template.hpp"

#include <stdexcept>

namespace neuspin::hdl {

BitVector BitVector::of(int width, std::uint64_t value) {
  BitVector result{width, std::vector<std::uint32_t>(static_cast<std::size_t>(width + 31) / 32)};
  result.set(0, width < 64 ? width : 64, value);
  return result;
}

void BitVector::set(int lsb, int count, std::uint64_t value) {
  if (lsb < 0 || count < 0 || lsb + count > width)
    throw std::logic_error("BitVector::set outside the vector");
  for (int i = 0; i < count; ++i) {
    const std::uint32_t mask = 1U << ((lsb + i) % 32);
    std::uint32_t& word = words[static_cast<std::size_t>(lsb + i) / 32];
    word = ((value >> i) & 1) != 0 ? word | mask : word & ~mask;
  }
}

bool BitVector::bit(int index) const {
  return ((words[static_cast<std::size_t>(index) / 32] >> (index % 32)) & 1) != 0;
}

std::int64_t intParam(const Params& params, std::string_view name) {
  for (const auto& [key, value] : params) {
    if (key != name) continue;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
    throw std::logic_error("parameter '" + key + "' is not an integer");
  }
  throw std::logic_error("parameter '" + std::string(name) + "' is not set");
}

std::size_t portIndex(const ModuleTemplate& module, std::string_view port) {
  for (std::size_t i = 0; i < module.ports.size(); ++i) {
    if (module.ports[i].name == port) return i;
  }
  throw std::logic_error("module " + module.name + " has no port '" + std::string(port) + "'");
}

}  // namespace neuspin::hdl
