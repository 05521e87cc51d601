#include "cli/chips.hpp"

namespace neuspin::cli {

evaluate::Study studyIdeal(const Loaded& loaded, const QualitySets& sets, evaluate::StudyOptions options) {
  options.intervals = false;
  const golden::Infer infer(loaded.plan, loaded.weights);
  return evaluate::runStudy(infer, loaded.plan, sets.test, sets.ood, options);
}

std::vector<evaluate::ChipResult> studyChips(const Loaded& loaded, const chip::DeviceFile& file, int chips,
                                             const QualitySets& sets, evaluate::StudyOptions options,
                                             const std::function<void(const chip::Chip&)>& made) {
  options.intervals = false;
  std::vector<evaluate::ChipResult> results;
  for (int n = 0; n < chips; ++n) {
    const auto chip =
        chip::makeChip(loaded.plan, file, file.seed + static_cast<std::uint32_t>(n), options.threads);
    auto of_chip = options;
    startCalibrated(chip.plan, of_chip);
    const golden::Infer infer(chip.plan, loaded.weights);
    auto study = evaluate::runStudy(infer, chip.plan, sets.test, sets.ood, of_chip);
    results.push_back({chip.seed, std::move(study.seeds.front())});
    made(chip);
  }
  return results;
}

}  // namespace neuspin::cli
