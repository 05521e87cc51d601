// network.toml and target.toml: legal files, and every class of illegal one with what the user reads.
#include <boost/test/unit_test.hpp>
#include <string>

#include "spec/spec.hpp"

namespace {

using namespace neuspin;

const std::string kHead = "[network]\nname = \"n\"\nweights = \"w\"\n";
const std::string kInput = "[input]\nfeatures = 4\nencoding = \"unsigned\"\nbits = 4\n";
const std::string kPasses = "[inference]\npasses = 2\n";
const std::string kLayer = "[[layer]]\nname = \"a\"\nkind = \"linear\"\noutputs = 3\n";
const std::string kLegal = kHead + kInput + kPasses + kLayer;  // the layer begins at line 10

std::string networkErrors(const std::string& text) {
  Diagnostics diags;
  const auto network = parseNetwork(text, "n.toml", diags);
  BOOST_TEST(network.has_value() == !diags.hasErrors());
  return diags.render();
}

std::string targetErrors(const std::string& text) {
  Diagnostics diags;
  const auto target = parseTarget(text, "t.toml", diags);
  BOOST_TEST(target.has_value() == !diags.hasErrors());
  return diags.render();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

BOOST_AUTO_TEST_CASE(legal_network) {
  Diagnostics diags;
  const auto network = parseNetwork(
      kHead + kInput + "[inference]\npasses = 11\nseed = 4294967295\n[quantization]\nscale_bits = 6\n" +
          kLayer +
          "scheme = { method = \"scale_dropout\", probability = 0.25 }\n[[layer]]\nname = "
          "\"b\"\nkind = \"linear\"\ninputs = 3\noutputs = 2\nnorm_eps = 1e-3\n",
      "n.toml", diags);
  BOOST_TEST(diags.render() == "");
  BOOST_REQUIRE(network);
  BOOST_TEST(network->seed == 0xFFFFFFFFU);
  BOOST_TEST(network->scale_bits == 6);
  BOOST_TEST(network->logit_scale_bits == 10);
  BOOST_REQUIRE(network->layers.size() == 2U);
  BOOST_TEST(network->layers[0].inputs == 4);
  BOOST_TEST(network->layers[1].inputs == 3);
  BOOST_TEST(!network->layers[0].last);
  BOOST_TEST(network->layers[1].last);
  BOOST_TEST((network->layers[0].scheme == Scheme{ScaleDropout{0.25}}));
  BOOST_TEST((network->layers[1].scheme == Scheme{Deterministic{}}));
  BOOST_TEST(network->layers[1].norm_eps == 1e-3);
  BOOST_TEST(network->layers[1].where.line == 18U);
}

BOOST_AUTO_TEST_CASE(bipolar_network) {
  Diagnostics diags;
  const auto network = parseNetwork(
      kHead + "[input]\nfeatures = 4\nencoding = \"bipolar\"\nthreshold = 9\n" + kPasses + kLayer, "n.toml",
      diags);
  BOOST_REQUIRE(network);
  BOOST_TEST((network->input.encoding == InputEncoding::Bipolar));
  BOOST_TEST(network->input.bits == 1);
  BOOST_TEST(network->input.threshold == 9);
}

BOOST_AUTO_TEST_CASE(rendered_network_errors) {
  const struct {
    std::string text, expected;
  } kCases[] = {
      {replaced(kLegal, "outputs = 3", "otputs = 3\noutputs = 3"),
       "n.toml:13:1: error: unknown key 'otputs' in [[layer]] [unknown-key]\n  hint: did you mean "
       "'outputs'?\n"},
      {replaced(kLegal, "features = 4", "features = \"4\""),
       "n.toml:5:12: error: 'features' is a string, expected an integer [wrong-type]\n  hint: write an "
       "integer\n"},
      {replaced(kLegal, "features = 4", "features = 65537"),
       "n.toml:5:12: error: 'features' is 65537, legal is 1 … 65536 [out-of-range]\n"
       "  hint: choose a value from 1 to 65536\n"},
      {replaced(kLegal, "passes = 2", "passes = 256"),
       "n.toml:9:10: error: 'passes' is 256, legal is 1 … 255 [out-of-range]\n  hint: choose a value from 1 "
       "to 255\n"},
      {replaced(kLegal, "passes = 2\n", ""),
       "n.toml:8:1: error: 'passes' is missing in [inference] [missing-key]\n"
       "  hint: add `passes = <an integer 1 … 255>`\n"},
      {replaced(kLegal, "outputs = 3", "outputs = 1"),
       "n.toml:13:11: error: 'outputs' is 1, legal is 2 … 1024 [out-of-range]\n"
       "  hint: choose a value from 2 to 1024\n"},
      {replaced(kLegal, "\"linear\"", "\"liner\""),
       "n.toml:12:8: error: 'kind' cannot be 'liner', legal is \"linear\" or \"conv\" [unknown-value]\n"
       "  hint: did you mean \"linear\"?\n"},
      {kLegal + "inputs_from = \"a\"\n",
       "n.toml:14:1: error: unknown key 'inputs_from' in [[layer]] [unknown-key]\n"
       "  hint: remove it: layers form a chain in the order of the file, each takes the outputs of the one "
       "before; skip = \"LAYER\" adds the outputs of an earlier one before the sign\n"},
      {kLegal + "inputs = 5\n",
       "n.toml:14:10: error: layer 'a' states 5 inputs, but 4 arrive [size-mismatch]\n"
       "  hint: write inputs = 4 or leave it out\n"},
      {kLegal + "scheme = { method = \"scale_dropout\", probability = nan }\n",
       "n.toml:14:52: error: 'probability' is nan, legal is 0 < probability < 1 [out-of-range]\n"
       "  hint: choose a finite value in this range\n"},
      {kLegal + "scheme = \"scale_dropout\"\n",
       "n.toml:14:10: error: the scheme \"scale_dropout\" needs a probability [missing-key]\n"
       "  hint: write scheme = { method = \"scale_dropout\", probability = 0.2 }\n"},
      {kHead + "x\xC3\x28 = 1\n",
       "n.toml:4:2: error: the text is not UTF-8 [not-utf8]\n  hint: save the file as UTF-8\n"},
      {kHead + "\xC3\xA9 = 1\n",
       "n.toml:4:1: error: a character beyond ASCII that stands neither in a comment nor in a string value "
       "[toml-syntax]\n"
       "  hint: put the text into quotes, or remove the character\n"},
      {kHead + "x = 7;\"\xC3\xA9\"\n",
       "n.toml:4:8: error: a character beyond ASCII that stands neither in a comment nor in a string value "
       "[toml-syntax]\n  hint: put the text into quotes, or remove the character\n"},
      {kHead + "x = [ 1.5 ]\n",
       "n.toml:4:5: error: an array may only hold whole numbers, on one line [toml-syntax]\n"
       "  hint: write it as in shape = [3, 32, 32], or remove it\n"},
      {kHead + "x = 1 [ 1 ]\n",
       "n.toml:4:7: error: '[' in the middle of a line begins an array, and no value here is one "
       "[toml-syntax]\n"
       "  hint: begin a table header on a line of its own, or remove the array\n"},
      {kHead + "[ |x]\n",
       "n.toml:4:1: error: no table name follows '[' [toml-syntax]\n"
       "  hint: write [name] or [[name]]\n"},
      {replaced(kLegal, "name = \"n\"", "name = \"cim_x\""),
       "n.toml:2:8: error: network names that begin with 'cim_' are reserved [reserved-name]\n"
       "  hint: choose another name\n"},
      {kLegal + "[[layer]]\nname = \"a\"\nkind = \"linear\"\noutputs = 3\n",
       "n.toml:15:8: error: two layers are called 'a' [duplicate-name]\n"
       "  hint: give each layer its own name: it is the prefix of its tensors\n"},
      {std::string((1 << 20) + 1, ' '),
       "n.toml: error: the file is larger than the limit of 1048576 bytes [file-too-large]\n"
       "  hint: a specification is a short text; trained weights belong in a safetensors file\n"},
  };
  for (const auto& [text, expected] : kCases) BOOST_TEST(networkErrors(text) == expected);
}

// toml++ words these itself, and differently from version to version: the place and the name are ours.
std::string many(const std::string& part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

BOOST_AUTO_TEST_CASE(syntax_errors) {
  const std::string kCases[] = {
      kLegal + "outputs = 4\n",                    // duplicate key
      kHead + "[network]\n",                       // duplicate table
      kHead + "x = 99999999999999999999999999\n",  // does not fit 64 bits
      kHead + "x = \"open\n",
      kHead + "x = " + std::string(100000, '['),  // nesting bomb
      kHead + "[[[[",
      kHead + many("a.", 40000) + "a = 1\n",  // toml++ recurses on every part
      kHead + "[" + many("a . ", 40000) + "a]\n",
      kHead + "x = { " + many("'a'.", 40000) + "a = 1 }\n",
  };
  for (const std::string& text : kCases) {
    const std::string errors = networkErrors(text);
    BOOST_TEST(errors.find("[toml-syntax]") != std::string::npos, errors.substr(0, 400));
    BOOST_TEST(errors.starts_with("n.toml:"), errors.substr(0, 400));
  }
}

BOOST_AUTO_TEST_CASE(strings_and_comments_may_hold_anything) {
  BOOST_TEST(networkErrors(replaced(kLegal, "weights = \"w\"", "weights = \"wé \\\" [|\" # [| é\n # ü")) ==
             "");
  BOOST_TEST(networkErrors(replaced(kLegal, "weights = \"w\"", "weights = '''\n[|é'''''")) == "");
}

BOOST_AUTO_TEST_CASE(weights_outside_the_folder_are_a_warning) {
  for (const char* path : {"../w", "a/../../w", "/w"}) {
    const std::string findings = networkErrors(replaced(kLegal, "\"w\"", std::string("\"") + path + "\""));
    BOOST_TEST(findings.find("warning: the weights file lies outside") != std::string::npos, path);
  }
  for (const char* path : {"..w", "a/../w", "./w"}) {
    BOOST_TEST(networkErrors(replaced(kLegal, "\"w\"", std::string("\"") + path + "\"")) == "", path);
  }
}

BOOST_AUTO_TEST_CASE(inline_tables_may_hold_anything) {
  const std::string errors = networkErrors(kLegal + "scheme = { method = \"é\", p = { q = 'ü' } }\n");
  BOOST_TEST(errors.find("[unknown-value]") != std::string::npos, errors);
  BOOST_TEST(errors.find("[toml-syntax]") == std::string::npos, errors);
}

BOOST_AUTO_TEST_CASE(all_errors_at_once) {
  Diagnostics diags;
  BOOST_TEST(!parseNetwork(
      "[network]\nname = \"1\"\nextra = 1\n[input]\nfeatures = 0\nencoding = \"x\"\nbits = 9\n[other]\n",
      "n.toml", diags));
  std::string names;
  for (const Diagnostic& item : diags.all()) names += item.name + " ";
  BOOST_TEST(names ==
             "bad-identifier missing-key unknown-key out-of-range unknown-value out-of-range missing-table "
             "missing-table unknown-table ");
}

BOOST_AUTO_TEST_CASE(absurd_sizes) {
  std::string text = kHead + replaced(kInput, "= 4", "= 65536") + kPasses;
  for (int i = 0; i < 3; ++i)
    text += replaced(replaced(kLayer, "\"a\"", "\"l" + std::to_string(i) + "\""), "= 3", "= 65536");
  text += kLayer;
  BOOST_TEST(networkErrors(text).find("[network-too-large]") != std::string::npos);
  std::string many = kHead + kInput + kPasses;
  for (int i = 0; i < 1025; ++i) many += "[[layer]]\n";
  BOOST_TEST(networkErrors(many).find("the network has 1025 layers, legal are 1 … 1024") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(target_defaults_and_values) {
  Diagnostics diags;
  const auto empty = parseTarget("", "t.toml", diags);
  BOOST_REQUIRE(empty);
  BOOST_TEST(empty->array_rows == TargetSpec{}.array_rows);
  const auto target = parseTarget(
      "[array]\nrows = 12\ncols = 5\ngroup = 4\n[post]\nlanes = 3\nform = \"multiply\"\n[input]\nbeat = 7\n"
      "[schedule]\nprefix_cache = false\n[dropout]\nset_cycles = 3\nread_cycles = 4\nreset_cycles = "
      "5\ndrive_bits = 6\n"
      "[uncertainty]\nmax_passes = 9\nsmallest = 1\nsecond_moment = false\nentropy = false\nvotes = false\n"
      "logits = false\nood_threshold = 0.5\n[clock]\nperiod_ns = 4\n[synthesis]\nlibrary = \"x.lib\"\n",
      "t.toml", diags);
  BOOST_TEST(diags.render() == "");
  BOOST_REQUIRE(target);
  BOOST_TEST(target->array_rows == 12);
  BOOST_TEST(target->array_cols == 5);
  BOOST_TEST(target->group == 4);
  BOOST_TEST(target->lanes == 3);
  BOOST_TEST((target->form == PostForm::Multiply));
  BOOST_TEST(target->input_beat == 7);
  BOOST_TEST(!target->prefix_cache);
  BOOST_TEST(target->set_cycles == 3);
  BOOST_TEST(target->read_cycles == 4);
  BOOST_TEST(target->reset_cycles == 5);
  BOOST_TEST(target->drive_bits == 6);
  BOOST_TEST(target->max_passes == 9);
  BOOST_TEST(target->smallest == 1);
  BOOST_TEST(!(target->moment2 || target->entropy || target->votes || target->logits));
  BOOST_TEST(target->ood_threshold == 0.5);
  BOOST_TEST(target->ood_k == 1);  // the default of 2 follows `smallest`
  BOOST_TEST(target->clock_ns == 4.0);
  BOOST_TEST(target->library == "x.lib");
  BOOST_TEST((target->sensing == Sensing::Bit));
  const auto adc = parseTarget("[array]\nsensing = \"adc\"\nadc_bits = 5\n", "t.toml", diags);
  BOOST_REQUIRE(adc);
  BOOST_TEST((adc->sensing == Sensing::Adc));
  BOOST_TEST(adc->adc_bits == 5);
}

BOOST_AUTO_TEST_CASE(rendered_target_errors) {
  BOOST_TEST(targetErrors("[array]\nrows = 130\ngroup = 8\n") ==
             "t.toml:2:8: error: 130 rows are not a multiple of the group of 8 [rows-not-grouped]\n"
             "  hint: the nearest legal values are rows = 128 and rows = 136\n");
  BOOST_TEST(targetErrors("[array]\nrows = 4\ngroup = 8\n") ==
             "t.toml:3:9: error: a group of 8 rows does not fit into 4 rows [group-too-large]\n"
             "  hint: use group <= 4\n");
  BOOST_TEST(
      targetErrors("[uncertainty]\nsmallest = 1\nood_k = 2\n") ==
      "t.toml:3:9: error: 'ood_k' is 2, legal is 1 … 1 [out-of-range]\n  hint: choose a value from 1 to 1\n");
  BOOST_TEST(targetErrors("[array]\nadc_bits = 4\n") ==
             "t.toml:2:12: error: 'adc_bits' has no effect on sense amplifiers [key-without-effect]\n"
             "  hint: remove it, or set sensing = \"adc\"\n");
  BOOST_TEST(targetErrors("[array]\nsensing = \"adc\"\nadc_bits = 8\n") ==
             "t.toml:3:12: error: 'adc_bits' is 8, legal is 2 … 7 [out-of-range]\n  hint: choose a value "
             "from 2 to 7\n");
  BOOST_TEST(targetErrors("[clocks]\nperiod_ns = 1\n") ==
             "t.toml:1:2: error: unknown table 'clocks' [unknown-table]\n  hint: did you mean 'clock'?\n");
  BOOST_TEST(targetErrors("[clock]\nperiod_ns = inf\n") ==
             "t.toml:2:13: error: 'period_ns' is inf, legal is 0.001 <= period_ns <= 1000000 [out-of-range]\n"
             "  hint: choose a finite value in this range\n");
}

}  // namespace
