// Two numbers that belong together.
#pragma once

namespace neuspin::evaluate {

/// A 95 % confidence interval unless said otherwise.
struct Interval {
  double low = 0, high = 0;
};

}  // namespace neuspin::evaluate
