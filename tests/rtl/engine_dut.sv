// A layer engine composed by hand as rtl/README.md says (the generator's composition has its own tests), for engine_tb.sv.
// Choice: 0 nothing random, 1 mask bits choose the bank, 2 mask bits drop rows, 3 arbiter chooses the array, 4 noise bits,
// 5 arbiter chooses the bank. Programming units: array ((r*ColTiles + c)*Slices + s)*Arrays + n, scale memory ScaleUnit.
module engine_dut #(
    parameter int Inputs = 13,
    parameter int Outputs = 11,
    parameter int ElemBits = 1,
    parameter int Bipolar = 1,
    parameter int BeatElems = 4,
    parameter int Group = 4,
    parameter int AdcBits = 0,  // > 0: columns sum currents
    parameter int TileRows = 8,
    parameter int TileCols = 8,
    parameter int BlockCols = 64,
    parameter int Lanes = 3,
    parameter int Form = 0,
    parameter int Last = 0,
    parameter int CrossNorm = 0,
    parameter int ReplayInput = 0,
    parameter int ReplaySums = 0,
    parameter int Slices = 1,
    parameter int Arrays = 1,
    parameter int Banks = 1,
    parameter int Choice = 0,
    parameter int MaskBits = 1,
    parameter int MaskGroup = 1,
    parameter int Modules = 1,
    parameter int NoiseBits = 1,
    parameter int Whiten = 0,
    parameter int SetCycles = 2,
    parameter int DriveInit = 0,
    parameter int Seed = 1,
    parameter int FirstUnit = 0,
    parameter TableFile = "",
    parameter int ActiveBits = 8,
    parameter int AccBits = 4,
    parameter int SumBits = 8,
    parameter int ThetaBits = 9,
    parameter int ScaleBits = 7,
    parameter int SigmaBits = 5,
    parameter int OffsetBits = 9,
    parameter int OutBits = 20,
    parameter int EntryBits = 10,
    parameter int DataBits = 3,
    parameter int ScaleUnit = 1000,
    parameter int Steps = 2,
    parameter int StepBits = 5
) (
    input logic clk,
    input logic rst_n,
    input logic [BeatElems*ElemBits-1:0] in_data,
    input logic in_valid,
    output logic in_ready,
    output logic [DataBits-1:0] out_data,
    output logic out_valid,
    output logic out_last,  // not with CrossNorm
    input logic out_ready,
    input logic [7:0] passes,
    input logic prog_we,
    input logic [15:0] prog_unit,
    input logic [15:0] prog_addr,
    input logic [TileCols-1:0] prog_row,
    input logic [Lanes*EntryBits-1:0] prog_word
);
  localparam int RowTiles = (Inputs + TileRows - 1) / TileRows;
  localparam int ColTiles = (Outputs + TileCols - 1) / TileCols;
  localparam int Groups = TileRows / Group;
  localparam int Beats = (Inputs + BeatElems - 1) / BeatElems;
  localparam int Words = (Outputs + Lanes - 1) / Lanes;
  localparam int GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
  localparam int PlaneBits = (ElemBits > 1) ? $clog2(ElemBits) : 1;
  localparam int WordBits = (Words > 1) ? $clog2(Words) : 1;
  localparam int BankBits = (Banks > 1) ? $clog2(Banks) : 1;
  localparam int AddrBits = (Banks * Words > 1) ? $clog2(Banks * Words) : 1;
  localparam int EpsBits = (Choice == 4) ? $clog2(NoiseBits + 1) + 1 : 1;
  localparam int LaneDataBits = (Last != 0 || CrossNorm != 0) ? Lanes * OutBits : Lanes;
  localparam int Choices = (Choice == 3) ? Arrays : (Choice == 5) ? Banks : 2;
  localparam int SenseBits = (AdcBits > 0) ? $clog2(Group + 1) : Group;  // of a column of an array
  localparam int IndexBits = (Choices > 1) ? $clog2(Choices) : 1;

  logic [Beats*BeatElems*ElemBits-1:0] rows;
  logic fill_last, rows_valid, rows_release, rd, acc_en, first, shift, load, hold_free, fire, move;
  logic [GroupBits-1:0] group;
  logic [PlaneBits-1:0] plane;
  logic [RowTiles*Group-1:0] wl, wlb;
  logic [RowTiles*Slices*AccBits*Outputs-1:0] counts;
  logic [ActiveBits-1:0] active;
  logic [WordBits-1:0] word;
  logic [AddrBits-1:0] addr;
  logic [Lanes*SumBits-1:0] sums;
  logic [Lanes*EntryBits-1:0] entry;
  logic [Lanes*EpsBits-1:0] eps;
  logic [LaneDataBits-1:0] lane_data;
  logic lane_valid, lane_ready;

  // ---- the supply of random choices ----
  logic mask_valid, rows_mask_ready, post_mask_ready, mask_ready;
  logic [MaskBits-1:0] mask;
  logic [IndexBits-1:0] index;
  logic [Choices-1:0] onehot;
  assign mask_ready = (Choice == 2 || Choice == 3) ? rows_mask_ready : post_mask_ready;
  if (Choice == 1 || Choice == 2 || Choice == 4) begin : gen_masks
    cim_mask_supply #(.Bits(MaskBits), .Modules(Modules), .SetCycles(SetCycles), .Whiten(Whiten), .DriveBits(3),
                      .DriveInit(DriveInit), .FirstUnit(FirstUnit), .Seed(Seed), .TableFile(TableFile)) u_supply (
        .clk_i(clk), .rst_ni(rst_n), .mask_ready_i(mask_ready), .mask_valid_o(mask_valid), .mask_o(mask),
        .unit_id_i(16'd0), .unit_word_i(8'd0), .unit_we_i(1'b0), .unit_wdata_i(32'd0), .calibrate_i(1'b0),
        .unit_rdata_o(), .calibrating_o(), .alarm_o(), .sampled_o());
    assign index = '0;
    assign onehot = '0;
  end else if (Choice == 3 || Choice == 5) begin : gen_arbiter
    cim_arbiter_onehot #(.Choices(Choices), .SetCycles(SetCycles), .Whiten(Whiten), .DriveBits(3), .DriveInit(DriveInit),
                         .FirstUnit(FirstUnit), .Seed(Seed), .TableFile(TableFile)) u_supply (
        .clk_i(clk), .rst_ni(rst_n), .mask_ready_i(mask_ready), .mask_valid_o(mask_valid), .index_o(index),
        .onehot_o(onehot), .unit_id_i(16'd0), .unit_word_i(8'd0), .unit_we_i(1'b0), .unit_wdata_i(32'd0),
        .calibrate_i(1'b0), .unit_rdata_o(), .calibrating_o(), .alarm_o(), .sampled_o());
    assign mask = '0;
  end else begin : gen_nothing
    assign mask_valid = 1'b1;
    assign mask = '0;
    assign index = '0;
    assign onehot = '0;
  end

  // ---- arrays ----
  cim_row_buffer #(.Words(Beats), .BeatWidth(BeatElems * ElemBits)) u_rows (
      .clk_i(clk), .rst_ni(rst_n), .data_i(in_data), .valid_i(in_valid), .ready_o(in_ready), .fill_last_o(fill_last),
      .rows_o(rows), .rows_valid_o(rows_valid), .release_i(rows_release));

  cim_tile_ctrl #(.Steps(Steps), .GroupBits(GroupBits), .PlaneBits(PlaneBits), .ReplayInput(ReplayInput)) u_ctrl (
      .clk_i(clk), .rst_ni(rst_n), .rows_valid_i(rows_valid),
      .mask_valid_i((Choice == 2 || Choice == 3) ? mask_valid : 1'b1), .hold_free_i(hold_free), .passes_i(passes),
      .read_o(rd), .group_o(group), .plane_o(plane), .rows_release_o(rows_release), .mask_ready_o(rows_mask_ready),
      .acc_en_o(acc_en), .first_o(first), .shift_o(shift), .load_o(load));

  for (genvar r = 0; r < RowTiles; r++) begin : gen_rows
    localparam int Base = r * TileRows;
    localparam int Used = (Inputs - Base < TileRows) ? Inputs - Base : TileRows;
    localparam int Masked = (Choice == 2) ? 1 : 0;
    localparam int FirstBit = Masked ? Base / MaskGroup : 0;
    localparam int Bits = Masked ? (Base + Used - 1) / MaskGroup - FirstBit + 1 : 1;
    logic [Bits-1:0] drop;
    assign drop = Masked ? mask[FirstBit+:Bits] : 1'b0;
    cim_wl_drive #(.Rows(Used), .ElemBits(ElemBits), .Bipolar(Bipolar), .Group(Group), .Groups(Groups), .MaskBits(Bits),
                   .MaskGroup(Masked ? MaskGroup : Used), .MaskOffset(Masked ? Base % MaskGroup : 0), .Taps(1), .TapOffset(0)) u_drive (
        .rows_i(rows[Base*ElemBits+:Used*ElemBits]), .group_i(group), .plane_i(plane), .drop_i(drop), .absent_i(1'b0),
        .wl_o(wl[r*Group+:Group]), .wlb_o(wlb[r*Group+:Group]));
    for (genvar c = 0; c < ColTiles; c++) begin : gen_cols
      localparam int Width = (Outputs - c * TileCols < TileCols) ? Outputs - c * TileCols : TileCols;
      for (genvar s = 0; s < Slices; s++) begin : gen_slice
        localparam int Unit = ((r * ColTiles + c) * Slices + s) * Arrays;
        logic [AccBits*Width-1:0] tile_counts;
        if (Choice == 3) begin : gen_select
          logic [Arrays-1:0] enable;
          logic [Arrays*SenseBits*TileCols-1:0] sense;
          for (genvar n = 0; n < Arrays; n++) begin : gen_array
            if (AdcBits > 0) begin : gen_adc
              cim_adc_port #(.Rows(TileRows), .Cols(TileCols), .Group(Group), .AdcBits(AdcBits), .ProgUnit(Unit + n)) u_array (
                  .clk_i(clk), .rst_ni(rst_n), .read_i(enable[n]), .group_i(group), .wl_i(wl[r*Group+:Group]),
                  .wlb_i(wlb[r*Group+:Group]), .prog_we_i(prog_we), .prog_unit_i(prog_unit), .prog_addr_i(prog_addr),
                  .prog_data_i(prog_row), .code_o(sense[n*SenseBits*TileCols+:SenseBits*TileCols]));
            end else
            cim_array_port #(.Rows(TileRows), .Cols(TileCols), .Group(Group), .ProgUnit(Unit + n)) u_array (
                .clk_i(clk), .rst_ni(rst_n), .read_i(enable[n]), .group_i(group), .wl_i(wl[r*Group+:Group]),
                .wlb_i(wlb[r*Group+:Group]), .prog_we_i(prog_we), .prog_unit_i(prog_unit), .prog_addr_i(prog_addr),
                .prog_data_i(prog_row), .sense_o(sense[n*Group*TileCols+:Group*TileCols]));
          end
          cim_select_tile #(.Arrays(Arrays), .ArrayCols(TileCols), .Cols(Width), .Group(Group), .AccBits(AccBits),
                            .BlockCols(BlockCols), .CodeBits((AdcBits > 0) ? SenseBits : 0)) u_tile (
              .clk_i(clk), .rst_ni(rst_n), .read_i(rd), .select_i(onehot), .sense_i(sense), .acc_en_i(acc_en),
              .first_i(first), .shift_i(shift), .load_i(load), .enable_o(enable), .count_o(tile_counts));
        end else if (AdcBits > 0) begin : gen_adc
          cim_adc_tile #(.Rows(TileRows), .ArrayCols(TileCols), .Cols(Width), .Group(Group), .AdcBits(AdcBits),
                         .AccBits(AccBits), .BlockCols(BlockCols), .ProgUnit(Unit)) u_tile (
              .clk_i(clk), .rst_ni(rst_n), .read_i(rd), .group_i(group), .wl_i(wl[r*Group+:Group]),
              .wlb_i(wlb[r*Group+:Group]), .acc_en_i(acc_en), .first_i(first), .shift_i(shift), .load_i(load),
              .prog_we_i(prog_we), .prog_unit_i(prog_unit), .prog_addr_i(prog_addr), .prog_data_i(prog_row),
              .count_o(tile_counts));
        end else begin : gen_one
          cim_tile #(.Rows(TileRows), .ArrayCols(TileCols), .Cols(Width), .Group(Group), .AccBits(AccBits),
                     .BlockCols(BlockCols), .ProgUnit(Unit)) u_tile (
              .clk_i(clk), .rst_ni(rst_n), .read_i(rd), .group_i(group), .wl_i(wl[r*Group+:Group]),
              .wlb_i(wlb[r*Group+:Group]), .acc_en_i(acc_en), .first_i(first), .shift_i(shift), .load_i(load),
              .prog_we_i(prog_we), .prog_unit_i(prog_unit), .prog_addr_i(prog_addr), .prog_data_i(prog_row),
              .count_o(tile_counts));
        end
        for (genvar k = 0; k < AccBits; k++) begin : gen_plane
          assign counts[((r*Slices+s)*AccBits+k)*Outputs+c*TileCols+:Width] = tile_counts[k*Width+:Width];
        end
      end
    end
  end

  cim_active_counter #(.Taps(RowTiles * Group), .ActiveBits(ActiveBits)) u_active (
      .clk_i(clk), .rst_ni(rst_n), .wl_i(wl), .wlb_i(wlb), .read_i(rd), .acc_en_i(acc_en), .first_i(first),
      .shift_i(shift), .load_i(load), .active_o(active), .read_o(), .rows_o());

  // ---- post lanes ----
  cim_lane_sum #(.RowTiles(RowTiles), .Slices(Slices), .Cols(Outputs), .AccBits(AccBits), .ActiveBits(ActiveBits),
                 .Lanes(Lanes), .Words(Words), .SumBits(SumBits)) u_sum (
      .clk_i(clk), .rst_ni(rst_n), .fire_i(fire), .word_i(word), .counts_i(counts), .active_i(active), .sum_o(sums));

  logic [BankBits-1:0] bank;
  if (Choice == 1) assign bank = BankBits'(mask);
  else if (Choice == 5) assign bank = BankBits'(index);
  else assign bank = '0;

  cim_post_ctrl #(.Words(Words), .Banks(Banks), .ReplaySums(ReplaySums), .MaskPerWord((Choice == 4) ? 1 : 0)) u_post_ctrl (
      .clk_i(clk), .rst_ni(rst_n), .load_i(load),
      .mask_valid_i((Choice == 1 || Choice == 4 || Choice == 5) ? mask_valid : 1'b1), .mask_bank_i(bank),
      .passes_i(passes), .ready_i(lane_ready), .hold_free_o(hold_free), .mask_ready_o(post_mask_ready), .fire_o(fire),
      .word_o(word), .addr_o(addr), .move_o(move), .valid_o(lane_valid), .last_o(out_last));

  cim_scale_mem #(.Depth(Banks * Words), .Width(Lanes * EntryBits), .ProgUnit(ScaleUnit)) u_scale_mem (
      .clk_i(clk), .rst_ni(rst_n), .en_i(fire), .addr_i(addr), .prog_we_i(prog_we), .prog_unit_i(prog_unit),
      .prog_addr_i(prog_addr), .prog_data_i(prog_word), .rdata_o(entry));

  if (Choice == 4) begin : gen_noise
    cim_lane_noise #(.Lanes(Lanes), .NoiseBits(NoiseBits)) u_noise (
        .clk_i(clk), .rst_ni(rst_n), .fire_i(fire), .bits_i(mask), .eps_o(eps));
  end else begin : gen_no_noise
    assign eps = '0;
  end

  cim_post_lanes #(.Form(Form), .Last((Last != 0 || CrossNorm != 0) ? 1 : 0), .Lanes(Lanes), .SumBits(SumBits),
                   .ThetaBits(ThetaBits), .ScaleBits(ScaleBits), .SigmaBits(SigmaBits), .OffsetBits(OffsetBits),
                   .OutBits(OutBits), .EpsBits(EpsBits)) u_lanes (
      .clk_i(clk), .rst_ni(rst_n), .move_i(move), .sum_i(sums), .entry_i(entry), .eps_i(eps), .data_o(lane_data),
      .negative_o());

  if (CrossNorm != 0) begin : gen_norm
    cim_cross_norm #(.Lanes(Lanes), .Words(Words), .Outputs(Outputs), .DataBits(OutBits)) u_norm (
        .clk_i(clk), .rst_ni(rst_n), .data_i(lane_data), .valid_i(lane_valid), .ready_o(lane_ready), .data_o(out_data),
        .valid_o(out_valid), .ready_i(out_ready));
  end else begin : gen_no_norm
    assign out_data = lane_data;
    assign out_valid = lane_valid;
    assign lane_ready = out_ready;
  end
endmodule
