// Self-checking bench of cim_head: random logits under random stalls, every output beat against arithmetic written
// straight from rtl/README.md (no clocks, no pipeline) and against floating-point softmax statistics.
// Rounds: 0 without stalls, measures the rate; then stalls at the input, at the output, at both.
// Passes, OOD threshold and OOD k change from round to round. Ends with "PASS ..." or a message and a non-zero status.
module head_tb;
  parameter int Classes = 10;
  parameter int LogitBits = 16;
  parameter int ExpMul = 23637;   // 1.4427 (1/ln 2) · 256 · 2^6: a logit with 8 fraction bits
  parameter int ExpShift = 14;
  parameter int MaxPasses = 20;
  parameter int Smallest = 3;
  parameter int EnMoment2 = 1;
  parameter int EnEntropy = 1;
  parameter int EnVotes = 1;
  parameter int EnLogits = 1;
  parameter int Images = 12;      // a round
  parameter int Rounds = 8;
  parameter int FloatCheck = 1;   // 0 where ExpMul saturates on purpose
  parameter Dir = ".";

  localparam int MaxBeats = Images * MaxPasses * Classes;

  logic clk = 1'b0, rst_n = 1'b0;
  always #5 clk = !clk;

  logic [LogitBits-1:0] in_data = '0;
  logic in_valid = 1'b0, in_ready;
  logic [7:0] passes = 8'd1;
  logic [11:0] ood_threshold = '0;
  logic [3:0] ood_k = '0;
  logic [127:0] out_data;
  logic out_valid, out_last, out_ready = 1'b0;

  cim_head #(
      .Classes  (Classes),
      .LogitBits(LogitBits),
      .ExpMul   (ExpMul),
      .ExpShift (ExpShift),
      .MaxPasses(MaxPasses),
      .Smallest (Smallest),
      .EnMoment2(EnMoment2),
      .EnEntropy(EnEntropy),
      .EnVotes  (EnVotes),
      .EnLogits (EnLogits),
      .ExpFile  ({Dir, "/exp.mem"}),
      .RecipFile({Dir, "/recip.mem"}),
      .PlogpFile({Dir, "/plogp.mem"}),
      .InvTFile ({Dir, "/inv_t.mem"})
  ) dut (
      .clk_i          (clk),
      .rst_ni         (rst_n),
      .data_i         (in_data),
      .valid_i        (in_valid),
      .ready_o        (in_ready),
      .passes_i       (passes),
      .ood_threshold_i(ood_threshold),
      .ood_k_i        (ood_k),
      .data_o         (out_data),
      .valid_o        (out_valid),
      .last_o         (out_last),
      .ready_i        (out_ready)
  );

  logic [12:0] exp_table[0:255];
  logic [12:0] recip_table[0:255];
  logic [11:0] plogp_table[0:1023];
  logic [16:0] inv_t_table[0:MaxPasses];
  initial begin
    $readmemh({Dir, "/exp.mem"}, exp_table);
    $readmemh({Dir, "/recip.mem"}, recip_table);
    $readmemh({Dir, "/plogp.mem"}, plogp_table);
    $readmemh({Dir, "/inv_t.mem"}, inv_t_table);
  end

  // ---- model of one image ----
  logic signed [31:0] stimulus[0:MaxBeats-1];  // the logits of a round, in stream order
  longint sum_p[0:Classes-1], sum_p2[0:Classes-1], sum_l[0:Classes-1], kth[0:Classes-1];
  int votes[0:Classes-1];
  longint sum_max, numerator[0:Classes-1];
  longint sorted[0:MaxPasses*Classes-1];        // p of class c, ascending, from c*MaxPasses
  real real_mean[0:Classes-1], real_mean2[0:Classes-1], real_e[0:Classes-1];
  real worst_mean, worst_var, worst_entropy;
  logic [127:0] expected[0:Classes];

  longint max_logit, vote, total, log2_total, t, p, swap, mean, var24, entropy, best, best_class, kth_max, k;
  real real_total, real_p, real_entropy, error;

  task automatic modelPass(input int first_beat, input int pass);
    max_logit = stimulus[first_beat];
    vote = 0;
    for (int c = 1; c < Classes; c++) begin
      if (stimulus[first_beat+c] > max_logit) begin
        max_logit = stimulus[first_beat+c];
        vote = c;
      end
    end
    total = 0;
    real_total = 0.0;
    for (int c = 0; c < Classes; c++) begin
      t = ((max_logit - stimulus[first_beat+c]) * ExpMul) >> ExpShift;
      if (t > 65535) t = 65535;
      numerator[c] = t / 256 > 12 ? 0 : exp_table[t%256] >> (t / 256);
      total = total + numerator[c];
      real_e[c] = $exp(-1.0 * (max_logit - stimulus[first_beat+c]) * ExpMul / (2.0 ** ExpShift) / 256.0 * $ln(2.0));
      real_total = real_total + real_e[c];
    end
    log2_total = 0;
    while ((total >> (log2_total + 1)) != 0) log2_total = log2_total + 1;
    for (int c = 0; c < Classes; c++) begin
      p = (numerator[c] * recip_table[(total>>(log2_total-8))%256] + (1 << (log2_total - 1))) >> log2_total;
      if (p > 4095) p = 4095;
      sum_p[c] = sum_p[c] + p;
      sum_p2[c] = sum_p2[c] + p * p;
      sum_l[c] = sum_l[c] + stimulus[first_beat+c];
      if (vote == c) votes[c] = votes[c] + 1;
      sorted[c*MaxPasses+pass] = p;
      for (int i = pass; i > 0; i--) begin
        if (sorted[c*MaxPasses+i] < sorted[c*MaxPasses+i-1]) begin
          swap = sorted[c*MaxPasses+i];
          sorted[c*MaxPasses+i] = sorted[c*MaxPasses+i-1];
          sorted[c*MaxPasses+i-1] = swap;
        end
      end
      real_p = real_e[c] / real_total;
      real_mean[c] = real_mean[c] + real_p / passes;
      real_mean2[c] = real_mean2[c] + real_p * real_p / passes;
    end
    sum_max = sum_max + max_logit;
  endtask

  // p is off by at most: 1/256 octave in t (0.27 %) and 2^-9 in the reciprocal (0.2 %), rounding of e and p.
  task automatic floatCheck(input int c);
    error = mean / 4096.0 - real_mean[c];
    if (error < 0.0) error = -error;
    if (error > worst_mean) worst_mean = error;
    if (error > 0.0075 * real_mean[c] + (2.0 + Classes * real_mean[c]) / 4096.0) begin
      $display("FAIL class %0d mean %0d, floating point %f", c, mean, real_mean[c] * 4096.0);
      $fatal;
    end
    error = var24 / 16777216.0 - (real_mean2[c] - real_mean[c] * real_mean[c]);
    if (error < 0.0) error = -error;
    if (error > worst_var) worst_var = error;
    if (EnMoment2 != 0 && error > 0.01) begin
      $display("FAIL class %0d variance %0d, off by %f", c, var24, error);
      $fatal;
    end
    if (real_mean[c] > 0.0) real_entropy = real_entropy - real_mean[c] * $ln(real_mean[c]);
  endtask

  task automatic modelImage(input int image);
    for (int c = 0; c < Classes; c++) begin
      sum_p[c] = 0;
      sum_p2[c] = 0;
      sum_l[c] = 0;
      votes[c] = 0;
      real_mean[c] = 0.0;
      real_mean2[c] = 0.0;
    end
    sum_max = 0;
    real_entropy = 0.0;
    for (int pass = 0; pass < passes; pass++) modelPass((image * passes + pass) * Classes, pass);
    k = ood_k == 0 ? 1 : ood_k;
    if (k > Smallest) k = Smallest;
    entropy = 0;
    best = -1;
    best_class = 0;
    kth_max = 0;
    for (int c = 0; c < Classes; c++) begin
      mean = (sum_p[c] * inv_t_table[passes] + 32768) / 65536;
      if (mean > 4095) mean = 4095;
      var24 = (sum_p2[c] * inv_t_table[passes] + 32768) / 65536;
      if (var24 > 16777215) var24 = 16777215;
      var24 = EnMoment2 != 0 && var24 > mean * mean ? var24 - mean * mean : 0;
      kth[c] = Smallest == 0 ? 0 : k > passes ? 4095 : sorted[c*MaxPasses+k-1];
      if (EnEntropy != 0) entropy = entropy + plogp_table[mean/4];
      if (mean > best) begin
        best = mean;
        best_class = c;
      end
      if (kth[c] > kth_max) kth_max = kth[c];
      expected[c] = '0;
      expected[c][15:0] = mean;
      expected[c][39:16] = var24;
      expected[c][55:40] = kth[c];
      expected[c][63:56] = EnVotes != 0 ? votes[c] : 0;
      expected[c][95:64] = EnLogits != 0 ? sum_l[c] : 0;
      expected[c][111:96] = c;
      if (FloatCheck != 0) floatCheck(c);
    end
    error = entropy / 4096.0 - real_entropy;
    if (error < 0.0) error = -error;
    if (error > worst_entropy) worst_entropy = error;
    if (FloatCheck != 0 && EnEntropy != 0 && error > 0.02 + 0.007 * Classes) begin
      $display("FAIL image %0d entropy %0d, floating point %f", image, entropy, real_entropy * 4096.0);
      $fatal;
    end
    expected[Classes] = '0;
    expected[Classes][15:0] = best_class;
    expected[Classes][31:16] = best;
    expected[Classes][47:32] = entropy;
    expected[Classes][63:48] = kth_max;
    expected[Classes][95:64] = EnLogits != 0 ? sum_max : 0;
    expected[Classes][112] = Smallest > 0 && kth_max < ood_threshold;
    expected[Classes][127] = 1'b1;
  endtask

  // ---- stimulus ----
  localparam longint LogitMax = (64'd1 << (LogitBits - 1)) - 1;
  longint octave, value;
  task automatic draw(input int beats);
    octave = ((64'd256 << ExpShift) + ExpMul - 1) / ExpMul;  // logit distance that halves e
    for (int i = 0; i < beats; i++) begin
      case ((i / (Classes * passes)) % 7)  // one kind of input an image
        0: value = $urandom;                                                   // whole range, mostly one-hot
        1: value = ($urandom % 4096) * octave / 1024;                          // within four octaves
        2: value = -7;                                                         // all equal: ties
        3: value = $urandom % 2 != 0 ? LogitMax : -LogitMax - 1;               // farthest apart
        4: value = ($urandom % 4) * octave - 2 * octave;                       // whole octaves, many ties
        5: value = -($urandom % 14) * octave;                                  // down to where e becomes 0
        default: value = i % Classes == 1 ? 3 * octave : -($urandom % octave); // one clear winner
      endcase
      if (value > LogitMax) value = LogitMax;
      if (value < -LogitMax - 1) value = -LogitMax - 1;
      stimulus[i] = value;
    end
  endtask

  int beats = 0, sent = 0, image = 0, beat = 0, in_gap = 0, out_gap = 0, ood_seen = 0, checked = 0;
  int cycle = 0, first_cycle = 0, last_cycle = 0;

  always @(negedge clk) begin  // the bench drives at the falling edge, so that no race is possible
    if (!in_valid || sent == beats) in_valid = sent < beats && $urandom % 100 >= in_gap;
    in_data = sent < beats ? stimulus[sent] : '0;
    out_ready = $urandom % 100 >= out_gap;
  end

  always @(posedge clk) if (rst_n) begin
    cycle = cycle + 1;
    if (in_valid && in_ready) begin
      if (sent == 0) first_cycle = cycle;
      last_cycle = cycle;
      sent = sent + 1;
    end
    if (out_valid && out_ready) begin
      if (image == Images) begin
        $display("FAIL a beat more than %0d images", Images);
        $fatal;
      end
      if (beat == 0) modelImage(image);
      if (out_data !== expected[beat] || out_last !== (beat == Classes)) begin
        $display("FAIL image %0d beat %0d of T=%0d: %h last %b, expected %h", image, beat, passes, out_data, out_last,
                 expected[beat]);
        $fatal;
      end
      checked = checked + 1;
      ood_seen = ood_seen + expected[Classes][112];
      beat = beat == Classes ? 0 : beat + 1;
      if (beat == 0) image = image + 1;
    end
  end

  // After an accepted beat a new gap is drawn, also when the stream was valid all along.
  always @(posedge clk) if (rst_n && in_valid && in_ready) begin
    #1 in_valid = sent < beats && $urandom % 100 >= in_gap;
  end

  int ideal, deadline;
  initial begin
    worst_mean = 0.0;
    worst_var = 0.0;
    worst_entropy = 0.0;
    repeat (3) @(negedge clk);
    rst_n = 1'b1;
    for (int round = 0; round < Rounds; round++) begin
      @(posedge clk);
      #2;  // idle: registers may change
      passes = round == 0 ? MaxPasses : round == 1 ? 1 : 1 + $urandom % MaxPasses;
      ood_threshold = round % 2 != 0 ? 4095 : $urandom % 4096;
      ood_k = $urandom % 16;
      draw(Images * passes * Classes);
      in_gap = round < 2 || round == 3 ? 0 : 40;
      out_gap = round < 2 || round == 2 ? 0 : round == 3 ? 97 : 60;
      image = 0;
      beat = 0;
      sent = 0;
      beats = Images * passes * Classes;
      deadline = cycle + 100 * (beats + Images * (Classes + 1)) + 1000;
      while (image < Images && cycle < deadline) @(posedge clk) #2;
      if (image < Images) begin
        $display("FAIL round %0d hangs after %0d of %0d images", round, image, Images);
        $fatal;
      end
      if (round < 2) begin
        // A pass costs Classes cycles; with one pass an image the summary beat takes a cycle of its own.
        ideal = beats + (passes == 1 ? Images : 0);
        $display("T=%0d: %0d logits in %0d cycles", passes, beats, last_cycle - first_cycle + 1);
        if (last_cycle - first_cycle + 1 > ideal) begin
          $display("FAIL the head takes more than %0d cycles", ideal);
          $fatal;
        end
      end
      beats = 0;
    end
    $display("PASS %0d beats, %0d with the OOD flag; against floating point: mean %.5f variance %.5f entropy %.4f",
             checked, ood_seen, worst_mean, worst_var, worst_entropy);
    $finish;
  end
endmodule
