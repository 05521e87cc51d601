// Choosing cells from a Liberty text: areas, functions, full adders, refusals.
#include <boost/test/unit_test.hpp>
#include <string>

#include "flow.hpp"
#include "liberty.hpp"

using namespace neuspin;
using namespace neuspin::synth;

namespace {

std::string gate(const std::string& name, double area, const std::string& function) {
  return "cell (" + name + ") { area : " + std::to_string(area) +
         "; pin(A) { direction : input; } pin(B) { direction : input; } pin(Y) { direction : output; "
         "function : \"" +
         function + "\"; } }\n";
}

std::string adder(const std::string& name, double area, const std::string& sum, const std::string& carry) {
  return "cell (" + name + ") { area : " + std::to_string(area) +
         "; pin(A) { direction : input; } pin(B) { direction : input; } pin(CI) { direction : input; }"
         " pin(S) { direction : output; function : \"" +
         sum +
         "\"; }"
         " pin(CO) { direction : output; function : \"" +
         carry + "\"; } }\n";
}

std::string library(const std::string& cells) {
  return "library (test) {\n" + cells + "}\n";
}

Liberty parsed(const std::string& text) {
  Diagnostics diags;
  auto result = parseLiberty(text, "test.lib", diags);
  BOOST_REQUIRE_MESSAGE(result, diags.render());
  return *result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(liberty)

BOOST_AUTO_TEST_CASE(functions_are_read_as_liberty_writes_them) {
  const std::vector<std::string> ab{"A", "B"};
  BOOST_TEST(truthTable("A * B", ab).value() == 0x8U);
  BOOST_TEST(truthTable("A B", ab).value() == 0x8U);  // juxtaposition is AND
  BOOST_TEST(truthTable("(A & B)'", ab).value() == 0x7U);
  BOOST_TEST(truthTable("!A + B", ab).value() == 0xDU);
  BOOST_TEST(truthTable("A ^ B", ab).value() == 0x6U);
  BOOST_TEST(!truthTable("A & X", ab));
  BOOST_TEST(!truthTable("A & (B", ab));
}

BOOST_AUTO_TEST_CASE(full_adder_is_found_by_function_and_the_smallest_wins) {
  const auto lib = parsed(library(adder("BIG", 9, "A ^ B ^ CI", "(A B) + (A CI) + (B CI)") +
                                  adder("FAKE", 1, "A ^ B ^ CI", "A B CI") +
                                  adder("INVERTED", 5, "!(A ^ B ^ CI)", "!((A B) | (CI (A | B)))")));
  const auto found = findFullAdder(lib);
  BOOST_REQUIRE(found);
  BOOST_TEST(found->cell->name == "INVERTED");
  BOOST_TEST(found->sum_inverted);
  BOOST_TEST(found->carry_inverted);
  BOOST_TEST(fullAdderMap(*found).find("INVERTED") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_full_adder_no_answer) {
  BOOST_TEST(!findFullAdder(parsed(library(adder("FAKE", 1, "A ^ B ^ CI", "A B CI")))));
}

BOOST_AUTO_TEST_CASE(gate_equivalent_is_the_smallest_nand2) {
  const auto lib =
      parsed(library(gate("NAND2X4", 4, "!(A B)") + gate("NAND2X1", 1.5, "!(A B)") + gate("AND", 1, "A B")));
  BOOST_TEST(lib.gateArea() == 1.5);
}

BOOST_AUTO_TEST_CASE(broken_files_are_errors_with_remedies) {
  for (const char* text :
       {"", "not liberty", "library (x) {", "library (x) { cell (a) { area : 1; ", "library (x) { }"}) {
    Diagnostics diags;
    BOOST_TEST(!parseLiberty(text, "broken.lib", diags));
    BOOST_REQUIRE(diags.hasErrors());
    BOOST_TEST(diags.all().front().where.file == "broken.lib");
    BOOST_TEST(!diags.all().front().hint.empty());
  }
}

BOOST_AUTO_TEST_CASE(the_own_library_is_usable_and_counts_gate_equivalents) {
  Diagnostics diags;
  const auto lib = loadLibrary("generic", diags);
  BOOST_REQUIRE_MESSAGE(lib, diags.render());
  BOOST_TEST(lib->gateArea() == 1.0);
  BOOST_TEST(findFullAdder(*lib).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
