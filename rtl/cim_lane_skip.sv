// A skip connection at the post lanes (combinational): adding a weighted +-1 to y moves the constant of a column's entry, theta or
// offset. The memory holds it for the bit 0 (-1), and the step to the bit 1 above the entry: {skip, entry}. The sum is modulo
// 2^ConstBits, so ConstBits must hold both constants, but the step may be narrower.
`include "cim_assert.svh"

module cim_lane_skip #(
    parameter int Lanes     = 4,
    parameter int EntryBits = 7,  // of an entry as cim_post_lanes takes it
    parameter int ConstLow  = 0,  // where its constant lies
    parameter int ConstBits = 6,
    parameter int SkipBits  = 4   // of the step, signed, at most ConstBits
) (
    input  logic [Lanes*(SkipBits+EntryBits)-1:0] entry_i,
    input  logic [                     Lanes-1:0] skip_i,
    output logic [           Lanes*EntryBits-1:0] entry_o
);
  `CIM_STATIC_ASSERT(gen_sizes, Lanes >= 1 && ConstLow >= 0 && ConstLow + ConstBits <= EntryBits,
                     "cim_lane_skip: the constant must lie in the entry")
  `CIM_STATIC_ASSERT(gen_step, SkipBits >= 1 && SkipBits <= ConstBits, "cim_lane_skip: SkipBits must be 1 to ConstBits")

  localparam int StoredBits = SkipBits + EntryBits;
  localparam logic [EntryBits-1:0] ConstMask = EntryBits'({ConstBits{1'b1}}) << ConstLow;

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic [EntryBits-1:0] entry;
    logic [ConstBits-1:0] step, moved;
    assign entry = entry_i[l*StoredBits+:EntryBits];
    assign step  = skip_i[l] ? ConstBits'($signed(entry_i[l*StoredBits+EntryBits+:SkipBits])) : '0;
    assign moved = entry[ConstLow+:ConstBits] + step;
    assign entry_o[l*EntryBits+:EntryBits] = (entry & ~ConstMask) | (EntryBits'(moved) << ConstLow);
  end
endmodule
