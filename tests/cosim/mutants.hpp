// Hand-made faults, one a module: what the lock-step comparison must catch.
#pragma once

#include <string>
#include <vector>

namespace neuspin::testing {

/// A small change of one place of the emitted text. `original` occurs exactly once in the file.
struct Mutant {
  std::string file;  ///< within the emitted folder
  std::string original;
  std::string replaced;
  std::string what;  ///< the fault in words
};

/// `net`: name of the network, for the files composed for it. It needs two layers or more, unsigned bit
/// planes, several row tiles, threshold form, a dropout module a layer, and smallest samples.
[[nodiscard]] std::vector<Mutant> mutants(const std::string& net);

/// Faults of the modules that only some methods use. The network needs row masks of several rounds (shared units),
/// SpinBayes with weights of several bits and an arbiter that rejects, scale dropout with one unit for the model, and
/// calibration.
[[nodiscard]] std::vector<Mutant> methodMutants();

/// Faults that show only where u equals its mean. A layer with affine dropout and one output is always there;
/// wider layers hardly ever are.
[[nodiscard]] std::vector<Mutant> tieMutants();

/// Faults that show only on a real chip: columns that sum currents of junctions that differ, in fewer bits
/// than tell all counts apart, and units whose RESETs and reads fail.
[[nodiscard]] std::vector<Mutant> chipMutants();

}  // namespace neuspin::testing
