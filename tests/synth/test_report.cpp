// From Yosys' output to the area report, with the output of 0.23 (text inside the JSON) and of later
// versions.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "liberty.hpp"
#include "report.hpp"

using namespace neuspin;
using namespace neuspin::synth;

namespace {

Liberty cells() {
  Diagnostics diags;
  return *parseLiberty(
      "library (t) { cell (ND) { area : 2; pin(A) { direction : input; } pin(B) { direction : input; } "
      "pin(Y) { direction : "
      "output; function : \"!(A B)\"; } } cell (FF) { area : 10; ff (IQ, IQN) { next_state : \"D\"; "
      "clocked_on : \"CK\"; } } }",
      "t.lib", diags);
}

const std::string kModules = R"("modules": {
  "\\top": {"num_cells_by_type": {"$paramod$0123\\cim_unit": 3, "ND": 1}},
  "$paramod$0123\\cim_unit": {"num_cells_by_type": {"ND": 4, "FF": 2, "cim_array": 1, "$scopeinfo": 5}}
})";

const std::string kDump = R"(module \top
end
module $paramod$0123\cim_unit
  cell \cim_array \u_array
    parameter \Rows 16
    parameter \Cols 8
    parameter \Group 4
  end
end
)";

}  // namespace

BOOST_AUTO_TEST_SUITE(report)

BOOST_AUTO_TEST_CASE(instances_multiply_and_macros_stand_apart) {
  for (const std::string& text : std::vector<std::string>{
           "{\n" + kModules + "\n}", "noise {\n" + kModules + ",\n  \\top 1\n    ND 1\n}"}) {
    std::string error;
    const auto result = buildReport(text, kDump, "top", cells(), error);
    BOOST_REQUIRE_MESSAGE(result, error);
    BOOST_TEST(result->cells == 19);   // 3·(4 + 2) + 1
    BOOST_TEST(result->area == 86.0);  // 3·(8 + 20) + 2
    BOOST_TEST(result->storage_area == 60.0);
    BOOST_REQUIRE_EQUAL(result->per_module.size(), 2u);
    BOOST_TEST(result->per_module[0].name == "cim_unit");
    BOOST_TEST(result->per_module[0].instances == 3);
    BOOST_REQUIRE_EQUAL(result->macros.size(), 1u);
    BOOST_TEST(result->macros[0].count == 3);
    BOOST_TEST(result->macros[0].bits == 3 * 16 * 8);
  }
}

BOOST_AUTO_TEST_CASE(macros_as_flops_count_as_modules) {
  const std::string text = R"({"modules": {
    "\\top": {"num_cells_by_type": {"$paramod$77\\cim_array": 2}},
    "$paramod$77\\cim_array": {"num_cells_by_type": {"FF": 5}}}})";
  std::string error;
  const auto result = buildReport(text, kDump, "top", cells(), error);
  BOOST_REQUIRE_MESSAGE(result, error);
  BOOST_TEST(result->storage_area == 100.0);
  BOOST_TEST(result->macros.empty());
}

BOOST_AUTO_TEST_CASE(unmapped_cells_are_not_passed_over) {
  std::string error;
  BOOST_TEST(!buildReport(R"({"modules": {"\\top": {"num_cells_by_type": {"$mux": 2}}}})", "", "top", cells(),
                          error));
  BOOST_TEST(error.find("2 cells $mux") != std::string::npos);
  BOOST_TEST(!buildReport(R"({"modules": {"\\top": )", "", "top", cells(), error));
  BOOST_TEST(!buildReport("", "", "top", cells(), error));
}

BOOST_AUTO_TEST_CASE(module_names) {
  BOOST_TEST(moduleName("\\top") == "top");
  BOOST_TEST(moduleName("$paramod$0123abcd\\cim_tile") == "cim_tile");
  BOOST_TEST(moduleName("$paramod\\cim_fa\\Columns=s32'00000000000000000000000000000001") == "cim_fa");
}

BOOST_AUTO_TEST_SUITE_END()
