// The composed modules of the tiny networks, as text, against golden/. A difference is either a mistake or a
// wanted change; the message says how to accept the latter.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "emit/compose.hpp"
#include "hdl/printer.hpp"
#include "nets.hpp"

namespace {

using namespace neuspin;
namespace fs = std::filesystem;

/// File name → module text without banner (it holds the version).
std::map<std::string, std::string> composedTexts() {
  std::map<std::string, std::string> texts;
  for (testing::Design& design : testing::goldenDesigns()) {
    design.plan.spec_sha256 =
        std::string(56, '0') + "89abcdef";  // a change of the hash's recipe is not our change
    std::vector<hdl::ModuleTemplate> layers;
    for (const LayerPlan& layer : design.plan.layers) {
      const hdl::Module module = emit::composeLayer(design.plan, layer);
      texts[module.name() + ".svtxt"] = hdl::printModule(module, "");
      layers.push_back(module.asTemplate());
    }
    const hdl::Module top = emit::composeTop(design.plan, layers);
    texts[top.name() + ".svtxt"] = hdl::printModule(top, "");
  }
  return texts;
}

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// First line that differs, for the message.
std::string firstDifference(const std::string& want, const std::string& got) {
  std::istringstream a(want), b(got);
  std::string left, right;
  for (int line = 1;; ++line) {
    const bool more_left = static_cast<bool>(std::getline(a, left)),
               more_right = static_cast<bool>(std::getline(b, right));
    if (!more_left && !more_right) return "no difference";
    if (left != right || more_left != more_right) {
      return "line " + std::to_string(line) + "\n  golden:  " + (more_left ? left : "(end)") +
             "\n  printed: " + (more_right ? right : "(end)");
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden_text)

BOOST_AUTO_TEST_CASE(composed_modules) {
  const fs::path folder = fs::path(NEUSPIN_SOURCE_DIR) / "tests/emit/golden";
  const auto texts = composedTexts();
  if (std::getenv("NEUSPIN_UPDATE_GOLDEN") != nullptr) {
    fs::create_directories(folder);
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".svtxt") fs::remove(entry.path());
    }
    for (const auto& [name, text] : texts) std::ofstream(folder / name, std::ios::binary) << text;
  }
  std::set<std::string> there;
  for (const auto& entry : fs::directory_iterator(folder)) there.insert(entry.path().filename().string());
  BOOST_TEST(there.size() == texts.size());
  for (const auto& [name, text] : texts) {
    const std::string golden = slurp(folder / name);
    BOOST_TEST((golden == text),
               "tests/emit/golden/" << name << " differs at " << firstDifference(golden, text)
                                    << "\nIf the change is wanted: NEUSPIN_UPDATE_GOLDEN=1 "
                                    << NEUSPIN_BINARY_DIR
                                    << "/bin/test_emit --run_test=golden_text && git diff tests/emit/golden");
  }
}

BOOST_AUTO_TEST_SUITE_END()
