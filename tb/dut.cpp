#include "dut.hpp"

#include <dlfcn.h>

#include <array>
#include <filesystem>

namespace neuspin::tb {
namespace {

namespace fs = std::filesystem;

/// The design names its memory images relative to the folder it was emitted to.
class WorkingFolder {
 public:
  explicit WorkingFolder(const std::string& folder) : before_(fs::current_path(error_)) {
    fs::current_path(folder, error_);
  }
  ~WorkingFolder() { fs::current_path(before_, error_); }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;
  [[nodiscard]] bool entered() const { return !error_; }

 private:
  std::error_code error_;
  fs::path before_;
};

template <class Function>
bool bind(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

std::unique_ptr<Dut> Dut::load(const Model& model, std::uint32_t seed, int random_seed, Diagnostics& diags) {
  std::unique_ptr<Dut> dut(new Dut);
  const auto failed = [&](const std::string& why) {
    diags.error("model-unusable", {.file = model.library}, why, "delete the file; it is built again");
    return nullptr;
  };
  dut->library_ = dlopen(model.library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (dut->library_ == nullptr) return failed(dlerror());
  Api& api = dut->api_;
  void* const library = dut->library_;
  if (!bind(library, "neuspinAbi", api.abi) || api.abi() != kNeuspinShimAbi ||
      !bind(library, "neuspinCreate", api.create) || !bind(library, "neuspinDestroy", api.destroy) ||
      !bind(library, "neuspinLow", api.low) || !bind(library, "neuspinHigh", api.high) ||
      !bind(library, "neuspinFind", api.find) || !bind(library, "neuspinList", api.list) ||
      !bind(library, "neuspinFailures", api.failures) || !bind(library, "neuspinText", api.text) ||
      !bind(library, "neuspinTraceOpen", api.trace_open) ||
      !bind(library, "neuspinTraceClose", api.trace_close) ||
      !bind(library, "neuspinCoverageWrite", api.coverage_write)) {
    return failed("was built by another version of neuspin");
  }
  const WorkingFolder folder(model.memory_root);
  if (!folder.entered()) return failed("cannot enter " + model.memory_root);
  const std::string plusarg = "+neuspin_seed=" + std::to_string(seed);
  const std::array<const char*, 2> arguments = {"neuspin", plusarg.c_str()};
  dut->instance_ =
      api.create(model.top.c_str(), static_cast<int>(arguments.size()), arguments.data(), random_seed);
  return dut;
}

Dut::~Dut() {
  if (instance_ != nullptr) api_.destroy(instance_);
  if (library_ != nullptr) dlclose(library_);
}

std::optional<NeuspinSignal> Dut::find(const std::string& scope, const std::string& signal) const {
  NeuspinSignal result{};
  if (api_.find(instance_, scope.c_str(), signal.c_str(), &result) == 0) return std::nullopt;
  return result;
}

std::vector<std::pair<std::string, std::string>> Dut::list() const {
  std::vector<std::pair<std::string, std::string>> result;
  api_.list(
      instance_,
      [](void* context, const char* scope, const char* signal) {
        static_cast<decltype(result)*>(context)->emplace_back(scope, signal);
      },
      &result);
  return result;
}

}  // namespace neuspin::tb
