// Parameter sets: the built-in ones, a user's own, and what a reader must refuse.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "device/params.hpp"

using namespace neuspin;
using namespace neuspin::device;

namespace {

/// The finding of this name; fails the test if there is none.
Diagnostic finding(const Diagnostics& diags, std::string_view name) {
  for (const auto& item : diags.all()) {
    if (item.name == name) return item;
  }
  BOOST_FAIL("no finding '" << name << "' in:\n" << diags.render());
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(params)

BOOST_AUTO_TEST_CASE(built_in_sets_load_and_every_constant_is_tagged) {
  const auto names = builtInSets();
  for (const char* wanted : {"stt40", "sot_macrospin", "sot_meas_a", "sot_nvram"}) {
    BOOST_TEST(std::ranges::count(names, wanted) == 1, wanted);
  }
  for (const auto& name : names) {
    Diagnostics diags;
    const auto set = loadDeviceSet(name, diags);
    BOOST_REQUIRE_MESSAGE(set, diags.render());
    BOOST_TEST(set->name == name);
    for (const Field& field : deviceFields()) {
      const Constant& constant = (*set).*field.member;
      const bool needed = set->kind == Kind::Stt ? field.stt : field.sot;
      BOOST_TEST((constant.given || !needed), name << " " << field.table << "." << field.key);
      BOOST_TEST(constant.given == (constant.value == constant.value));  // NaN where nothing is stated
    }
    // "Verified" means that the note or the set names the source.
    const std::string text = describe(*set);
    BOOST_TEST(text.find("device set " + name) == 0);
    BOOST_TEST(text.find("r_p_ohm = ") != std::string::npos);
    for (const Field& field : deviceFields()) {
      const Constant& constant = (*set).*field.member;
      if (constant.given && constant.source == Source::Verified) {
        BOOST_TEST(!constant.note.empty(),
                   name << " " << field.table << "." << field.key << " names no source");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_users_set_starts_from_a_built_in_one) {
  Diagnostics diags;
  const auto set = parseDeviceSet(R"(base = "stt40"
name = "mine"
[barrier]
tmr = { value = 1.2, source = "measured", note = "wafer 7" }
)",
                                  "mine.toml", diags);
  BOOST_REQUIRE_MESSAGE(set, diags.render());
  BOOST_TEST(set->name == "mine");
  BOOST_TEST(set->tmr.value == 1.2);
  BOOST_TEST((set->tmr.source == Source::Measured));
  BOOST_TEST(set->r_p.value == 3979.0);
  BOOST_TEST((set->r_p.source == Source::Computed));
  BOOST_TEST(describe(*set).find("barrier.tmr = 1.2 [measured] wafer 7\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_is_read_by_path) {
  const auto path = (std::filesystem::temp_directory_path() / "neuspin_test_set.toml").string();
  std::ofstream(path) << "base = \"sot_meas_a\"\nname = \"lab\"\n";
  Diagnostics diags;
  const auto set = loadDeviceSet(path, diags);
  std::filesystem::remove(path);
  BOOST_REQUIRE_MESSAGE(set, diags.render());
  BOOST_TEST(set->name == "lab");
  BOOST_TEST((set->kind == Kind::Sot));
  BOOST_TEST(!loadDeviceSet(path, diags));
}

BOOST_AUTO_TEST_CASE(unknown_keys_and_bad_values_are_refused_with_their_place) {
  Diagnostics diags;
  BOOST_TEST(!parseDeviceSet(R"(base = "stt40"
name = "mine"
[barrier]
tmrr = { value = 1.2, source = "measured" }
ra_ohm_um2 = { value = -5, source = "measured" }
phi_ev = { value = 0.4 }
tox_nm = { value = 0.9, source = "guess" }
r_p_ohm = 4000.0
tmr_half_v = { value = 0.5, source = "assumed", unit = "V" }
[barier]
tmr = { value = 1.2, source = "measured" }
)",
                             "mine.toml", diags));
  const auto key = finding(diags, "unknown-key");
  BOOST_TEST(key.where.file == "mine.toml");
  BOOST_TEST(finding(diags, "out-of-range").where.line == 5U);
  BOOST_TEST(finding(diags, "missing-key").where.line == 6U);
  BOOST_TEST(finding(diags, "unknown-value").where.line == 7U);
  BOOST_TEST(finding(diags, "wrong-type").where.line == 8U);
  BOOST_TEST(finding(diags, "unknown-table").where.line == 10U);
  BOOST_TEST(finding(diags, "unknown-table").hint == "did you mean 'barrier'?");
  const std::string text = diags.render();
  BOOST_TEST(text.find("mine.toml:4:1: error: unknown key 'tmrr' in [barrier]") != std::string::npos, text);
  BOOST_TEST(text.find("unknown key 'unit' in tmr_half_v of [barrier]") != std::string::npos, text);
  for (const auto& item : diags.all()) BOOST_TEST(!item.hint.empty());
}

BOOST_AUTO_TEST_CASE(without_a_base_everything_must_be_stated) {
  Diagnostics diags;
  BOOST_TEST(!parseDeviceSet("name = \"mine\"\nkind = \"sot\"\n[barrier]\n", "mine.toml", diags));
  BOOST_TEST(finding(diags, "missing-key").where.line == 3U);  // the table that lacks it
  BOOST_TEST(finding(diags, "missing-table").message == "the table [geometry] is missing");
}

BOOST_AUTO_TEST_CASE(wrong_names_are_told) {
  Diagnostics diags;
  BOOST_TEST(!loadDeviceSet("stt4O", diags));
  BOOST_TEST(finding(diags, "unknown-device-set").hint == "did you mean 'stt40'?");
  Diagnostics base;
  BOOST_TEST(!parseDeviceSet("base = \"stt41\"\nname = \"a\"\n", "f.toml", base));
  BOOST_TEST(finding(base, "unknown-value").where.line == 1U);
  Diagnostics kind;
  BOOST_TEST(!parseDeviceSet("base = \"stt40\"\nname = \"a\"\nkind = \"sot\"\n", "f.toml", kind));
  BOOST_TEST(finding(kind, "unknown-key").where.line == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
