// Runs external tools (verilator, yosys, sta, make) in their own process group, so that a tool's children
// never outlive it (Yosys leaves ABC running otherwise).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace neuspin {

struct ProcessResult {
  int exit_code = -1;  ///< 128 + signal if killed
  bool timed_out = false;
  double seconds = 0;         ///< wall
  double peak_memory_mb = 0;  ///< largest resident set of the process tree (wait4 ru_maxrss)
  std::string output;         ///< stdout and stderr together
};

struct ProcessOptions {
  std::string directory = {};                          ///< "" = current
  double timeout_seconds = 0;                          ///< 0 = none
  std::function<void(double seconds)> heartbeat = {};  ///< about once a second while running
};

/// argv[0] is looked up in PATH. A tool that is not there gives exit_code 127.
[[nodiscard]] ProcessResult runProcess(const std::vector<std::string>& argv,
                                       const ProcessOptions& options = {});

/// Full path of a tool in PATH, or nullopt.
[[nodiscard]] std::optional<std::string> findTool(const std::string& name);

}  // namespace neuspin
