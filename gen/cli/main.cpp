#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "cli/cli.hpp"

int main(int argc, char** argv) {
  using namespace neuspin;
  CLI::App app{
      "neuspin: SystemVerilog generator for spintronic compute-in-memory accelerators of binary Bayesian "
      "networks"};
  app.name("neuspin");
  app.set_version_flag("--version", std::string("neuspin " NEUSPIN_VERSION));
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 ok, 1 bad input (diagnostics say where), 2 the check ran and found mismatches,\n"
      "3 an external tool is missing or failed, 4 usage.\n"
      "Example: neuspin check examples/fashion-mlp-scaledrop");
  cli::Run run;
  cli::addCheck(app, run);
  cli::addExplain(app, run);
  cli::addGenerate(app, run);
  cli::addSimulate(app, run);
  cli::addEvaluate(app, run);
  cli::addCompare(app, run);
  cli::addEnergy(app, run);
  cli::addSurvey(app, run);
  cli::addSweep(app, run);
  cli::addPlot(app, run);
  cli::addSynth(app, run);
  cli::addCoverage(app, run);
  cli::addReport(app, run);
  cli::addImport(app, run);
  try {
    app.parse(argc, argv);
    return run();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? cli::kOk : cli::kUsage;
  } catch (const std::exception& error) {
    // Readers and planner never throw on bad input: what arrives here is the machine's (out of memory, full
    // disk).
    fmt::print(stderr, "neuspin: error: {}\n", error.what());
    return cli::kToolMissing;
  }
}
