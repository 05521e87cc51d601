// Visitors of std::variant written as a list of lambdas: std::visit(Overloaded{…}, value). A missing case
// fails to compile.
#pragma once

namespace neuspin {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;  // clang 14 does not deduce it

}  // namespace neuspin
