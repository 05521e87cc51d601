// The structural representation: what check() must find, and what the printer must print.
#include <boost/test/unit_test.hpp>

#include "hdl/netlist.hpp"
#include "hdl/printer.hpp"

namespace {

using namespace neuspin::hdl;

const ModuleTemplate& adder() {
  static const ModuleTemplate kModule{
      "adder",
      {"Width", "File", "Init"},
      {{"a_i", Direction::Input, [](const Params& p) { return intParam(p, "Width"); }},
       {"sum_o", Direction::Output, [](const Params& p) { return intParam(p, "Width") + 1; }},
       {"carry_o", Direction::Output, [](const Params&) { return 1; }}},
      {"Extra", "Last"}};
  return kModule;
}

Params adderParams(std::int64_t width) {
  return {{"Width", width}, {"File", "mem/a.memh"}, {"Init", BitVector::of(width >= 1 ? 9 : 1, 0x1a5)}};
}

bool mentions(const std::vector<std::string>& findings, std::string_view text) {
  for (const std::string& finding : findings) {
    if (finding.find(text) != std::string::npos) return true;
  }
  return false;
}

/// A legal module around one adder; each test breaks one thing.
struct Fixture {
  Module m{"top", "A test."};
  Signal a = m.input("a_i", 4);
  Signal y = m.output("y_o", 5);
  Instance& u = m.instantiate(adder(), "u_add", adderParams(4));
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(check_module, Fixture)

BOOST_AUTO_TEST_CASE(accepts_a_legal_module) {
  m.connect(u, "a_i", a);
  m.connect(u, "sum_o", y);
  m.leaveUnused(u, "carry_o");
  BOOST_TEST(check(m).empty());
  BOOST_CHECK_NO_THROW(requireLegal(m));
}

BOOST_AUTO_TEST_CASE(finds_a_width_mismatch) {
  m.connect(u, "a_i", a.slice(0, 3));
  m.connect(u, "sum_o", y);
  m.leaveUnused(u, "carry_o");
  const auto findings = check(m);
  BOOST_TEST(mentions(findings, "u_add.a_i is 4 bits wide but connected to 3 bits"));
  BOOST_TEST(mentions(findings, "a_i[3:3] is never read"));
  BOOST_CHECK_THROW(requireLegal(m), std::logic_error);
}

BOOST_AUTO_TEST_CASE(finds_an_open_port) {
  m.connect(u, "a_i", a);
  m.connect(u, "sum_o", y);
  BOOST_TEST(mentions(check(m), "u_add.carry_o is not connected"));
}

BOOST_AUTO_TEST_CASE(finds_missing_and_double_drivers) {
  const Signal w = m.wire("w", 6);
  m.connect(u, "a_i", a);
  m.connect(u, "sum_o", w.slice(0, 5));
  m.connect(u, "carry_o", w.slice(4, 1));
  m.assign(y, w.slice(0, 5));
  const auto findings = check(m);
  BOOST_TEST(mentions(findings, "w[4] is driven twice"));
  BOOST_TEST(mentions(findings, "w[5:5] is never driven"));
  BOOST_TEST(mentions(findings, "w[5:5] is never read"));
}

BOOST_AUTO_TEST_CASE(finds_a_driven_input_constant_and_name_clash) {
  m.connect(u, "a_i", constant(4, 3));
  Expr low = a;
  m.connect(u, "sum_o", low.append(constant(1, 0)));
  m.connect(u, "carry_o", m.wire("u_add", 1));
  const auto findings = check(m);
  BOOST_TEST(mentions(findings, "a_i[0] is driven twice"));
  BOOST_TEST(mentions(findings, "u_add.sum_o drives a constant"));
  BOOST_TEST(mentions(findings, "'u_add' is declared twice"));
  BOOST_TEST(mentions(findings, "y_o[4:0] is never driven"));
}

BOOST_AUTO_TEST_CASE(finds_an_assignment_of_unequal_widths) {
  m.connect(u, "a_i", a);
  m.leaveUnused(u, "sum_o");
  m.leaveUnused(u, "carry_o");
  m.assign(y, a);
  BOOST_TEST(mentions(check(m), "assignment of 4 bits to 5 bits"));
}

BOOST_AUTO_TEST_CASE(refuses_what_cannot_be_built) {
  BOOST_CHECK_THROW(static_cast<void>(a.slice(2, 3)), std::logic_error);
  BOOST_CHECK_THROW(static_cast<void>(constant(2, 4)), std::logic_error);
  BOOST_CHECK_THROW(m.wire("none", 0), std::logic_error);
  BOOST_CHECK_THROW(m.connect(u, "b_i", a), std::logic_error);
  m.connect(u, "a_i", a);
  BOOST_CHECK_THROW(m.connect(u, "a_i", a), std::logic_error);
  BOOST_CHECK_THROW(m.instantiate(adder(), "u_b", {{"Width", 4}}), std::logic_error);
  const auto with = [](std::initializer_list<const char*> more) {
    Params params = adderParams(4);
    for (const char* name : more) params.emplace_back(name, 1);
    return params;
  };
  for (const auto& more : {with({"Extra"}), with({"Last"}), with({"Extra", "Last"})})
    BOOST_CHECK_NO_THROW(m.instantiate(adder(), "u_b", more));
  for (const auto& more : {with({"Other"}), with({"Last", "Extra"}), with({"Last", "Last"})})
    BOOST_CHECK_THROW(m.instantiate(adder(), "u_b", more), std::logic_error);
  BOOST_CHECK_THROW(static_cast<void>(intParam(u.params, "File")), std::logic_error);
  BOOST_CHECK_THROW(static_cast<void>(intParam(u.params, "Depth")), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(printer)

BOOST_FIXTURE_TEST_CASE(prints_a_module, Fixture) {
  Expr swapped = a.slice(2, 2);
  m.connect(u, "a_i", swapped.append(constant(1, 1)).append(a.slice(0, 1)));
  m.connect(u, "sum_o", y);
  m.leaveUnused(u, "carry_o");
  BOOST_TEST(
      printModule(m, "// banner\n") ==
      "// banner\n// A test.\n"
      "module top (\n  input  logic [3:0] a_i,\n  output logic [4:0] y_o\n);\n\n"
      "  logic unused_add_carry;\n\n"
      "  adder #(\n    .Width (4),\n    .File  (\"mem/a.memh\"),\n    .Init  (9'h1a5)\n  ) u_add (\n"
      "    .a_i     ({a_i[0], 1'h1, a_i[3:2]}),\n    .sum_o   (y_o),\n    .carry_o (unused_add_carry)\n  );\n"
      "endmodule\n");
}

BOOST_AUTO_TEST_CASE(joins_neighbouring_slices) {
  const Signal net{0, 16};
  Expr expr = net.slice(0, 4);
  expr.append(net.slice(4, 4)).append(net.slice(9, 1));
  BOOST_TEST(expr.pieces().size() == 2U);
  BOOST_TEST(expr.width() == 9);
}

BOOST_AUTO_TEST_CASE(wraps_long_concatenations) {
  Module m("wide", "");
  const Signal out = m.output("out_o", 64);
  Expr bits;
  for (int i = 0; i < 64; ++i) bits.append(m.input("a_rather_long_name_" + std::to_string(i), 1));
  m.assign(out, bits);
  BOOST_TEST(check(m).empty());
  const std::string text = printModule(m, "");
  std::size_t start = 0, longest = 0, pieces = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos;
       start = end + 1, end = text.find('\n', start)) {
    longest = std::max(longest, end - start);
  }
  for (std::size_t at = text.find("assign"); (at = text.find("a_rather", at)) != std::string::npos; ++at)
    ++pieces;
  BOOST_TEST(longest <= 110U);
  BOOST_TEST(pieces == 64U);
}

BOOST_AUTO_TEST_CASE(prints_constants) {
  const std::vector<Constant> constants{
      {"Count", 7, "of things"}, {"Id", BitVector::of(33, 0x123456789), ""}, {"Name", "x", ""}};
  BOOST_TEST(
      printPackage("p", constants, "") ==
      "package p;\n  localparam Count = 7;  // of things\n  localparam logic [32:0] Id = 33'h123456789;\n"
      "  localparam Name = \"x\";\nendpackage\n");
  BOOST_TEST(printHeader({{"TOP", "net_top"}}, {constants[0]}, "// b\n") ==
             "// b\n`define TOP net_top\n  localparam int Count = 7;  // of things\n");
  BOOST_CHECK_THROW(static_cast<void>(printValue(std::string("a\"b"))), std::logic_error);
}

BOOST_AUTO_TEST_CASE(bit_vectors_of_any_width) {
  BitVector bits = BitVector::of(70, 0);
  bits.set(65, 5, 0b10110);
  bits.set(3, 1, 1);
  BOOST_TEST(printValue(bits) == "70'h2c0000000000000008");
  bits.set(66, 1, 0);
  BOOST_TEST(printValue(bits) == "70'h280000000000000008");
  BOOST_CHECK_THROW(bits.set(66, 5, 0), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()
