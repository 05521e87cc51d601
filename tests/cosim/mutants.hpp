// Hand-made faults, one a module: what the lock-step comparison must catch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "emit/emit.hpp"

namespace neuspin::testing {

/// A small change of one expression of the emitted text. `before` + `original` occurs exactly once in the
/// file.
struct Mutant {
  std::string file;  ///< within the emitted folder
  std::string original;
  std::string replaced;
  std::string what;         ///< the fault in words
  std::string before = {};  ///< what stands before `original`, where that occurs more than once
};

/// `net`: name of the network, for the files composed for it. It needs two layers or more, unsigned bit
/// planes, several row tiles, threshold form, a dropout module a layer, and smallest samples.
[[nodiscard]] std::vector<Mutant> mutants(const std::string& net);

/// Faults of the modules that only some methods use. The network needs row masks of several rounds (shared
/// units), SpinBayes with weights of several bits and an arbiter that rejects, scale dropout with one unit
/// for the model, and calibration.
[[nodiscard]] std::vector<Mutant> methodMutants();

/// Faults that show only where u equals its mean. A layer with affine dropout and one output is always there;
/// wider layers hardly ever are.
[[nodiscard]] std::vector<Mutant> tieMutants();

/// Faults that show only on a real chip: columns that sum currents of junctions that differ, in fewer bits
/// than tell all counts apart, and units whose RESETs and reads fail.
[[nodiscard]] std::vector<Mutant> chipMutants();

/// Faults of convolutions. The network needs a convolution with padding of 0, masks of its channels over
/// several passes, a pool of 3 or more and outputs that fall with their sum, and one behind it with a choice
/// of its own and averages of 3 or more, several in a row.
[[nodiscard]] std::vector<Mutant> convolutionMutants();

/// The design with every fault in it, of which the one numbered seed >> kMutantShift acts (from 1 on; 0:
/// none), `seed` being that of the run.
inline constexpr int kMutantShift = 24;
[[nodiscard]] FileSet withSwitchedMutants(FileSet design, const std::vector<Mutant>& faults);

}  // namespace neuspin::testing
