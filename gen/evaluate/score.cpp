#include "evaluate/score.hpp"

namespace neuspin::evaluate {

namespace {

constexpr double kOne = 4096;  // the chip's probabilities and entropies have 12 fraction bits

double valueOf(Score score, const Uncertainty& softmax, const golden::ImageResult& chip) {
  switch (score) {
    case Score::Entropy:
      return softmax.entropy;
    case Score::MutualInformation:
      return softmax.mutual_information;
    case Score::MaxProbability:
      return 1 - softmax.max_probability;
    case Score::MaxLogit:
      return -softmax.max_logit;
    case Score::ChipEntropy:
      return chip.entropy / kOne;
    case Score::ChipKth:
      return 1 - chip.kth_max / kOne;
  }
  return 0;
}

}  // namespace

std::string_view nameOf(Score score) {
  switch (score) {
    case Score::Entropy:
      return "entropy";
    case Score::MutualInformation:
      return "mutual_information";
    case Score::MaxProbability:
      return "max_probability";
    case Score::MaxLogit:
      return "max_logit";
    case Score::ChipEntropy:
      return "chip_entropy";
    case Score::ChipKth:
      return "chip_kth";
  }
  return "";
}

std::vector<Score> scoresOf(const HeadPlan& head) {
  std::vector<Score> scores = {Score::Entropy, Score::MutualInformation, Score::MaxProbability,
                               Score::MaxLogit};
  if (head.entropy) scores.push_back(Score::ChipEntropy);
  if (head.smallest > 0) scores.push_back(Score::ChipKth);
  return scores;
}

std::vector<double> scoreImages(Score score, const Evaluation& evaluation) {
  std::vector<double> values;
  values.reserve(evaluation.results.size());
  for (std::size_t i = 0; i < evaluation.results.size(); ++i)
    values.push_back(valueOf(score, evaluation.uncertainty[i], evaluation.results[i]));
  return values;
}

}  // namespace neuspin::evaluate
