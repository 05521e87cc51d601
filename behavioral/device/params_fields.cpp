#include <array>

#include "device/params.hpp"

namespace neuspin::device {
namespace {

using S = DeviceSet;
constexpr bool kYes = true, kNo = false;

// table, key, unit, lowest, highest, needed by STT, needed by SOT, member. Ranges are wide: they catch slips
// of unit.
constexpr std::array kFields = {
    Field{"geometry", "diameter_nm", "nm", 5, 500, kYes, kYes, &S::diameter},
    Field{"geometry", "free_layer_nm", "nm", 0.3, 10, kYes, kNo, &S::free_layer},
    Field{"magnetic", "ms_a_per_m", "A/m", 1e4, 3e6, kYes, kNo, &S::ms},
    Field{"magnetic", "mu0hk_t", "T", 0.001, 5, kYes, kNo, &S::mu0hk},
    Field{"magnetic", "alpha", "", 0.0001, 0.5, kYes, kNo, &S::alpha},
    Field{"magnetic", "polarisation", "", 0.05, 0.95, kYes, kNo, &S::polarisation},
    Field{"magnetic", "curie_k", "K", 450, 2000, kYes, kNo, &S::curie},
    Field{"magnetic", "anisotropy_exponent", "", 1, 4, kYes, kNo, &S::anisotropy_exponent},
    Field{"magnetic", "polarisation_per_k15", "K^-1.5", 0, 1e-4, kYes, kYes, &S::polarisation_t},
    Field{"magnetic", "vcma_fj_per_v_m", "fJ/(V m)", -500, 500, kNo, kNo, &S::vcma},
    Field{"barrier", "ra_ohm_um2", "Ohm um2", 0.1, 1e5, kYes, kYes, &S::ra},
    Field{"barrier", "r_p_ohm", "Ohm", 10, 1e9, kYes, kYes, &S::r_p},
    Field{"barrier", "tmr", "", 0.05, 10, kYes, kYes, &S::tmr},
    Field{"barrier", "tmr_half_v", "V", 0.05, 5, kYes, kYes, &S::tmr_half},
    Field{"barrier", "phi_ev", "eV", 0.1, 5, kYes, kNo, &S::phi},
    Field{"barrier", "tox_nm", "nm", 0.3, 5, kYes, kNo, &S::tox},
    Field{"barrier", "r_p_per_k", "1/K", -0.01, 0.01, kYes, kYes, &S::r_p_per_k},
    Field{"sot", "v50_v", "V", 0.001, 10, kNo, kYes, &S::v50},
    Field{"sot", "slope_per_ln_v", "", 0.5, 200, kNo, kYes, &S::slope},
    Field{"sot", "v50_back_v", "V", 0.001, 10, kNo, kYes, &S::v50_back},
    Field{"sot", "slope_back_per_ln_v", "", 0.5, 200, kNo, kYes, &S::slope_back},
    Field{"sot", "reference_pulse_ns", "ns", 0.05, 1000, kNo, kYes, &S::reference_pulse},
    Field{"sot", "quick_time_ns", "ns", 0, 100, kNo, kYes, &S::quick_time},
    Field{"sot", "vc0_short_v", "V", 0.001, 10, kNo, kYes, &S::vc0_short},
    Field{"sot", "vc0_long_v", "V", 0.001, 10, kNo, kYes, &S::vc0_long},
    Field{"sot", "attempt_time_ns", "ns", 0.001, 100, kNo, kYes, &S::attempt_time},
    Field{"sot", "delta_eff", "", 1, 200, kNo, kYes, &S::delta_eff},
    Field{"sot", "r_sot_ohm", "Ohm", 1, 1e5, kNo, kYes, &S::r_sot},
    Field{"sot", "switch_back_ratio", "", 1, 100, kNo, kYes, &S::switch_back_ratio},
    Field{"sot", "switch_back_slope_per_ln_v", "", 0.5, 200, kNo, kYes, &S::switch_back_slope},
    Field{"sot", "theta_sh", "", 0.001, 5, kNo, kNo, &S::theta_sh},
    Field{"sot", "line_width_nm", "nm", 5, 2000, kNo, kNo, &S::line_width},
    Field{"sot", "line_thickness_nm", "nm", 0.5, 100, kNo, kNo, &S::line_thickness},
    Field{"sot", "line_length_nm", "nm", 5, 5000, kNo, kNo, &S::line_length},
    Field{"sot", "line_resistivity_uohm_cm", "uOhm cm", 1, 10000, kNo, kNo, &S::line_resistivity},
    Field{"write", "pulse_ns", "ns", 0.05, 1000, kYes, kYes, &S::write_pulse},
    Field{"write", "energy_pj", "pJ", 0, 1000, kNo, kNo, &S::write_energy},
    Field{"read", "voltage_v", "V", 0.001, 2, kYes, kYes, &S::read_voltage},
    Field{"read", "pulse_ns", "ns", 0.01, 1000, kYes, kYes, &S::read_pulse},
    Field{"read", "access_ohm", "Ohm", 0, 1e6, kYes, kYes, &S::access},
    Field{"read", "noise_relative", "", 0, 1, kYes, kYes, &S::read_noise},
    Field{"sensing", "bandwidth_hz", "Hz", 1, 1e12, kYes, kYes, &S::bandwidth},
    Field{"sensing", "offset_mv", "mV", 0, 1000, kYes, kYes, &S::sense_offset},
    Field{"sensing", "full_scale_v", "V", 0.01, 10, kYes, kYes, &S::full_scale},
    Field{"sensing", "adc_range_sqrt_n", "", 0.1, 100, kYes, kYes, &S::adc_range},
    Field{"sensing", "adc_bits", "", 1, 16, kYes, kYes, &S::adc_bits},
    Field{"wires", "ohm_per_cell", "Ohm", 0, 1000, kYes, kYes, &S::wire},
    Field{"retention", "delta", "", 1, 500, kYes, kYes, &S::delta_retention},
    Field{"variation", "diameter", "", 0, 0.5, kYes, kYes, &S::var_diameter},
    Field{"variation", "ra", "", 0, 0.5, kYes, kYes, &S::var_ra},
    Field{"variation", "tmr", "", 0, 0.5, kYes, kYes, &S::var_tmr},
    Field{"variation", "free_layer", "", 0, 0.5, kYes, kYes, &S::var_free_layer},
    Field{"variation", "hk", "", 0, 0.5, kYes, kYes, &S::var_hk},
    Field{"variation", "ms", "", 0, 0.5, kYes, kYes, &S::var_ms},
    Field{"variation", "die_share", "", 0, 2, kYes, kYes, &S::die_share},
    Field{"variation", "gradient", "", 0, 2, kYes, kYes, &S::gradient},
    Field{"dropout", "drive_range", "", 0.001, 0.9, kYes, kYes, &S::drive_range},
    Field{"dropout", "reset_fail", "", 0, 0.999, kYes, kYes, &S::reset_fail},
    Field{"dropout", "read_error", "", 0, 0.5, kYes, kYes, &S::read_error},
    Field{"defects", "stuck_p", "", 0, 1, kYes, kYes, &S::stuck_p},
    Field{"defects", "stuck_ap", "", 0, 1, kYes, kYes, &S::stuck_ap},
    Field{"defects", "pinhole", "", 0, 1, kYes, kYes, &S::pinhole},
    Field{"defects", "pinhole_area", "", 0, 1, kYes, kYes, &S::pinhole_area},
    Field{"defects", "ra_breakdown_ohm_um2", "Ohm um2", 0.001, 1000, kYes, kYes, &S::ra_breakdown},
    Field{"defects", "open_row", "", 0, 1, kYes, kYes, &S::open_row},
    Field{"defects", "open_column", "", 0, 1, kYes, kYes, &S::open_column},
};

}  // namespace

std::span<const Field> deviceFields() {
  return kFields;
}

}  // namespace neuspin::device
