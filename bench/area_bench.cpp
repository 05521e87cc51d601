// The planner's area model against Yosys. Designs are planned, emitted and synthesised (the flow of `neuspin
// synth`, library "generic", macros as boxes); what became of every engine's modules is set against their
// amounts (gen/plan/area.hpp).
//   area_bench WORK fit FIRST LAST          random networks of these seeds; prints gen/plan/area_table.cpp
//   area_bench WORK check FOLDER[:TARGET]…  model and synthesis of whole designs, of one's own networks
// A design found synthesised under WORK is not synthesised again.
#include <fmt/format.h>

#include <Eigen/Dense>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "emit/emit.hpp"
#include "emit/names.hpp"
#include "flow.hpp"
#include "plan/area.hpp"
#include "support/files.hpp"

namespace {

using namespace neuspin;
using nlohmann::json;

/// Module of the area table that a library module belongs to.
std::string tableName(const std::string& module) {
  if (module == "cim_tile" || module == "cim_adc_tile" || module == "cim_array_port" ||
      module == "cim_adc_port")
    return "tile ports";
  return module;
}

/// Area of library modules below one instance, by module of the table.
using Areas = std::map<std::string, double>;

struct Synthesised {
  std::vector<Areas> engines;
  Areas other;
};

/// Yosys 0.23 prints text behind the modules: only that object is read.
json modulesOf(const std::string& stat) {
  const auto from = stat.find('{', stat.find("\"modules\""));
  int depth = 0;
  for (std::size_t at = from; at < stat.size(); ++at) {
    if (stat[at] == '{') ++depth;
    if (stat[at] == '}' && --depth == 0) return json::parse(stat.substr(from, at + 1 - from));
  }
  throw std::runtime_error("stat.json is cut off");
}

Synthesised readAreas(const std::string& stat, const Plan& plan, const synth::Liberty& library) {
  const json modules = modulesOf(stat);
  const std::function<void(const std::string&, double, const std::string&, Areas&)> walk =
      [&](const std::string& module, double instances, const std::string& layer_prefix, Areas& areas) {
        double own = 0;
        for (const auto& [cell, count] : modules.at(module).at("num_cells_by_type").items()) {
          const double number = instances * count.get<double>();
          if (const auto* of_library = library.find(cell)) {
            own += number * of_library->area;
          } else if (modules.contains(cell) &&
                     (layer_prefix.empty() || synth::moduleName(cell).find(layer_prefix) != 0)) {
            walk(cell, number, layer_prefix, areas);
          }
        }
        areas[tableName(synth::moduleName(module))] += own;
      };
  Synthesised found;
  const std::string prefix = plan.name + "_layer";
  for (const LayerPlan& layer : plan.layers)
    walk("\\" + emit::layerModuleName(plan, layer), 1, "", found.engines.emplace_back());
  walk("\\" + plan.name + "_top", 1, prefix, found.other);
  return found;
}

struct Design {
  Plan plan;
  Weights weights;
};

Weights randomWeights(const NetworkSpec& network, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  Weights weights;
  for (const LayerSpec& spec : network.layers) {
    LayerWeights layer;
    layer.words_per_row = (spec.inputs + 63) / 64;
    layer.outputs = spec.outputs;
    layer.arrays = weightArrays(spec.scheme);
    layer.slices = weightSlices(spec.scheme);
    const int unused = 64 * layer.words_per_row - spec.inputs;
    layer.weight_bits.resize(static_cast<std::size_t>(layer.arrays) * layer.slices * spec.outputs *
                             layer.words_per_row);
    for (std::size_t i = 0; i < layer.weight_bits.size(); ++i) {
      const bool row_end = (i + 1) % static_cast<std::size_t>(layer.words_per_row) == 0;
      layer.weight_bits[i] = random() >> (row_end ? unused : 0);
    }
    const auto* samples = std::get_if<SubsetSamples>(&spec.scheme);
    for (int o = 0; o < spec.outputs * (samples != nullptr ? samples->samples : 1); ++o)
      layer.scale.push_back(1 + 0.2 * normal(random));
    const bool noise = std::holds_alternative<SubsetNoise>(spec.scheme);
    for (int o = 0; o < spec.outputs; ++o) {
      if (noise) layer.scale_sigma.push_back(0.1);
      layer.bias.push_back(0);
      layer.gamma.push_back(1 + 0.2 * normal(random));
      layer.beta.push_back(normal(random));
      layer.mean.push_back(std::sqrt(spec.inputs) * normal(random) / 2);
      layer.var.push_back(spec.inputs);
      if (spec.skip >= 0) layer.skip.push_back(normal(random));
    }
    weights.layers.push_back(std::move(layer));
  }
  return weights;
}

/// Small, and as many different parameters of every module as fit: every layer has its own group, lanes and
/// tiles.
std::optional<Design> randomDesign(unsigned seed) {
  std::mt19937_64 random(seed);
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  const auto oneIn = [&](int n) { return between(1, n) == 1; };
  NetworkSpec network;
  network.name = fmt::format("area{}", seed);
  network.passes = 4;
  network.input.shape = {between(1, 5), between(6, 8), between(6, 14)};
  network.input.features = network.input.shape.elements();
  network.input.encoding = oneIn(2) ? InputEncoding::Unsigned : InputEncoding::Bipolar;
  network.input.bits = network.input.encoding == InputEncoding::Bipolar ? 1 : between(2, 8);
  TargetSpec target;
  target.array_rows = 64 * between(1, 3);
  target.array_cols = between(20, 100);
  target.conv_mapping = between(1, 2);
  target.input_beat = between(1, 8);
  target.form = oneIn(3) ? PostForm::Multiply : PostForm::Threshold;
  target.sensing = oneIn(4) ? Sensing::Adc : Sensing::Bit;
  target.drive_bits = between(2, 6);
  target.max_passes = between(4, 64);
  target.smallest = between(0, 3);
  target.ood_k = 1;
  target.entropy = oneIn(2);
  target.moment2 = oneIn(2);
  target.share = between(1, 8);
  target.health_window_log2 = oneIn(2) ? 10 : 0;
  if (oneIn(3)) target.calibration = Calibration::None;
  Shape shape = network.input.shape;
  const int convolutions = between(2, 3), linear = between(1, 2);
  for (int i = 0; i < convolutions + linear + 1; ++i) {
    LayerSpec layer;
    layer.name = fmt::format("l{}", i);
    layer.last = i == convolutions + linear;
    layer.in = shape;
    const bool conv = i < convolutions;
    switch (between(0, 9)) {
      case 0:
        layer.scheme = SpinDrop{0.2, false, false};
        break;
      case 1:
        layer.scheme = SpatialDropout{0.2, conv ? 1 : 4, false};
        break;
      case 2:
        layer.scheme = ScaleDropout{0.3, oneIn(2)};
        break;
      case 3:
        layer.scheme = SubsetSamples{between(2, 8)};
        break;
      case 4:
        layer.scheme = SpinBayes{between(2, 5), between(1, 2)};
        break;
      case 5:
        layer.scheme = AffineDropout{0.3};
        break;
      case 6:
        layer.scheme = SubsetNoise{between(2, 8)};
        break;
      default:
        break;
    }
    const bool noise = std::holds_alternative<SubsetNoise>(layer.scheme),
               affine = std::holds_alternative<AffineDropout>(layer.scheme);
    if (conv) {
      const int padding = between(0, 1), kernel = 2 * padding + 1;
      const bool again = i > 0 && network.layers[0].out == shape;
      layer.conv =
          ConvSpec{.kernel = again ? kernel : between(1, 3), .stride = 1, .padding = again ? padding : 0};
      layer.inputs = shape.channels * layer.conv->kernel * layer.conv->kernel;
      layer.outputs = again ? shape.channels : between(4, 24);
      const auto windows = [&](int size) { return size + 2 * layer.conv->padding - layer.conv->kernel + 1; };
      if (oneIn(2) && !noise && !again) layer.pool = 2;
      layer.pooling = affine || oneIn(3) ? Pooling::Average : Pooling::Max;
      layer.out = {layer.outputs, windows(shape.height) / layer.pool, windows(shape.width) / layer.pool};
      if (again && layer.out == shape && layer.pool == 1) layer.skip = 0;
    } else {
      layer.inputs = shape.elements();
      layer.outputs = layer.last ? between(3, 12) : between(16, 60);
      layer.out = {layer.outputs, 1, 1};
    }
    shape = layer.out;
    target.layers[layer.name] = {between(1, 4) * between(1, 6), noise ? 0 : between(1, 16), between(1, 5)};
    network.layers.push_back(layer);
  }
  Design design;
  design.weights = randomWeights(network, random);
  Diagnostics diags;
  auto plan = makePlan(network, target, design.weights, diags);
  if (!plan) {
    fmt::print(stderr, "seed {}: {}", seed, diags.render());
    return std::nullopt;
  }
  design.plan = std::move(*plan);
  return design;
}

std::optional<Design> loadDesign(const std::string& argument) {
  const auto colon = argument.find(':');
  const std::string folder = argument.substr(0, colon);
  Diagnostics diags;
  const auto network = readNetwork(folder + "/network.toml", diags);
  const auto target =
      readTarget(colon == std::string::npos ? folder + "/target.toml" : argument.substr(colon + 1), diags);
  if (!network || !target) return fmt::print(stderr, "{}", diags.render()), std::nullopt;
  auto weights = readWeights(*network, diags);
  if (!weights) return fmt::print(stderr, "{}", diags.render()), std::nullopt;
  auto plan = makePlan(*network, *target, *weights, diags);
  if (!plan) return fmt::print(stderr, "{}", diags.render()), std::nullopt;
  return Design{std::move(*plan), std::move(*weights)};
}

/// Without the head, which takes longer than small engines.
FileSet withoutHead(FileSet files) {
  std::string& text = files.at("rtl/cim_head.sv");
  text = text.substr(0, text.find("\n);\n") + 4) + "endmodule\n";
  return files;
}

std::optional<Synthesised> synthesised(const std::string& work, const Design& design,
                                       const synth::Liberty& library, bool head) {
  // The folding is part of what a design is called here.
  const std::string folder = work + "/" + design.plan.name + "_" + design.plan.spec_sha256.substr(0, 8);
  Diagnostics diags;
  if (!std::filesystem::exists(folder + "/synth/stat.json")) {
    EmitOptions emit;
    emit.vector_images = 0;
    synth::FlowOptions options;
    options.work = folder;
    FileSet files = emitDesign(design.plan, design.weights, emit);
    if (!head) files = withoutHead(std::move(files));
    const auto result = synth::synthesize(design.plan.name, files, library, options, diags);
    fmt::print(stderr, "{}{}: {:.0f} s, {:.0f} MB\n", diags.render(), folder, result.seconds,
               result.peak_memory_mb);
    if (result.error != synth::FlowError::None) {
      std::filesystem::remove(folder + "/synth/stat.json");
      return std::nullopt;
    }
  }
  const auto stat = readFile(folder + "/synth/stat.json", diags);
  return stat ? std::optional(readAreas(*stat, design.plan, library)) : std::nullopt;
}

struct Equation {
  std::array<double, plan::kAreaTerms> amounts;
  double area;
};

/// Coefficients of at least 0 with the smallest squared error, each equation weighted by 1/area: of all sets
/// of terms the best.
std::array<double, plan::kAreaTerms> fit(const std::vector<Equation>& equations, int terms) {
  std::array<double, plan::kAreaTerms> best{};
  double best_error = std::numeric_limits<double>::infinity();
  for (unsigned set = 1; set < 1U << terms; ++set) {
    std::vector<int> used;
    for (int t = 0; t < terms; ++t)
      if ((set >> t & 1) != 0) used.push_back(t);
    const auto columns = static_cast<Eigen::Index>(used.size());
    Eigen::MatrixXd matrix(static_cast<Eigen::Index>(equations.size()), columns);
    Eigen::VectorXd wanted(matrix.rows());
    for (Eigen::Index row = 0; row < matrix.rows(); ++row) {
      const Equation& equation = equations[static_cast<std::size_t>(row)];
      const double weight = 1 / std::sqrt(equation.area);
      for (Eigen::Index c = 0; c < columns; ++c)
        matrix(row, c) =
            weight * equation.amounts[static_cast<std::size_t>(used[static_cast<std::size_t>(c)])];
      wanted(row) = weight * equation.area;
    }
    const Eigen::VectorXd solution = matrix.colPivHouseholderQr().solve(wanted);
    const double error = (matrix * solution - wanted).squaredNorm();
    if (solution.minCoeff() < 0 || error >= best_error * (1 - 1e-9)) continue;
    best_error = error;
    best = {};
    for (Eigen::Index c = 0; c < columns; ++c)
      best[static_cast<std::size_t>(used[static_cast<std::size_t>(c)])] = solution(c);
  }
  return best;
}

int fitTable(const std::string& work, const synth::Liberty& library, unsigned first, unsigned last) {
  std::map<std::string, std::vector<Equation>, std::less<>> equations;
  Areas unknown;
  const auto take = [&](const Areas& areas, const plan::AreaAmounts& amounts) {
    for (const auto& [module, area] : areas) {
      const auto found = amounts.find(module);
      if (found == amounts.end()) {
        unknown[module] += area;
      } else if (area > 0) {
        equations[module].push_back({found->second, area});
      }
    }
  };
  int designs = 0;
  for (unsigned seed = first; seed <= last; ++seed) {
    const auto design = randomDesign(seed);
    if (!design) continue;
    const auto found = synthesised(work, *design, library, seed % 8 == 0);
    if (!found) continue;
    ++designs;
    for (const LayerPlan& layer : design->plan.layers)
      take(found->engines[static_cast<std::size_t>(layer.index)], plan::engineAmounts(design->plan, layer));
    take(found->other, plan::otherAmounts(design->plan));
  }
  for (const auto& [module, area] : unknown)
    if (area > 0) fmt::print(stderr, "not in the table: {} ({:.0f} GE)\n", module, area);
  for (const plan::AreaModule& row : plan::areaTable()) {
    const auto& of = equations[std::string(row.module)];
    int terms = 0;
    while (terms < plan::kAreaTerms && !row.terms[static_cast<std::size_t>(terms)].empty()) ++terms;
    if (of.empty()) {
      fmt::print(stderr, "no equation for {}\n", row.module);
      continue;
    }
    const auto gates = fit(of, terms);
    double squares = 0, area = 0;
    for (const Equation& equation : of) {
      double model = 0;
      for (std::size_t t = 0; t < gates.size(); ++t) model += gates[t] * equation.amounts[t];
      squares += (model - equation.area) * (model - equation.area);
      area += equation.area;
    }
    std::string names, values;
    for (std::size_t t = 0; t < static_cast<std::size_t>(terms); ++t) {
      names += fmt::format("{}\"{}\"", t == 0 ? "" : ", ", row.terms[t]);
      values += fmt::format("{}{:.3f}", t == 0 ? "" : ", ", gates[t]);
    }
    const auto n = static_cast<double>(of.size());
    fmt::print(
        "    AreaModule{{\"{}\", {{{}}}, {{{}}}, kFitted}},  // {} engines, rms {:.1f} % of their mean\n",
        row.module, names, values, of.size(), 100 * std::sqrt(squares / n) / (area / n));
  }
  fmt::print(stderr, "{} designs\n", designs);
  return 0;
}

int check(const std::string& work, const synth::Liberty& library, int count, char** folders) {
  fmt::print("| design | Yosys, GE | model, GE | error, % | engines, % |\n|---|---|---|---|---|\n");
  for (int i = 0; i < count; ++i) {
    const std::string name = folders[i];
    const bool seed = name.find_first_not_of("0123456789") == std::string::npos;
    const auto design = seed ? randomDesign(static_cast<unsigned>(std::stoul(name))) : loadDesign(name);
    if (!design) return 1;
    const auto found = synthesised(work, *design, library, true);
    if (!found) return 3;
    const auto sum = [](const Areas& areas) {
      double all = 0;
      for (const auto& [module, area] : areas) all += area;
      return all;
    };
    const plan::Area model = plan::modelledArea(design->plan);
    double total = sum(found->other);
    double least = 0, most = 0;
    Areas by_module = found->other;
    plan::AreaAmounts amounts = plan::otherAmounts(design->plan);
    for (std::size_t e = 0; e < model.engines.size(); ++e) {
      const double area = sum(found->engines[e]);
      const double error = 100 * (model.engines[e] / area - 1);
      least = e == 0 ? error : std::min(least, error);
      most = e == 0 ? error : std::max(most, error);
      total += area;
      for (const auto& [module, of] : found->engines[e]) by_module[module] += of;
      for (const auto& [module, of] : plan::engineAmounts(design->plan, design->plan.layers[e]))
        for (std::size_t t = 0; t < of.size(); ++t) amounts[module][t] += of[t];
    }
    fmt::print("| {} | {:.0f} | {:.0f} | {:+.1f} | {:+.0f} … {:+.0f} |\n", name, total, model.total(),
               100 * (model.total() / total - 1), least, most);
    if (std::getenv("AREA_MODULES") != nullptr) {
      for (const auto& [module, area] : by_module) {
        const auto of = amounts.find(module);
        plan::AreaAmounts one;
        if (of != amounts.end()) one[of->first] = of->second;
        const double modelled = plan::gateEquivalents(one);
        if (area > 0 || modelled > 0)
          fmt::print(stderr, "  {:<24}{:>12.0f}{:>12.0f}\n", module, area, modelled);
      }
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 2 ? argv[2] : "";
  if ((mode != "fit" || argc != 5) && (mode != "check" || argc < 4)) {
    fmt::print(stderr, "area_bench WORK fit FIRST LAST | area_bench WORK check SEED|FOLDER[:TARGET]…\n");
    return 4;
  }
  Diagnostics diags;
  const auto library = synth::loadLibrary("generic", diags);
  if (!library) return 1;
  if (mode == "fit")
    return fitTable(argv[1], *library, static_cast<unsigned>(std::stoul(argv[3])),
                    static_cast<unsigned>(std::stoul(argv[4])));
  return check(argv[1], *library, argc - 3, argv + 3);
}
