// Every module of the library in dependency levels; each level uses only the ones before it. Tools need this folder on
// the include path (cim_assert.svh). The macros cim_array, cim_array_adc, cim_sram_1rw and cim_mtj_bit come
// from behavioral/ (simulation), synth/blackbox/ or synth/flops/ (synthesis), behavioral/prng/ (digital substitute of the MTJ).

// 0: cells and tables
cim_fa.sv
cim_and_or.sv
cim_rom.sv
cim_lane_threshold.sv
cim_lane_multiply.sv
cim_lane_noisy.sv
cim_lane_skip.sv
cim_row_buffer.sv
cim_wl_drive.sv
cim_lane_sum.sv
cim_post_ctrl.sv
cim_mtj_sequencer.sv
cim_unit_monitor.sv
cim_head_collect.sv
cim_head_insert.sv
cim_mask_fanout.sv
cim_stream_fork.sv

// 1: built from one level of cells
cim_popcount.sv
cim_regs.sv
cim_unit_calibrator.sv
cim_tile_ctrl.sv
cim_post_lanes.sv
cim_head_exp.sv
cim_head_recip.sv
cim_head_result.sv

// 2: counting
cim_column_block.sv
cim_active_counter.sv
cim_lane_noise.sv
cim_xnor_threshold.sv
cim_head_stats.sv

// 3: around the macros
cim_array_port.sv
cim_adc_port.sv
cim_columns.sv
cim_scale_mem.sv
cim_dropout_module.sv
cim_cross_norm.sv
cim_window_buffer.sv
cim_max_pool.sv
cim_avg_pool.sv
cim_skip_buffer.sv

// 4: tiles, banks of stochastic units
cim_tile.sv
cim_adc_tile.sv
cim_select_tile.sv
cim_stochastic_bank.sv

// 5: supplies of random choices and whole engines
cim_mask_supply.sv
cim_arbiter_onehot.sv
cim_head.sv
