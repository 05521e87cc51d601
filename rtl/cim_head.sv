// Uncertainty head: from the logits of T passes of an image to one result beat a class and a summary beat.
// Four stages, each with its own registers; a pass costs Classes cycles, and stages overlap.
// ready_o and valid_o come from registers. passes_i, ood_threshold_i and ood_k_i change only while the head is idle.
module cim_head #(
    parameter  int Classes   = 10,
    parameter  int LogitBits = 16,
    parameter  int ExpMul    = 1,    // with ExpShift: logit distance → 1/256 octaves
    parameter  int ExpShift  = 0,
    parameter  int MaxPasses = 255,
    parameter  int Smallest  = 0,    // smallest probabilities kept per class (0 = none)
    parameter  int EnMoment2 = 1,    // variance
    parameter  int EnEntropy = 1,
    parameter  int EnVotes   = 1,
    parameter  int EnLogits  = 1,    // Σlogit, Σmax
    parameter      ExpFile   = "",   // tables: see the stage that reads them
    parameter      RecipFile = "",
    parameter      PlogpFile = "",
    parameter      InvTFile  = ""
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic [LogitBits-1:0] data_i,   // one logit a beat, classes in order, pass after pass
    input  logic                 valid_i,
    output logic                 ready_o,

    input logic [7:0]  passes_i,         // 1 … MaxPasses
    input logic [11:0] ood_threshold_i,
    input logic [3:0]  ood_k_i,

    output logic [127:0] data_o,  // fields: cim_head_result
    output logic         valid_o,
    output logic         last_o,
    input  logic         ready_i
);
  localparam int IdxBits   = Classes > 1 ? $clog2(Classes) : 1;
  localparam int SumBits   = 13 + $clog2(Classes);
  localparam int SmallBits = 12 * (Smallest > 0 ? Smallest : 1);

  logic [Classes*LogitBits-1:0] logits;
  logic [LogitBits-1:0] set_max, eset_max;
  logic [IdxBits-1:0] set_vote, eset_vote;
  logic set_valid, set_release, eset_valid, eset_release;
  logic [Classes*(13+LogitBits)-1:0] exps;
  logic [SumBits-1:0] sum;

  logic rec_valid, rec_ready, rec_last;
  logic [IdxBits-1:0] rec_class;
  logic [19:0] rec_sum_p;
  logic [31:0] rec_sum_p2, rec_sum_l, rec_sum_max;
  logic [7:0] rec_votes;
  logic [SmallBits-1:0] rec_small;

  cim_head_collect #(
      .Classes  (Classes),
      .LogitBits(LogitBits)
  ) u_collect (
      .clk_i,
      .rst_ni,
      .data_i,
      .valid_i,
      .ready_o,
      .logits_o   (logits),
      .max_o      (set_max),
      .vote_o     (set_vote),
      .set_valid_o(set_valid),
      .release_i  (set_release)
  );

  cim_head_exp #(
      .Classes  (Classes),
      .LogitBits(LogitBits),
      .ExpMul   (ExpMul),
      .ExpShift (ExpShift),
      .ExpFile  (ExpFile)
  ) u_exp (
      .clk_i,
      .rst_ni,
      .logits_i     (logits),
      .max_i        (set_max),
      .vote_i       (set_vote),
      .set_valid_i  (set_valid),
      .set_release_o(set_release),
      .exps_o       (exps),
      .sum_o        (sum),
      .max_o        (eset_max),
      .vote_o       (eset_vote),
      .eset_valid_o (eset_valid),
      .release_i    (eset_release)
  );

  cim_head_stats #(
      .Classes  (Classes),
      .LogitBits(LogitBits),
      .MaxPasses(MaxPasses),
      .Smallest (Smallest),
      .EnMoment2(EnMoment2),
      .EnVotes  (EnVotes),
      .EnLogits (EnLogits),
      .RecipFile(RecipFile)
  ) u_stats (
      .clk_i,
      .rst_ni,
      .exps_i        (exps),
      .sum_i         (sum),
      .max_i         (eset_max),
      .vote_i        (eset_vote),
      .eset_valid_i  (eset_valid),
      .eset_release_o(eset_release),
      .passes_i,
      .rec_valid_o   (rec_valid),
      .rec_last_o    (rec_last),
      .rec_class_o   (rec_class),
      .rec_sum_p_o   (rec_sum_p),
      .rec_sum_p2_o  (rec_sum_p2),
      .rec_sum_l_o   (rec_sum_l),
      .rec_votes_o   (rec_votes),
      .rec_small_o   (rec_small),
      .rec_sum_max_o (rec_sum_max),
      .rec_ready_i   (rec_ready)
  );

  cim_head_result #(
      .Classes  (Classes),
      .MaxPasses(MaxPasses),
      .Smallest (Smallest),
      .EnMoment2(EnMoment2),
      .EnEntropy(EnEntropy),
      .EnVotes  (EnVotes),
      .EnLogits (EnLogits),
      .PlogpFile(PlogpFile),
      .InvTFile (InvTFile)
  ) u_result (
      .clk_i,
      .rst_ni,
      .rec_valid_i  (rec_valid),
      .rec_last_i   (rec_last),
      .rec_class_i  (rec_class),
      .rec_sum_p_i  (rec_sum_p),
      .rec_sum_p2_i (rec_sum_p2),
      .rec_sum_l_i  (rec_sum_l),
      .rec_votes_i  (rec_votes),
      .rec_small_i  (rec_small),
      .rec_sum_max_i(rec_sum_max),
      .rec_ready_o  (rec_ready),
      .passes_i,
      .ood_threshold_i,
      .ood_k_i,
      .data_o,
      .valid_o,
      .last_o,
      .ready_i
  );
endmodule
