// Keeps the Slots smallest of a sequence, combinational: inserts a value into an ascending list and drops the largest.
module cim_head_insert #(
    parameter int Slots = 2,
    parameter int Width = 12
) (
    input  logic [Slots*Width-1:0] list_i,   // ascending, smallest at the low end
    input  logic [Width-1:0]       value_i,
    output logic [Slots*Width-1:0] list_o    // ascending
);
  for (genvar s = 0; s < Slots; s++) begin : gen_slot
    logic [Width-1:0] here, below;  // `below` is what moves up when the value goes in at or under this slot
    assign here = list_i[s*Width+:Width];
    if (s == 0) begin : gen_lowest
      assign below = value_i;
    end else begin : gen_higher
      assign below = value_i < list_i[(s-1)*Width+:Width] ? list_i[(s-1)*Width+:Width] : value_i;
    end
    assign list_o[s*Width+:Width] = value_i < here ? below : here;
  end
endmodule
