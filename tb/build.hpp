// Verilates an emitted design together with tb/shim into a shared library, once per distinct RTL.
#pragma once

#include <optional>
#include <string>

#include "emit/emit.hpp"
#include "support/diagnostic.hpp"

namespace neuspin::tb {

struct BuildOptions {
  std::string work = "neuspin-work";  ///< created if missing; holds one folder per distinct RTL
  bool trace = false;            ///< with FST waveforms (a build of its own: tracing code slows every clock)
  bool coverage = false;         ///< counts statements and branches (a build of its own too)
  std::string optimise = "-O1";  ///< of the C++ compiler; -O0 builds faster and runs slower
  bool quiet = false;            ///< no progress
};

/// A design ready to be loaded.
struct Model {
  std::string library;      ///< absolute path of the shared library
  std::string memory_root;  ///< absolute; the folder in which the design's memory images (mem/…) are found
  std::string top;          ///< top module
  bool reused = false;      ///< nothing had to be built
  double seconds = 0;       ///< of building
};

/// `design` as emitDesign returns it for the network `net`. Builds in <work>/<net>-<hash of everything that
/// can change the library>, so that a second call with the same RTL builds nothing; memory images are not
/// part of the hash. Errors (diagnostics "tool-missing", "verilator-failed", "compiler-failed",
/// "cannot-write"): nullopt.
[[nodiscard]] std::optional<Model> buildModel(const std::string& net, const FileSet& design,
                                              const BuildOptions& options, Diagnostics& diags);

}  // namespace neuspin::tb
