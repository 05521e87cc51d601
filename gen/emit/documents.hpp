// The files around the design: tool file lists, constraints, the page that says how to use the folder.
#pragma once

#include "emit/emit.hpp"
#include "emit/sources.hpp"

namespace neuspin::emit {

/// Adds <net>.f, <net>_sim.f, <net>.ys, <net>.sdc and README.md. `composed`: generated modules, each after
/// those it uses.
void addDocuments(const Plan& plan, const LibraryFiles& library, const std::vector<std::string>& composed,
                  bool testbench, FileSet& files);

}  // namespace neuspin::emit
