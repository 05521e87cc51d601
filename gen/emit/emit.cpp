#include "emit/emit.hpp"

#include "emit/banner.hpp"
#include "emit/compose.hpp"
#include "emit/constants.hpp"
#include "emit/documents.hpp"
#include "emit/images.hpp"
#include "emit/library.hpp"
#include "emit/manifest.hpp"
#include "emit/sources.hpp"
#include "emit/testbench.hpp"
#include "hdl/printer.hpp"

namespace neuspin {
namespace {

/// Names of the library modules a design instantiates directly.
std::vector<std::string> libraryRoots(const Plan& plan) {
  bool stochastic = false;
  for (const LayerPlan& layer : plan.layers) stochastic = stochastic || layer.dropout.has_value();
  std::vector<std::string> roots;
  for (const hdl::ModuleTemplate* module : emit::libraryTemplates()) {
    if (module != &emit::dropoutModule() || stochastic) roots.push_back(module->name);
  }
  return roots;
}

}  // namespace

FileSet emitDesign(const Plan& plan, const Weights& weights, const EmitOptions& options) {
  FileSet files;
  // First, because the golden model's own copy of the weights is gone again before the images take their
  // place.
  const bool testbench = options.vector_images > 0;
  if (testbench) emit::addTestbench(plan, weights, options, files);

  const std::string banner = emit::banner(plan);
  std::vector<hdl::ModuleTemplate> layers;
  std::vector<std::string> composed;
  for (const LayerPlan& layer : plan.layers) {
    const hdl::Module module =
        emit::composeLayer(plan, layer);  // one at a time: a large layer is a large netlist
    files["rtl/" + module.name() + ".sv"] = hdl::printModule(module, banner);
    layers.push_back(module.asTemplate());
    composed.push_back(module.name() + ".sv");
  }
  const hdl::Module top = emit::composeTop(plan, layers);
  files["rtl/" + top.name() + ".sv"] = hdl::printModule(top, banner);
  composed.push_back(top.name() + ".sv");
  files["rtl/" + plan.name + "_pkg.sv"] = emit::packageText(plan);

  const emit::LibraryFiles library = emit::libraryClosure(libraryRoots(plan));
  emit::addSources(library, files);
  emit::addImages(plan, weights, files);
  emit::addDocuments(plan, library, composed, testbench, files);
  files["manifest.json"] = emit::manifestText(plan, files);
  return files;
}

}  // namespace neuspin
