// One instance of a verilated design, loaded from the shared library that buildModel made.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "build.hpp"
#include "shim/neuspin_shim.h"
#include "support/diagnostic.hpp"

namespace neuspin::tb {

/// Not thread-safe; several instances may live at once, each used by one thread.
class Dut {
 public:
  /// `seed` goes to the dropout devices (+neuspin_seed); `random_seed` fills registers that have no initial
  /// value. Starts in reset with the clock low. nullptr and an error if the library cannot be loaded.
  [[nodiscard]] static std::unique_ptr<Dut> load(const Model& model, std::uint32_t seed, int random_seed,
                                                 Diagnostics& diags);
  ~Dut();
  Dut(const Dut&) = delete;
  Dut& operator=(const Dut&) = delete;

  /// Clock low, inputs applied, outputs sampled.
  void low(const NeuspinInputs& inputs, NeuspinOutputs& outputs) { api_.low(instance_, &inputs, &outputs); }
  /// Rising edge.
  void high() { api_.high(instance_); }

  /// An architectural register; nullopt if there is none of that name. scope: instance path below the top.
  [[nodiscard]] std::optional<NeuspinSignal> find(const std::string& scope, const std::string& signal) const;
  /// (scope, signal) of every architectural register.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> list() const;

  /// Failed assertions and $error calls so far.
  [[nodiscard]] int failures() const { return api_.failures(instance_); }
  /// What the design printed since the last call.
  [[nodiscard]] std::string takeText() { return api_.text(instance_); }

  /// False if the model was built without `trace` or the file cannot be written.
  [[nodiscard]] bool openTrace(const std::string& file) {
    return api_.trace_open(instance_, file.c_str()) != 0;
  }
  void closeTrace() { api_.trace_close(instance_); }
  /// False if the model was built without `coverage` or the file cannot be written.
  [[nodiscard]] bool writeCoverage(const std::string& file) {
    return api_.coverage_write(instance_, file.c_str()) != 0;
  }

 private:
  struct Api {
    decltype(&neuspinAbi) abi;
    decltype(&neuspinCreate) create;
    decltype(&neuspinDestroy) destroy;
    decltype(&neuspinLow) low;
    decltype(&neuspinHigh) high;
    decltype(&neuspinFind) find;
    decltype(&neuspinList) list;
    decltype(&neuspinFailures) failures;
    decltype(&neuspinText) text;
    decltype(&neuspinTraceOpen) trace_open;
    decltype(&neuspinTraceClose) trace_close;
    decltype(&neuspinCoverageWrite) coverage_write;
  };
  Dut() = default;

  void* library_ = nullptr;
  void* instance_ = nullptr;
  Api api_{};
};

}  // namespace neuspin::tb
