// OR of the selected words (combinational): a multiplexer where select_i is one-hot, 0 where nothing is selected.
// Folded by halves, each level one wide OR: a tree in synthesis, whole machine words in simulation. (An indexed part-select
// becomes shifters in Yosys where Width is no power of two, and a loop over the words is slow in Verilator.)
module cim_and_or #(
    parameter int Words = 2,  // at least 1
    parameter int Width = 1   // bits a word
) (
    input  logic [Words*Width-1:0] words_i,   // word w at [w*Width +: Width]
    input  logic [      Words-1:0] select_i,
    output logic [      Width-1:0] word_o
);
  localparam int Levels = $clog2(Words);

  // Wide vectors are meant.
  /* verilator lint_off WIDTHCONCAT */
  for (genvar k = 0; k <= Levels; k++) begin : gen_level
    localparam int Count = (Words + 2 ** k - 1) / 2 ** k;  // words left
    logic [Count*Width-1:0] words;
    if (k == 0) begin : gen_mask
      for (genvar w = 0; w < Words; w++) begin : gen_word
        assign words[w*Width+:Width] = words_i[w*Width+:Width] & {Width{select_i[w]}};
      end
    end else begin : gen_fold
      // The upper part has the same number of words or one less.
      localparam int Upper = (Words + 2 ** (k - 1) - 1) / 2 ** (k - 1) - Count;
      assign words = gen_level[k-1].words[0+:Count*Width] | (Count*Width)'(gen_level[k-1].words[Count*Width+:Upper*Width]);
    end
  end

  assign word_o = gen_level[Levels].words;
endmodule
