#include "cli/explain_text.hpp"

#include <fmt/format.h>

#include "support/overloaded.hpp"

namespace neuspin::cli {
namespace {

std::string dropText(const char* method, double probability, bool rescale) {
  return fmt::format("{} p = {:.4g}{}", method, probability, rescale ? ", rescaled" : "");
}

const char* units(int count) {
  return count == 1 ? "unit" : "units";
}

/// Normalisation and its parameters in a threshold or multiply form, by what the scheme leaves of them.
std::string banksText(const LayerPlan& layer, const Scheme& scheme) {
  if (std::holds_alternative<ScaleDropout>(scheme))
    return "bank 0 with the scale, bank 1 with 1 in its place";
  if (std::holds_alternative<AffineDropout>(scheme)) return "4 banks: gamma, beta kept or dropped";
  if (std::holds_alternative<SubsetSamples>(scheme))
    return fmt::format("{} banks, one a sample", layer.banks);
  return {};
}

bool rescaled(const Scheme& scheme) {
  if (const auto* drop = std::get_if<SpinDrop>(&scheme)) return drop->rescale;
  if (const auto* drop = std::get_if<SpatialDropout>(&scheme)) return drop->rescale;
  return false;
}

}  // namespace

std::string methodText(const Scheme& scheme) {
  return std::visit(
      Overloaded{
          [](const Deterministic&) { return std::string("deterministic"); },
          [](const SpinDrop& s) { return dropText("spindrop", s.probability, s.rescale); },
          [](const SpatialDropout& s) {
            return dropText("spatial_dropout", s.probability, s.rescale) + fmt::format(", group {}", s.group);
          },
          [](const ScaleDropout& s) { return dropText("scale_dropout", s.probability, false); },
          [](const AffineDropout& s) { return dropText("affine_dropout", s.probability, false); },
          [](const SubsetSamples& s) { return fmt::format("subset, {} stored samples", s.samples); },
          [](const SubsetNoise& s) { return fmt::format("subset, noise of {} bits", s.noise_bits); },
          [](const SpinBayes& s) {
            return fmt::format("spinbayes, {} arrays of {} bit{}", s.arrays, s.bits, s.bits == 1 ? "" : "s");
          }},
      scheme);
}

std::string actsOn(const LayerPlan& layer) {
  switch (layer.choice) {
    case Choice::None:
      return "-";
    case Choice::Rows:
      return layer.mask_group == 1
                 ? fmt::format("{} word-line pairs", layer.inputs)
                 : fmt::format("{} groups of {} word-line pairs", layer.maskBits(), layer.mask_group);
    case Choice::Array:
      return fmt::format("which of {} array sets is read", layer.arrays);
    case Choice::Bank:
      return fmt::format("which of {} scale banks is read", layer.banks);
    case Choice::Noise:
      return fmt::format("{} scales, {} at a time", layer.outputs, layer.lanes);
  }
  return {};
}

std::string unitsText(const LayerPlan& layer, const Plan& plan) {
  if (layer.shared_consumer >= 0) {
    return plan.shared_consumers == 1 ? "1 unit" : fmt::format("1 unit for {} layers", plan.shared_consumers);
  }
  if (!layer.supply) return "-";
  const SupplyPlan& supply = *layer.supply;
  const std::string white = supply.whiten ? ", whitened" : "";
  if (supply.choices > 0) {
    return fmt::format("1 {} of {} ({} {}{})", layer.choice == Choice::Array ? "arbiter" : "selector",
                       supply.choices, supply.modules, units(supply.modules), white);
  }
  std::string text = fmt::format("{} {}", supply.modules, units(supply.modules));
  if (supply.rounds > 1) text += fmt::format(", {} rounds", supply.rounds);
  return text + white;
}

std::string foldedText(const LayerPlan& layer, const LayerSpec& spec, const HeadPlan& head) {
  const std::string banks = banksText(layer, spec.scheme);
  const std::string suffix = banks.empty() ? "" : " (" + banks + ")";
  const std::string average =
      spec.addedWindows() > 1 ? fmt::format("1/{} (average), ", spec.addedWindows()) : "";
  const std::string rescale = average + (rescaled(spec.scheme) ? "1/(1 - p), " : "");
  const bool affine = std::holds_alternative<AffineDropout>(spec.scheme);
  if (layer.cross_norm) {
    return fmt::format(
        "{}scale, gamma -> {}-bit multiply, bias, beta -> {}-bit offset{}; normalisation -> {}*u >= sum of "
        "u, "
        "no "
        "mean, variance or divider",
        rescale, layer.scale_bits, layer.offset_bits, suffix, layer.outputs);
  }
  const std::string norm = affine ? "bias, beta" : "bias, batch norm";
  if (layer.form == PostForm::Noise) {
    return fmt::format("{}mu -> {}-bit and sigma -> {}-bit multiply, {} -> {}-bit offset{}",
                       layer.last ? "batch norm, " : "", layer.scale_bits, layer.sigma_bits, norm,
                       layer.offset_bits,
                       layer.last ? fmt::format(", logits rounded to 2^-{}", head.logit_frac) : "");
  }
  if (layer.last) {
    return fmt::format("{}scale, {} -> {}-bit multiply and {}-bit offset{}, logits rounded to 2^-{}", rescale,
                       affine ? "gamma, bias, beta" : norm, layer.scale_bits, layer.offset_bits, suffix,
                       head.logit_frac);
  }
  if (layer.form == PostForm::Threshold) {
    return fmt::format("{}scale, {} -> {}-bit threshold and polarity{}, exact", rescale, norm,
                       layer.theta_bits, suffix);
  }
  return fmt::format("{}scale -> {}-bit multiply, {} -> {}-bit offset{}, decisions exact", rescale,
                     layer.scale_bits, norm, layer.offset_bits, suffix);
}

}  // namespace neuspin::cli
