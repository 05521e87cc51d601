// The hand-written files a design needs, from the copies embedded in the program.
#pragma once

#include <string>
#include <vector>

#include "emit/emit.hpp"

namespace neuspin::emit {

/// File names without folder.
struct LibraryFiles {
  std::vector<std::string> modules;  ///< synthesisable, every file after those it uses
  std::vector<std::string> headers;  ///< `include files
  std::vector<std::string> macros;   ///< arrays, SRAMs, devices: a behavioural view and a black box each
};

/// Everything `roots` (module names) use, directly or not. A file uses a module or header if it names it
/// outside comments. Throws std::logic_error if a root is not in the library.
[[nodiscard]] LibraryFiles libraryClosure(const std::vector<std::string>& roots);

/// Adds the files to rtl/, behavioral/ and blackbox/, unchanged.
void addSources(const LibraryFiles& library, FileSet& files);

}  // namespace neuspin::emit
