// Many chips of a design through the same test sets: what `neuspin evaluate --chips` and `neuspin sweep`
// share.
#pragma once

#include <functional>
#include <vector>

#include "cli/device.hpp"
#include "cli/quality.hpp"
#include "evaluate/chips.hpp"

namespace neuspin::cli {

/// The design on ideal devices; `options.intervals` is ignored: none.
[[nodiscard]] evaluate::Study studyIdeal(const Loaded& loaded, const QualitySets& sets,
                                         evaluate::StudyOptions options);

/// The chips with the seeds file.seed, file.seed + 1, …; all on the same images with the same Monte Carlo
/// seed. `made` is called after each. Threads work on one chip at a time, on its arrays and on the images.
[[nodiscard]] std::vector<evaluate::ChipResult> studyChips(
    const Loaded& loaded, const chip::DeviceFile& file, int chips, const QualitySets& sets,
    evaluate::StudyOptions options, const std::function<void(const chip::Chip&)>& made);

}  // namespace neuspin::cli
