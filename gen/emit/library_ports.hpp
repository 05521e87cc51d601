// How templates of library modules are written down: ports with widths as functions of the parameters.
// Included by library*.cpp only.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "hdl/module_template.hpp"
#include "plan/plan.hpp"

namespace neuspin::emit {

using hdl::Direction;
using hdl::ModuleTemplate;
using hdl::PortTemplate;

/// p("Rows"): value of an integer parameter of the instance.
struct Get {
  const hdl::Params& params;
  std::int64_t operator()(std::string_view name) const { return hdl::intParam(params, name); }
  /// Of an optional parameter.
  [[nodiscard]] std::int64_t given(std::string_view name, std::int64_t otherwise) const {
    for (const auto& parameter : params) {
      if (parameter.first == name) return hdl::intParam(params, name);
    }
    return otherwise;
  }
};

template <class Width>
PortTemplate port(std::string name, Direction direction, Width width) {
  return {std::move(name), direction,
          [width](const hdl::Params& params) -> std::int64_t { return width(Get{params}); }};
}
template <class Width>
PortTemplate in(std::string name, Width width) {
  return port(std::move(name), Direction::Input, width);
}
template <class Width>
PortTemplate out(std::string name, Width width) {
  return port(std::move(name), Direction::Output, width);
}
inline PortTemplate in(std::string name, int width = 1) {
  return port(std::move(name), Direction::Input, [width](Get) { return width; });
}
inline PortTemplate out(std::string name, int width = 1) {
  return port(std::move(name), Direction::Output, [width](Get) { return width; });
}

inline constexpr int kProgBits = 16;  ///< unit and address on the programming bus

}  // namespace neuspin::emit
