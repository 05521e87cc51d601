// `neuspin sweep` and `neuspin plot` as processes, on the optdigits networks: what is drawn is what is
// reported, and what is reported is what `evaluate` and `energy` say.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "../evaluate/folder.hpp"
#include "picture.hpp"
#include "support/process.hpp"

namespace neuspin {
namespace {

const std::string kNets = NEUSPIN_SOURCE_DIR "/tests/nets/";
const std::string kTarget = NEUSPIN_SOURCE_DIR "/tests/cosim/small_target.toml";

/// A subcommand on networks, with the optdigits test set.
ProcessResult neuspinOn(const std::string& subcommand, const std::vector<std::string>& methods,
                        std::vector<std::string> arguments, const std::string& target = kTarget) {
  std::vector<std::string> command = {NEUSPIN_BIN, subcommand};
  for (const auto& method : methods) command.push_back(kNets + "optd_" + method);
  command.insert(command.end(), {"--target", target, "--quiet"});
  if (subcommand != "energy")
    command.insert(command.end(), {"--images", kNets + "optdigits_test.idx3-ubyte.gz", "--labels",
                                   kNets + "optdigits_test.idx1-ubyte.gz"});
  command.insert(command.end(), arguments.begin(), arguments.end());
  return runProcess(command);
}

nlohmann::json reportOf(const std::string& subcommand, const std::vector<std::string>& methods,
                        std::vector<std::string> arguments, const std::string& target = kTarget) {
  arguments.insert(arguments.end(), {"--json", "-"});
  const auto result = neuspinOn(subcommand, methods, std::move(arguments), target);
  BOOST_REQUIRE_MESSAGE(result.exit_code == 0, result.output);
  return nlohmann::json::parse(result.output);
}

std::string contentOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  BOOST_REQUIRE_MESSAGE(file.good(), path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

using Numbers = std::vector<double>;

/// A figure of every point of a network, scaled.
Numbers curveOf(const nlohmann::json& points, const char* figure, const char* statistic, double scale) {
  Numbers values;
  for (const auto& point : points) values.push_back(scale * point.at(figure).at(statistic).get<double>());
  return values;
}

BOOST_AUTO_TEST_SUITE(plot_commands)

BOOST_AUTO_TEST_CASE(curves_are_those_of_the_report_and_of_evaluate) {
  const test::Folder folder("sweep");
  const std::string plots = folder.path() + "/plots";
  const auto device =
      folder.write("device.toml", "set = \"stt40\"\n[units]\ntrim_bits = 8\n[chip]\nseed = 5\n");
  const auto report = reportOf(
      "sweep", {"det", "affine", "scaledrop"},
      {"--device", device, "--axis", "stuck", "--points", "0,0.05,0.3", "--chips", "4", "--plots", plots});
  BOOST_REQUIRE(report.at("sweeps").size() == 1U);
  const auto& sweep = report.at("sweeps")[0];
  BOOST_REQUIRE(sweep.at("networks").size() == 3U);
  BOOST_TEST(report.at("device").at("set") == "stt40");

  // The same chips by themselves: 30 % of the cells are 1 − √0.7 of the junctions, half in each state.
  const double rate = (1 - std::sqrt(0.7)) / 2;
  std::ostringstream stuck;
  stuck.precision(17);
  stuck << "set = \"stt40\"\n[units]\ntrim_bits = 8\n[chip]\nseed = 5\n[arrays]\nstuck_p = " << rate
        << "\nstuck_ap = " << rate << "\n";
  const auto alone =
      reportOf("evaluate", {"affine"}, {"--device", folder.write("stuck.toml", stuck.str()), "--chips", "4"});
  const auto& points = sweep.at("networks")[1].at("points");
  for (const char* figure : {"accuracy", "nll"}) {
    for (const char* statistic : {"mean", "sd", "q05", "q95"})
      BOOST_TEST(points[2].at(figure).at(statistic) == alone.at("over_chips").at(figure).at(statistic));
    BOOST_TEST(sweep.at("networks")[1].at("ideal").at(figure) == alone.at("ideal").at("softmax").at(figure));
  }
  BOOST_TEST(points[2].at("accuracy").at("mean").get<double>() <
             points[0].at("accuracy").at("mean").get<double>() - 0.05);
  BOOST_TEST(points[2].at("accuracy").at("sd").get<double>() > 0);

  // One axis: its largest gap is the largest of all.
  const auto& gaps = sweep.at("gaps")[0];
  BOOST_TEST(report.at("self_healing").at("axis") == "stuck");
  BOOST_TEST(report.at("self_healing").at("gap") ==
             gaps.at("points")[gaps.at("largest").get<std::size_t>()].at("gap"));

  // Pictures: the numbers of the report.
  for (const auto& [name, figure, scale] :
       {std::tuple("accuracy-stuck", "accuracy", 100.0), std::tuple("nll-stuck", "nll", 1.0)}) {
    const auto picture = test::pictureOf(contentOf(plots + "/" + name + ".svg"));
    test::checkTexts(picture);
    BOOST_REQUIRE(picture.series.size() == 3U);
    for (std::size_t n = 0; n < 3; ++n) {
      const auto& network = sweep.at("networks")[n];
      BOOST_TEST(picture.series[n].name == network.at("name").get<std::string>());
      test::checkSeries(picture, n, {0, 0.05, 0.3}, curveOf(network.at("points"), figure, "mean", scale));
      test::checkBand(picture, n, curveOf(network.at("points"), figure, "q05", scale),
                      curveOf(network.at("points"), figure, "q95", scale));
    }
  }
  // The gap of inverted normalisation comes first, chip by chip.
  const auto gap = test::pictureOf(contentOf(plots + "/gap-stuck.svg"));
  test::checkTexts(gap);
  BOOST_REQUIRE(gap.series.size() == 2U);
  const auto& first = sweep.at("gaps")[0];
  BOOST_TEST(first.at("network") == sweep.at("networks")[1].at("name"));
  BOOST_TEST(first.at("base") == sweep.at("networks")[0].at("name"));
  double mean = 0;
  for (std::size_t chip = 0; chip < 4; ++chip)
    mean += (points[2].at("chips")[chip].at("accuracy").get<double>() -
             sweep.at("networks")[0].at("points")[2].at("chips")[chip].at("accuracy").get<double>()) /
            4;
  BOOST_TEST(first.at("points")[2].at("gap").at("mean").get<double>() == mean,
             boost::test_tools::tolerance(1e-9));
  test::checkSeries(gap, 0, {0, 0.05, 0.3}, curveOf(first.at("points"), "gap", "mean", 100));
  test::checkBand(gap, 0, curveOf(first.at("points"), "gap", "q05", 100),
                  curveOf(first.at("points"), "gap", "q95", 100));
}

BOOST_AUTO_TEST_CASE(every_axis_runs_and_time_is_logarithmic) {
  const test::Folder folder("axes");
  const std::string plots = folder.path() + "/plots";
  const auto result =
      neuspinOn("sweep", {"spindrop"},
                {"--chips", "1", "--limit", "20", "--plots", plots, "--json", folder.path() + "/r.json"});
  BOOST_REQUIRE_MESSAGE(result.exit_code == 0, result.output);
  BOOST_TEST(result.output.find("give a deterministic network") != std::string::npos, result.output);
  const auto report = nlohmann::json::parse(contentOf(folder.path() + "/r.json"));
  std::vector<std::string> axes;
  for (const auto& sweep : report.at("sweeps")) {
    axes.push_back(sweep.at("axis").get<std::string>());
    BOOST_TEST(sweep.at("gaps").empty());
    const auto picture = test::pictureOf(contentOf(plots + "/accuracy-" + axes.back() + ".svg"));
    test::checkTexts(picture);
    Numbers x;
    for (const auto& point : sweep.at("networks")[0].at("points"))
      x.push_back(point.at("value").get<double>());
    test::checkSeries(picture, 0, x, curveOf(sweep.at("networks")[0].at("points"), "accuracy", "mean", 100),
                      axes.back() == "retention");
  }
  BOOST_TEST((axes == std::vector<std::string>{"stuck", "stuck_p", "stuck_ap", "conductance", "sigma_p",
                                               "kelvin", "retention"}));
}

BOOST_AUTO_TEST_CASE(all_pictures_at_once) {
  const test::Folder folder("plot");
  const std::string out = folder.path() + "/figures";
  static_cast<void>(folder.write("curves.csv",
                                 "device,direction,V,t_p,P_sw,n_reps\nA,P->AP,0.8,0.75,0.1,100\n"
                                 "A,P->AP,0.9,0.75,0.5,100\nA,P->AP,1.0,0.75,0.95,100\n"));
  static_cast<void>(folder.write("mine.toml", "base = \"sot_meas_a\"\nname = \"mine\"\n"));
  const auto device = folder.write(
      "device.toml",
      "set = \"mine.toml\"\n[units]\ntrim_bits = 8\ncurves = { file = \"curves.csv\", device = \"A\" }\n");
  const auto report = reportOf("plot", {"scaledrop", "spinbayes_binary"},
                               {"--device", device, "--chips", "2", "--limit", "20", "--out", out});
  const auto& figures = report.at("figures");
  std::vector<std::string> wanted = {"accuracy-stuck", "accuracy-stuck_p", "energy", "nll-stuck",
                                     "nll-stuck_p"};
  for (const char* set : {"mine", "stt40", "sot_meas_a", "sot_macrospin", "sot_nvram"}) {
    wanted.push_back(std::string("switching-") + set);
    wanted.push_back(std::string("trim-") + set);
  }
  BOOST_TEST(figures.size() == wanted.size());
  for (const auto& name : wanted) {
    BOOST_TEST_CONTEXT(name) {
      const auto& figure = figures.at(name);
      const auto picture = test::pictureOf(contentOf(out + "/" + name + ".svg"));
      test::checkTexts(picture);
      std::size_t number = 0;
      for (const auto& series : figure.value("series", nlohmann::json::array()))
        test::checkSeries(picture, number++, series.at("x").get<Numbers>(), series.at("y").get<Numbers>());
    }
  }
  // The user's measured points, and the law beside them.
  const auto& measured = figures.at("switching-mine").at("series").back();
  BOOST_TEST((measured.at("x").get<Numbers>() == Numbers{0.8, 0.9, 1.0}));
  BOOST_TEST((measured.at("y").get<Numbers>() == Numbers{0.1, 0.5, 0.95}));
  BOOST_TEST(figures.at("switching-mine").at("series").size() == 5U);
  for (const char* set : {"stt40", "sot_meas_a"})
    BOOST_TEST(figures.at(std::string("switching-") + set)
                   .at("note")
                   .get<std::string>()
                   .find("no measured points") != std::string::npos);
  // Histograms hold every unit, trimmed ones close together.
  for (const auto& series : figures.at("trim-stt40").at("series")) {
    const auto counts = series.at("y").get<Numbers>();
    BOOST_TEST(std::accumulate(counts.begin(), counts.end(), 0.0) == 2000);  // both edges of every column
  }
  const auto highest = [&](std::size_t number) {
    const auto counts = figures.at("trim-stt40").at("series")[number].at("y").get<Numbers>();
    return *std::ranges::max_element(counts);
  };
  BOOST_TEST(highest(1) > 5 * highest(0));
  // Bars: as long as the energies that `neuspin energy` reports for the same image.
  const auto& bars = figures.at("energy").at("bars");
  BOOST_REQUIRE(bars.size() == 4U);
  const auto energy = reportOf("energy", {"scaledrop"},
                               {"--set", folder.path() + "/mine.toml", "--images", "1", "--data",
                                kNets + "optdigits_test.idx3-ubyte.gz"});
  std::size_t bar = 0;
  for (const char* source : {"junctions", "lfsr"}) {
    const auto parts = bars[bar++].at("parts").get<Numbers>();
    BOOST_TEST(std::accumulate(parts.begin(), parts.end(), 0.0) ==
                   energy.at(source).at("nanojoules_per_image").get<double>(),
               boost::test_tools::tolerance(1e-9));
  }
  const auto picture = test::pictureOf(contentOf(out + "/energy.svg"));
  const test::Reading value(picture, true);
  BOOST_REQUIRE(picture.bars.size() == 4U);
  for (std::size_t n = 0; n < 4; ++n) {
    const auto parts = bars[n].at("parts").get<Numbers>();
    const auto& drawn = picture.bars[n].parts.back();
    BOOST_TEST(std::abs(value(drawn.first + drawn.second) -
                        std::accumulate(parts.begin(), parts.end(), 0.0)) <= value.fine(1));
  }
}

BOOST_AUTO_TEST_CASE(bars_hold_the_energy_of_converters) {
  const test::Folder folder("converters");
  std::string text = contentOf(kTarget);
  text.replace(text.find("group = 8"), 9, "group = 8\nsensing = \"adc\"");
  const auto converters = folder.write("converters.toml", text);
  const auto report = reportOf("plot", {"scaledrop"},
                               {"--no-sweep", "--limit", "2", "--out", folder.path() + "/out"}, converters);
  const auto energy =
      reportOf("energy", {"scaledrop"}, {"--images", "1", "--data", kNets + "optdigits_test.idx3-ubyte.gz"},
               converters);
  const auto& bars = report.at("figures").at("energy").at("bars");
  std::size_t bar = 0;
  for (const char* source : {"junctions", "lfsr"}) {
    const auto parts = bars[bar++].at("parts").get<Numbers>();
    BOOST_TEST(std::accumulate(parts.begin(), parts.end(), 0.0) ==
                   energy.at(source).at("nanojoules_per_image").get<double>(),
               boost::test_tools::tolerance(1e-9));
  }
}

BOOST_AUTO_TEST_CASE(bad_requests_leave_nothing_behind) {
  const test::Folder folder("refused");
  const std::string json = folder.path() + "/report.json", plots = folder.path() + "/plots";
  const auto refused = [&](std::vector<std::string> arguments, int code, const char* part,
                           std::vector<std::string> nets = {"det"}) {
    arguments.insert(arguments.end(), {"--json", json, "--limit", "5", "--chips", "1"});
    const auto result = neuspinOn("sweep", nets, std::move(arguments));
    BOOST_TEST(result.exit_code == code, result.output);
    BOOST_TEST(result.output.find(part) != std::string::npos, result.output);
    BOOST_TEST(!std::filesystem::exists(json));
  };
  refused({"--points", "0,0.1"}, 1, "--axis");
  refused({"--axis", "stuck", "--points", "0,0.95"}, 1, "from 0 to 0.9");
  refused({"--axis", "stuck", "--points", "0.1,0.1"}, 1, "points-in-order");
  refused({"--axis", "kelvin", "--points", "300"}, 1, "points-in-order");
  refused({"--axis", "stuk"}, 4, "stuk");
  refused({"--device", folder.missing()}, 1, "missing");
  refused({"--axis", "stuck", "--points", "0,0.1", "--passes", "300"}, 1, "max_passes", {"scaledrop"});
  // A folder of somebody else's is not touched.
  const auto other = folder.write("plots/mine.txt", "keep");
  refused({"--axis", "stuck", "--points", "0,0.1", "--plots", plots}, 1, "output-exists");
  BOOST_TEST(contentOf(other) == "keep");
  BOOST_TEST(neuspinOn("plot", {"det"}, {}).exit_code == 4);  // --out is missing
  BOOST_TEST(neuspinOn("plot", {"det"}, {"--out", plots, "--no-sweep", "--limit", "5"}).exit_code == 1);
  BOOST_TEST(neuspinOn("plot", {"det"}, {"--out", folder.path() + "/new", "--table", "none"}).exit_code == 1);
  BOOST_TEST(!std::filesystem::exists(folder.path() + "/new"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace neuspin
