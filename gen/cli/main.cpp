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
    const int code = run();
    // What was printed may still be in the buffer; its loss must not look like success.
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
    std::fputs("neuspin: error: cannot write to standard output\n", stderr);
    return code == cli::kOk ? cli::kBadInput : code;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? cli::kOk : cli::kUsage;
  } catch (const std::exception& error) {
    // Readers and planner never throw on bad input: what arrives here is the machine's (out of memory, full
    // disk).
    std::fprintf(stderr, "neuspin: error: %s\n",
                 error.what());  // fmt::print throws where this cannot be written
    return cli::kToolMissing;
  }
}
