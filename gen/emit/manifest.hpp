// manifest.json: what was generated, what it costs, and where everything is.
#pragma once

#include <string>

#include "emit/emit.hpp"

namespace neuspin::emit {

/// Keys: gen/emit/README.md. `files` must hold everything but the manifest itself.
[[nodiscard]] std::string manifestText(const Plan& plan, const FileSet& files);

}  // namespace neuspin::emit
