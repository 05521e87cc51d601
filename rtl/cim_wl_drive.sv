// Word-line pairs of one group of rows of a tile (combinational).
// Row r of the group carries bit plane_i of element group_i*Group + r: wl = the bit; wlb = its complement where 0 means
// -1 (Bipolar), else 0, so that a 0 bit of an unsigned plane takes no part. Rows past the last input drive neither line:
// they count in neither the matches nor the active rows, which is what makes partly filled arrays exact. So do rows whose
// mask bit says dropped; a mask bit belongs to MaskGroup consecutive inputs, of which this tile's first is number MaskOffset.
`include "cim_assert.svh"

module cim_wl_drive #(
    parameter int Rows      = 8,  // inputs of this row tile
    parameter int ElemBits  = 1,  // bit planes of an input
    parameter int Bipolar   = 1,  // 1: a 0 bit means -1 (needs ElemBits = 1); 0: unsigned planes
    parameter int Group     = 4,  // rows sensed at once
    parameter int Groups    = 2,  // groups a window; Group*Groups >= Rows
    parameter int MaskBits  = 1,     // mask bits of this tile; without a mask 1, tied to 0
    parameter int MaskGroup = Rows,  // inputs a mask bit stands for
    parameter int MaskOffset = 0,    // of this tile's first row within its mask group
    parameter int GroupBits = (Groups > 1) ? $clog2(Groups) : 1,     // derived; do not set
    parameter int PlaneBits = (ElemBits > 1) ? $clog2(ElemBits) : 1  // derived; do not set
) (
    input  logic [Rows*ElemBits-1:0] rows_i,   // element e at [e*ElemBits +: ElemBits]
    input  logic [    GroupBits-1:0] group_i,
    input  logic [    PlaneBits-1:0] plane_i,
    input  logic [     MaskBits-1:0] drop_i,   // 1: dropped
    output logic [        Group-1:0] wl_o,
    output logic [        Group-1:0] wlb_o
);
  `CIM_STATIC_ASSERT(gen_bipolar, Bipolar == 0 || ElemBits == 1, "cim_wl_drive: Bipolar inputs have one bit plane")
  `CIM_STATIC_ASSERT(gen_cover, Group * Groups >= Rows, "cim_wl_drive: Group * Groups must cover Rows")

  `CIM_STATIC_ASSERT(gen_mask, MaskGroup >= 1 && MaskOffset >= 0 && MaskOffset < MaskGroup &&
                     MaskBits * MaskGroup >= Rows + MaskOffset, "cim_wl_drive: the mask must cover Rows")

  // Wide vectors are meant: a replication to more than 8192 bits looks like a slip to Verilator.
  /* verilator lint_off WIDTHCONCAT */
  localparam int Slots = Group * Groups;
  localparam int SlotBits = Slots * ElemBits;
  localparam int SlabBits = Group * ElemBits;

  logic [SlotBits-1:0] slots;
  logic [SlabBits-1:0] slab;
  logic [   Slots-1:0] present_slots;
  logic [   Group-1:0] present;

  assign slots         = SlotBits'(rows_i);
  assign slab          = slots[group_i*SlabBits+:SlabBits];
  // Whole vectors where the mask allows it: bit by bit is slow in simulation.
  if (MaskBits == 1) begin : gen_one_mask
    assign present_slots = Slots'({Rows{!drop_i[0]}});
  end else if (MaskGroup == 1) begin : gen_row_mask
    logic [Rows-1:0] kept;
    assign kept          = ~drop_i[Rows-1:0];
    assign present_slots = Slots'(kept);
  end else begin : gen_group_mask
    for (genvar i = 0; i < Slots; i++) begin : gen_slot
      if (i < Rows) begin : gen_row
        assign present_slots[i] = !drop_i[(i+MaskOffset)/MaskGroup];
      end else begin : gen_none
        assign present_slots[i] = 1'b0;
      end
    end
  end
  assign present       = present_slots[group_i*Group+:Group];

  if (ElemBits == 1) begin : gen_single
    logic unused_plane;
    assign unused_plane = ^plane_i;
    assign wl_o         = slab & present;
  end else begin : gen_planes
    for (genvar r = 0; r < Group; r++) begin : gen_row
      logic [ElemBits-1:0] elem;
      assign elem    = slab[r*ElemBits+:ElemBits];
      assign wl_o[r] = elem[plane_i] && present[r];
    end
  end

  if (Bipolar != 0) begin : gen_bipolar_low
    assign wlb_o = ~wl_o & present;
  end else begin : gen_unsigned_low
    assign wlb_o = '0;
  end

  `CIM_ASSERT_COMB(NeverBoth, (wl_o & wlb_o) == '0)
endmodule
