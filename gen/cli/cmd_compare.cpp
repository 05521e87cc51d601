// `neuspin compare`: several networks on the same test and out-of-distribution sets, as one table.
#include <fmt/format.h>

#include <memory>

#include "cli/quality.hpp"
#include "evaluate/report.hpp"

namespace neuspin::cli {

namespace {

struct CompareOptions {
  std::vector<std::string> specs;
  Common common;  ///< of each; `network` is set in turn
  QualityOptions quality;
  std::string markdown = "-";
  evaluate::Score score = evaluate::Score::Entropy;
};

int compareCommand(const CompareOptions& options) {
  std::vector<Loaded> networks;
  bool complete = true;
  for (const auto& spec : options.specs) {
    Common common = options.common;
    common.network = spec;
    auto loaded = load(common);
    complete = complete && loaded;
    if (loaded) networks.push_back(std::move(*loaded));
  }
  if (!complete) return kBadInput;
  Diagnostics diags;
  for (const auto& network : networks) checkFits(networks.front(), network, diags);
  evaluate::Comparative comparative{.studies = {}, .paired = {}, .score = options.score};
  for (const auto& network : networks) {
    if (diags.hasErrors()) break;
    const auto study_options = studyOptions(options.quality, network, diags);
    // Arranged as this network takes them; labels are the same for all.
    const auto sets = readSets(options.quality, network.plan, network.network.file, diags);
    if (diags.hasErrors() || !sets) break;
    const golden::Infer infer(network.plan, network.weights);
    auto study = runWithProgress(infer, network.plan, *sets, study_options, options.common.quiet);
    if (!comparative.studies.empty()) {
      comparative.paired.push_back(
          evaluate::compareStudies(comparative.studies.front(), study, sets->test, options.quality.threads));
    }
    comparative.studies.push_back(std::move(study));
  }
  fmt::print(stderr, "{}", diags.render());
  if (diags.hasErrors()) return kBadInput;
  const bool quiet_table = options.markdown == "-" && options.common.json == "-";
  const bool written = quiet_table || writeReport(options.markdown, evaluate::toMarkdown(comparative));
  return writeJson(options.common, evaluate::toJson(comparative)) && written ? kOk : kBadInput;
}

}  // namespace

void addCompare(CLI::App& app, Run& run) {
  auto* sub = app.add_subcommand("compare", "evaluate several networks on the same sets: one Markdown table");
  auto options = std::make_shared<CompareOptions>();
  addCommonOfSeveral(*sub, options->specs,
                     "network.toml files or their folders; the first is what the others are compared with",
                     options->common);
  sub->add_option("--markdown", options->markdown, "write the table to FILE (default: standard output)");
  const std::map<std::string, evaluate::Score> scores = {
      {"entropy", evaluate::Score::Entropy},
      {"mutual_information", evaluate::Score::MutualInformation},
      {"max_probability", evaluate::Score::MaxProbability},
      {"max_logit", evaluate::Score::MaxLogit}};
  sub->add_option("--score", options->score,
                  "detector shown in the table: entropy, mutual_information, max_probability, max_logit")
      ->transform(CLI::CheckedTransformer(scores));
  addQuality(*sub, options->quality);
  sub->footer(
      "Example: neuspin compare examples/fashion-mlp-det examples/fashion-mlp-scaledrop --ood mnist --ood "
      "uniform "
      "--seeds 5 --markdown table.md");
  sub->callback([options, &run] { run = [options] { return compareCommand(*options); }; });
}

}  // namespace neuspin::cli
