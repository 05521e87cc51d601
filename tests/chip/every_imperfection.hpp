// A device file with all that it can ask for, for tests of chips.
#pragma once

#include <stdexcept>
#include <string>

#include "chip/device_file.hpp"

namespace neuspin::testing {

/// Everything at rates that reach arrays of a few hundred cells. `units`: more lines of [units].
inline chip::DeviceFile everyImperfection(const std::string& units) {
  Diagnostics diags;
  const auto file = chip::parseDeviceFile(
      "set = \"stt40\"\n[override.defects]\nstuck_p = { value = 0.01, source = \"assumed\" }\n"
      "stuck_ap = { value = 0.01, source = \"assumed\" }\npinhole = { value = 0.01, source = \"assumed\" }\n"
      "open_row = { value = 0.01, source = \"assumed\" }\nopen_column = { value = 0.01, source = \"assumed\" "
      "}\n"
      "[override.dropout]\nreset_fail = { value = 0.1, source = \"assumed\" }\n"
      "read_error = { value = 0.05, source = \"assumed\" }\n[override.retention]\ndelta = { value = 45, "
      "source = \"assumed\" }\n[chip]\nkelvin = 330\n[units]\n" +
          units +
          "[arrays]\nvariation = 3\noffsets = 40\nwrite_failures = 0.01\nretention_seconds = 1e6\n"
          "retention_kelvin = 330\nspare_rows = 1\nspare_columns = 1\n",
      "device.toml", diags);
  if (!file) throw std::runtime_error(diags.render());
  return *file;
}

}  // namespace neuspin::testing
