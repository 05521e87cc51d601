# The figures of uniform.sh: usage counters of every run ("DEVICES CALIBRATED count CHOICES WHITENED N COUNT") -> Pearson's
# chi-square against equal shares, and the total variation distance from them, half the sum of |share - 1/choices|.
# Exit code 1 where a promise of uniform.sh is broken. -v wanted: choices that arbiters of ideal devices must have made.
/FAIL/ { print; bad = 1; next }
$3 == "count" { key = $1 " " $4; share[key " " $2 $5, $6] = $7; total[key " " $2 $5] += $7; sizes[$4] = 1 }
$3 == "residual" && $2 == 1 && $5 == 0 { size = $8 < 0 ? -$8 : $8; if (size > worst[$1]) worst[$1] = size }
function figures(key, choices,   n, expected, d) {
  chi2 = tv = 0
  expected = total[key] / choices
  for (n = 0; n < choices; n++) {
    d = share[key, n] - expected
    chi2 += d * d / expected
    tv += (d < 0 ? -d : d) / total[key] / 2
  }
}
function quantile(freedom,   a) {  # Wilson and Hilferty, at 1 - 10^-4 (3.719 standard deviations)
  a = 2 / (9 * freedom)
  return freedom * (1 - a + 3.719 * sqrt(a)) ^ 3
}
function complain(text) { print "FAIL: " text; bad = 1 }
END {
  split("2 3 5 7 8 12 16 31 32", order, " ")
  print "ideal devices, p = 1/2"
  printf "%8s %31s %31s %10s\n", "choices", "draws, chi-square, TV", "whitened: the same", "limit"
  for (i = 1; i in order; i++) {
    choices = order[i]; limit = quantile(choices - 1)
    printf "%8d", choices
    for (white = 0; white < 2; white++) {
      key = "ideal " choices " 0" white
      if (!white && total[key] < wanted) complain(choices " choices: only " total[key] " draws")
      figures(key, choices)
      printf " %10d %11.2f %8.5f", total[key], chi2, tv
      if (chi2 >= limit) { verdict[choices] = "ideal devices, " choices " choices" (white ? ", whitened" : "") ": chi-square " chi2 " of at most " limit }
    }
    printf " %10.2f\n", limit
    if (choices in verdict) complain(verdict[choices])
  }
  split("same random", devices, " ")
  split("00 10 01 11", treated, " ")
  title["same"] = "p off by +0.05 in every unit"; title["random"] = "p off by +0.05 or -0.05, a sign a unit"
  for (d = 1; d <= 2; d++) {
    printf "%s; largest residual of the calibration: %d of 4096\n", title[devices[d]], worst[devices[d]]
    printf "%8s %24s %24s %24s %24s %8s\n", "choices", "before: chi-square, TV", "calibrated", "whitened", "both", "limit"
    for (i = 1; i in order; i++) {
      choices = order[i]; limit = quantile(choices - 1)
      printf "%8d", choices
      for (t = 1; t <= 4; t++) {
        figures(devices[d] " " choices " " treated[t], choices)
        printf " %15.2f %8.5f", chi2, tv
        chi[t] = chi2; var[t] = tv
      }
      printf " %8.2f\n", limit
      where = title[devices[d]] ", " choices " choices: "
      if (chi[1] <= limit) complain(where "the bench cannot tell the devices from ideal ones")
      if (var[2] >= var[1] / 2) complain(where "calibration does not halve the total variation")
      if (var[3] >= var[1] / 2) complain(where "whitening does not halve the total variation")
      if (chi[4] >= limit) complain(where "calibrated and whitened, chi-square is " chi[4] " of at most " limit)
    }
  }
  exit bad
}
