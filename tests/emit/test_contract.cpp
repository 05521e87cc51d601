// Each module template against the ports Yosys finds in the hand-written file, at the parameters that the
// tiny networks really use.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "emit/compose.hpp"
#include "emit/library.hpp"
#include "hdl/printer.hpp"
#include "nets.hpp"
#include "support/process.hpp"

namespace {

using namespace neuspin;
namespace fs = std::filesystem;

constexpr std::size_t kPointsPerModule = 4;

/// Numeric parameters as yosys arguments; file names stay at their default "".
std::string chparam(const hdl::Params& params) {
  std::string text;
  for (const auto& [name, value] : params) {
    if (!std::holds_alternative<std::string>(value))
      text += fmt::format(" -chparam {} {}", name, hdl::printValue(value));
  }
  return text;
}

/// Points of the modules that the tiny networks use at less than two.
const std::vector<std::pair<const hdl::ModuleTemplate*, hdl::Params>>& morePoints() {
  const auto window = [](std::int64_t channels, std::int64_t bits, std::int64_t kernel, std::int64_t depth) {
    return hdl::Params{{"Channels", channels}, {"ElemBits", bits}, {"Height", 6},  {"Width", 5},
                       {"Kernel", kernel},     {"Stride", 1},      {"Padding", 0}, {"PadValue", 1},
                       {"OutHeight", 3},       {"OutWidth", 2},    {"Absent", 0},  {"Depth", depth},
                       {"TapMajor", 1},        {"Replay", 1},      {"PassBits", 8}};
  };
  static const std::vector<std::pair<const hdl::ModuleTemplate*, hdl::Params>> kPoints{
      {&emit::windowBuffer(), window(1, 1, 1, 30)},
      {&emit::windowBuffer(), window(3, 4, 3, 30)},
      {&emit::maxPool(), {{"Lanes", 1}, {"Words", 1}, {"Height", 2}, {"Width", 2}, {"Pool", 2}}},
      {&emit::maxPool(), {{"Lanes", 5}, {"Words", 3}, {"Height", 7}, {"Width", 8}, {"Pool", 3}}}};
  return kPoints;
}

/// Distinct parameter points of every library module, from real designs and the above.
std::map<std::string, std::map<std::string, hdl::Params>> points() {
  std::map<std::string, std::map<std::string, hdl::Params>> found;
  const auto collect = [&found](const hdl::Module& module) {
    for (const hdl::Instance& instance : module.instances()) {
      found[instance.module->name].emplace(chparam(instance.params), instance.params);
    }
  };
  for (const testing::Design& design : testing::tinyDesigns()) {
    std::vector<hdl::ModuleTemplate> layers;
    for (const LayerPlan& layer : design.plan.layers) {
      const hdl::Module module = emit::composeLayer(design.plan, layer);
      collect(module);
      layers.push_back(module.asTemplate());
    }
    collect(emit::composeTop(design.plan, layers));
  }
  for (const auto& [module, params] : morePoints()) found[module->name].emplace(chparam(params), params);
  return found;
}

using Ports = std::map<std::string, std::pair<std::string, std::int64_t>>;

Ports portsInFile(const std::string& module, const hdl::Params& params, const fs::path& folder) {
  const std::string source = NEUSPIN_SOURCE_DIR;
  std::string script = fmt::format("read_verilog -sv -defer -I {}/rtl", source);
  for (const char* place : {"rtl", "synth/blackbox"}) {
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(fs::path(source) / place)) {
      if (entry.path().extension() == ".sv") files.insert(entry.path());
    }
    for (const fs::path& file : files) script.append(" ").append(file.string());
  }
  const std::string json = (folder / "ports.json").string();
  script += fmt::format("; hierarchy -top {}{}; proc; write_json {}", module, chparam(params), json);
  const ProcessResult result =
      runProcess({"yosys", "-q", "-p", script}, {.directory = "", .timeout_seconds = 60, .heartbeat = {}});
  BOOST_TEST_REQUIRE(result.exit_code == 0, module << chparam(params) << "\n" << result.output);
  std::ifstream in(json);
  Ports ports;
  const auto netlist = nlohmann::json::parse(in);
  for (const auto& [name, found] : netlist.at("modules").items()) {
    if (!found.at("attributes").contains("top")) continue;
    for (const auto& [port, what] : found.at("ports").items()) {
      ports[port] = {what.at("direction"), static_cast<std::int64_t>(what.at("bits").size())};
    }
  }
  return ports;
}

Ports portsInTemplate(const hdl::ModuleTemplate& module, const hdl::Params& params) {
  Ports ports;
  for (const hdl::PortTemplate& port : module.ports) {
    ports[port.name] = {port.direction == hdl::Direction::Input ? "input" : "output", port.width(params)};
  }
  return ports;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(contract)

BOOST_AUTO_TEST_CASE(templates_match_the_library) {
  const fs::path folder = fs::path(NEUSPIN_BINARY_DIR) / "test_emit_contract";
  fs::create_directories(folder);
  const auto all = points();
  for (const hdl::ModuleTemplate* module : emit::libraryTemplates()) {
    BOOST_TEST_CONTEXT(module->name) {
      const auto found = all.find(module->name);
      BOOST_TEST_REQUIRE((found != all.end()), "no tiny network uses it");
      BOOST_TEST(found->second.size() >= 2U);
      std::size_t tried = 0;
      for (const auto& [text, params] : found->second) {
        if (tried++ == kPointsPerModule) break;
        const Ports want = portsInTemplate(*module, params), real = portsInFile(module->name, params, folder);
        BOOST_TEST_CONTEXT(text) {
          BOOST_TEST(real.size() == want.size());
          for (const auto& [port, shape] : real) {
            const auto match = want.find(port);
            BOOST_TEST_REQUIRE((match != want.end()), "the template lacks port " << port);
            BOOST_TEST(shape.first == match->second.first, port << " is an " << shape.first);
            BOOST_TEST(shape.second == match->second.second, port << " has " << shape.second
                                                                  << " bits, the template says "
                                                                  << match->second.second);
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
