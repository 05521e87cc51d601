// Scores that rank images by how uncertain the network is of them.
#pragma once

#include <string_view>
#include <vector>

#include "evaluate/evaluation.hpp"

namespace neuspin::evaluate {

/// The first four from the exact softmax, the others from what the chip puts out.
enum class Score { Entropy, MutualInformation, MaxProbability, MaxLogit, ChipEntropy, ChipKth };

/// Keys in reports: entropy, mutual_information, max_probability, max_logit, chip_entropy, chip_kth.
[[nodiscard]] std::string_view nameOf(Score score);

/// Those the head of this plan can give.
[[nodiscard]] std::vector<Score> scoresOf(const HeadPlan& head);

/// One value an image, high = uncertain: entropies and mutual information as they are, 1 − largest mean
/// probability, − mean largest logit, 1 − largest k-th smallest probability.
[[nodiscard]] std::vector<double> scoreImages(Score score, const Evaluation& evaluation);

}  // namespace neuspin::evaluate
