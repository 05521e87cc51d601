#include "emit/emit.hpp"

#include <set>

#include "emit/banner.hpp"
#include "emit/compose.hpp"
#include "emit/constants.hpp"
#include "emit/documents.hpp"
#include "emit/images.hpp"
#include "emit/manifest.hpp"
#include "emit/roms.hpp"
#include "emit/sources.hpp"
#include "emit/testbench.hpp"
#include "hdl/printer.hpp"

namespace neuspin {

FileSet emitDesign(const Plan& plan, const Weights& weights, const EmitOptions& options) {
  FileSet files;
  // First, because the golden model's own copy of the weights is gone again before the images take their
  // place.
  const bool testbench = options.vector_images > 0;
  if (testbench) emit::addTestbench(plan, weights, options, files);

  const std::string banner = emit::banner(plan);
  std::vector<hdl::ModuleTemplate> layers;
  std::vector<std::string> composed;
  std::set<std::string> instantiated;
  const auto add = [&](const hdl::Module& module) {
    files["rtl/" + module.name() + ".sv"] = hdl::printModule(module, banner);
    composed.push_back(module.name() + ".sv");
    for (const hdl::Instance& instance : module.instances()) instantiated.insert(instance.module->name);
  };
  for (const LayerPlan& layer : plan.layers) {
    const hdl::Module module =
        emit::composeLayer(plan, layer);  // one at a time: a large layer is a large netlist
    add(module);
    layers.push_back(module.asTemplate());
  }
  add(emit::composeTop(plan, layers));
  files["rtl/" + plan.name + "_pkg.sv"] = emit::packageText(plan);

  for (const hdl::ModuleTemplate& layer : layers) instantiated.erase(layer.name);
  const emit::LibraryFiles library = emit::libraryClosure({instantiated.begin(), instantiated.end()});
  emit::addSources(library, files);
  files["rtl/cim_rom.sv"] = emit::romText(emit::romTables(plan), banner);
  emit::addImages(plan, weights, files);
  emit::addDocuments(plan, library, composed, testbench, files);
  files["manifest.json"] = emit::manifestText(plan, files);
  return files;
}

}  // namespace neuspin
