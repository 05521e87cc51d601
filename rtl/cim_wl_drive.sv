// Word-line pairs of one group of rows of a tile (combinational).
// Row r of the group carries bit plane_i of element group_i*Group + r: wl = the bit; wlb = its complement where 0 means
// -1 (Bipolar), else 0, so that a 0 bit of an unsigned plane takes no part. Rows past the last input and dropped rows drive
// neither line: they count in neither the matches nor the active rows, which is what makes partly filled arrays and row
// masks exact. A bit of drop_i stands for MaskGroup consecutive inputs of the layer; MaskOffset of the first one's inputs
// belong to the row tile before this one. A tile without row mask: drop_i = 0, MaskBits = 1, MaskGroup = Rows.
// absent_i (convolutions): positions of the window outside the map, dropped alike; row i is position (i + TapOffset) % Taps.
// Without windows: absent_i = 0, Taps = 1, TapOffset = 0.
`include "cim_assert.svh"

module cim_wl_drive #(
    parameter int Rows       = 8,  // inputs of this row tile
    parameter int ElemBits   = 1,  // bit planes of an input
    parameter int Bipolar    = 1,  // 1: a 0 bit means -1 (needs ElemBits = 1); 0: unsigned planes
    parameter int Group      = 4,  // rows sensed at once
    parameter int Groups     = 2,  // groups a window; Group*Groups >= Rows
    parameter int MaskBits   = 1,  // bits of drop_i
    parameter int MaskGroup  = 8,  // inputs a mask bit stands for
    parameter int MaskOffset = 0,  // inputs of the first bit that lie before this tile, below MaskGroup
    parameter int Taps       = 1,  // positions of a window that take turns along the rows
    parameter int TapOffset  = 0,  // position of the first row, below Taps
    parameter int GroupBits  = (Groups > 1) ? $clog2(Groups) : 1,     // derived; do not set
    parameter int PlaneBits  = (ElemBits > 1) ? $clog2(ElemBits) : 1  // derived; do not set
) (
    input  logic [Rows*ElemBits-1:0] rows_i,    // element e at [e*ElemBits +: ElemBits]
    input  logic [    GroupBits-1:0] group_i,
    input  logic [    PlaneBits-1:0] plane_i,
    input  logic [     MaskBits-1:0] drop_i,    // 1 = dropped
    input  logic [         Taps-1:0] absent_i,  // 1 = outside the map
    output logic [        Group-1:0] wl_o,
    output logic [        Group-1:0] wlb_o
);
  `CIM_STATIC_ASSERT(gen_bipolar, Bipolar == 0 || ElemBits == 1, "cim_wl_drive: Bipolar inputs have one bit plane")
  `CIM_STATIC_ASSERT(gen_cover, Group * Groups >= Rows, "cim_wl_drive: Group * Groups must cover Rows")
  `CIM_STATIC_ASSERT(gen_mask, MaskOffset >= 0 && MaskOffset < MaskGroup && MaskBits * MaskGroup >= Rows + MaskOffset,
                     "cim_wl_drive: MaskBits * MaskGroup must cover Rows + MaskOffset, MaskOffset be below MaskGroup")
  `CIM_STATIC_ASSERT(gen_taps, TapOffset >= 0 && TapOffset < Taps, "cim_wl_drive: TapOffset must be below Taps")

  // Wide vectors are meant: a replication to more than 8192 bits looks like a slip to Verilator.
  /* verilator lint_off WIDTHCONCAT */
  localparam int Slots = Group * Groups;
  localparam int SlabBits = Group * ElemBits;
  localparam int Rest = Rows % Group;  // rows of the group that the tile ends in

  logic [  Groups-1:0] group_onehot;
  logic [SlabBits-1:0] slab;
  logic [   Group-1:0] present, dropped, absent, part, bits;

  assign group_onehot = Groups'(1'b1) << group_i;

  cim_and_or #(
      .Words(Groups),
      .Width(SlabBits)
  ) u_slab (
      .words_i ((Slots * ElemBits)'(rows_i)),
      .select_i(group_onehot),
      .word_o  (slab)
  );

  // ---- rows that take part ----
  always_comb begin
    if (32'(group_i) + 1 <= Rows / Group) present = '1;  // not <: it may be 0
    else if (32'(group_i) == Rows / Group) present = ~({Group{1'b1}} << Rest);
    else present = '0;
  end
  assign part = present & ~dropped & ~absent;

  if (MaskBits == 1) begin : gen_one_bit
    assign dropped = {Group{drop_i[0]}};
  end else begin : gen_mask
    logic [Rows-1:0] drop_rows;
    if (MaskGroup == 1) begin : gen_bit_a_row
      assign drop_rows = drop_i[0+:Rows];
      if (MaskBits > Rows) begin : gen_unused
        logic unused_drop;
        assign unused_drop = ^drop_i;
      end
    end else begin : gen_bit_a_group
      logic [MaskBits*MaskGroup-1:0] spread;
      for (genvar m = 0; m < MaskBits; m++) begin : gen_mask_bit
        assign spread[m*MaskGroup+:MaskGroup] = {MaskGroup{drop_i[m]}};
      end
      assign drop_rows = spread[MaskOffset+:Rows];
      if (MaskBits * MaskGroup > Rows) begin : gen_unused
        logic unused_spread;
        assign unused_spread = ^spread;
      end
    end

    cim_and_or #(
        .Words(Groups),
        .Width(Group)
    ) u_dropped (
        .words_i (Slots'(drop_rows)),
        .select_i(group_onehot),
        .word_o  (dropped)
    );
  end

  if (Taps == 1) begin : gen_no_window
    assign absent = {Group{absent_i[0]}};
  end else begin : gen_window
    localparam int Turns = (Rows + TapOffset + Taps - 1) / Taps;  // of the window's positions, to cover the rows
    logic [Turns*Taps-1:0] turns;
    assign turns = {Turns{absent_i}};
    if (Turns * Taps > Rows) begin : gen_unused
      logic unused_turns;
      assign unused_turns = ^turns;
    end

    cim_and_or #(
        .Words(Groups),
        .Width(Group)
    ) u_absent (
        .words_i (Slots'(turns[TapOffset+:Rows])),
        .select_i(group_onehot),
        .word_o  (absent)
    );
  end

  if (ElemBits == 1) begin : gen_single
    logic unused_plane;
    assign unused_plane = ^plane_i;
    assign bits         = slab;
  end else begin : gen_planes
    for (genvar r = 0; r < Group; r++) begin : gen_row
      logic [ElemBits-1:0] elem;
      assign elem    = slab[r*ElemBits+:ElemBits];
      assign bits[r] = elem[plane_i];
    end
  end

  assign wl_o  = bits & part;
  assign wlb_o = (Bipolar != 0) ? ~bits & part : '0;

  `CIM_ASSERT_COMB(NeverBoth, (wl_o & wlb_o) == '0)
endmodule
