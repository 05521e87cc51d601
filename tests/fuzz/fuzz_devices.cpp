// libFuzzer target of the readers of device sets, device files, measured switching curves and energy tables.
#include "chip/device_file.hpp"
#include "device/params.hpp"
#include "device/sot_table.hpp"
#include "energy/table.hpp"
#include "fuzz_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace neuspin;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::check([&](Diagnostics& diags) { return device::parseDeviceSet(text, "set.toml", diags); });
  // A set and curves that the text names are looked for in a folder that is not there.
  fuzz::check([&](Diagnostics& diags) { return chip::parseDeviceFile(text, "/nowhere/device.toml", diags); });
  fuzz::check([&](Diagnostics& diags) { return energy::parseTable(text, "table.toml", diags); });
  fuzz::check([&](Diagnostics& diags) -> std::optional<device::SotTable> {
    const auto records = device::readSwitchingCsv(text, "curves.csv", diags);
    if (!records) return std::nullopt;
    return device::SotTable::make(*records, "A", "P->AP", "curves.csv", diags);
  });
  return 0;
}
