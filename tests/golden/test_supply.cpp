// Queues of random choices against the contract page: masks with rounds, arbiter, fan-out.
#include <boost/test/unit_test.hpp>

#include "supplies.hpp"

using namespace neuspin;
using namespace neuspin::testing;
using namespace neuspin::golden;

BOOST_AUTO_TEST_SUITE(supply)

BOOST_AUTO_TEST_CASE(masks_are_the_draws_in_order) {
  struct Shape {
    int bits, modules;
  };
  for (const Shape shape : {Shape{1, 1}, {2, 1}, {10, 4}, {9, 3}, {70, 33}}) {
    const SupplyPlan plan = maskPlan(shape.bits, shape.modules);
    for (const double eager : {1.0, 0.4, 0.02}) {
      MaskSupply supply(plan, plainTarget(), 42);
      std::mt19937 rng(7);
      std::bernoulli_distribution ready(eager);
      int complete = 0, taken = 0, coincide = 0;
      while (taken < 100) {
        const bool take = ready(rng) && supply.valid();
        if (take) {
          for (int b = 0; b < shape.bits; ++b) {
            const bool expected =
                fairDraw(42, 5 + b % shape.modules, taken * plan.rounds + b / shape.modules);
            BOOST_TEST(getBit(supply.mask(), b) == expected);
          }
        }
        const int before = complete;
        const testing::Registers<MaskSupply> reg(supply);
        if (supply.bank().done() && reg("round_q") == static_cast<unsigned>(plan.rounds - 1)) ++complete;
        if (take && complete > before) ++coincide;
        taken += take ? 1 : 0;
        supply.tick(take, {});
        const bool two = reg("nxt_valid_q") != 0;
        BOOST_TEST(complete - taken == (supply.valid() ? 1 : 0) + (two ? 1 : 0));
        BOOST_TEST((!two || supply.valid()));
      }
      if (eager == 1.0) BOOST_TEST(coincide == 0);  // taken as soon as it is there, and the next takes longer
    }
  }
}

BOOST_AUTO_TEST_CASE(a_mask_taken_as_the_next_completes) {
  // Rounds of 6 cycles: draws are done in cycles 3, 9, 15, 21. The mask of 3 and 9 (in use from 10) is taken
  // in 21, just when the one of 15 and 21 completes, and in another run in 20 and 22.
  const SupplyPlan plan = maskPlan(5, 3);
  const auto mask = [&](int number) {
    std::uint32_t bits = 0;
    for (int b = 0; b < 5; ++b) bits |= fairDraw(3, 5 + b % 3, 2 * number + b / 3) ? 1U << b : 0U;
    return bits;
  };
  BOOST_REQUIRE(mask(0) != mask(1));
  for (const int take : {20, 21, 22}) {
    MaskSupply supply(plan, plainTarget(), 3);
    prime(supply);
    const testing::Registers<MaskSupply> reg(supply);
    for (int cycle = 0; cycle < 24; ++cycle) {
      BOOST_TEST(supply.valid() == (cycle >= 10 && (take != 20 || cycle != 21)));
      if (cycle >= 10 && cycle <= take) BOOST_TEST(reg("cur_q") == mask(0));
      if (cycle >= 22 && cycle > take) BOOST_TEST(reg("cur_q") == mask(1));
      BOOST_TEST(reg("nxt_valid_q") == (take == 22 && cycle == 22 ? 1U : 0U));
      if (cycle >= 16 && cycle < 22) {  // the first round of the next mask is there, the last one not yet
        BOOST_TEST((reg("nxt_q") & 7) == (mask(1) & 7));
        BOOST_TEST((reg("nxt_q") & 24) == (mask(0) & 24));
      }
      if (cycle == 21 && take == 20) {  // taken early: what was ahead so far moves up
        BOOST_TEST(reg("cur_q") == ((mask(1) & 7) | (mask(0) & 24)));
      }
      supply.tick(cycle == take, {});
    }
  }
}

BOOST_AUTO_TEST_CASE(a_full_queue_stops_the_bank) {
  const SupplyPlan plan = maskPlan(2, 1);
  MaskSupply supply(plan, plainTarget(), 1);
  int samples = 0;
  for (int cycle = 0; cycle < 100; ++cycle) {
    samples += supply.bank().sampled();
    supply.tick(false, {});
  }
  BOOST_TEST(samples == 4);
}

BOOST_AUTO_TEST_CASE(arbiter_accepts_what_is_below_its_choices) {
  for (const int choices : {2, 3, 5, 8, 20}) {
    const SupplyPlan plan = arbiterPlan(choices);
    Arbiter arbiter(plan, plainTarget(), 77);
    std::mt19937 rng(3);
    std::vector<std::uint32_t> used(static_cast<std::size_t>(choices));
    std::int64_t k = 0;
    for (int taken = 0; taken < 300;) {
      const bool take = arbiter.valid() && rng() % 3 == 0;
      if (take) {
        int drawn = choices;
        for (; drawn >= choices; ++k) {
          drawn = 0;
          for (int m = 0; m < plan.modules; ++m) drawn |= fairDraw(77, 5 + m, k) ? 1 << m : 0;
        }
        BOOST_TEST(arbiter.index() == drawn);
        ++used[static_cast<std::size_t>(drawn)];
        ++taken;
      }
      arbiter.tick(take, {});
    }
    for (int n = 0; n < choices; ++n) {
      BOOST_TEST(used[static_cast<std::size_t>(n)] > 0U);
      BOOST_TEST(arbiter.readUsage(5, 16 + n) == used[static_cast<std::size_t>(n)]);
      BOOST_TEST(arbiter.readUsage(6, 16 + n) == 0U);  // at the first unit only
    }
    BOOST_TEST(arbiter.readUsage(5, 16 + choices) == 0U);
    BOOST_TEST(arbiter.readUsage(5, 15) == 0U);
    arbiter.reset();
    BOOST_TEST(arbiter.readUsage(5, 16) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(the_sixteenth_rejection_is_taken_after_all) {
  SupplyPlan plan = arbiterPlan(5);
  plan.table = {0, kAlways};  // draws 7 for ever
  Arbiter arbiter(plan, plainTarget(), 1);
  const testing::Registers<Arbiter> reg(arbiter);
  int rounds = 0;
  for (int cycle = 0; !arbiter.valid(); ++cycle) {
    BOOST_REQUIRE(cycle < 1000);
    BOOST_TEST(reg("try_q") == static_cast<unsigned>(rounds));
    rounds += arbiter.bank().done() ? 1 : 0;
    arbiter.tick(false, {});
  }
  BOOST_TEST(rounds == 16);
  BOOST_TEST(arbiter.index() == 2);
  BOOST_TEST(reg("try_q") == 0U);
}

BOOST_AUTO_TEST_CASE(arbiter_choice_taken_as_the_next_is_accepted) {
  // N = 2 never rejects: draws are done in cycles 3, 9, 15.
  const SupplyPlan plan = arbiterPlan(2);
  std::uint32_t seed = 1;  // draws 0, 1, 0
  while (fairDraw(seed, 5, 0) || !fairDraw(seed, 5, 1) || fairDraw(seed, 5, 2)) ++seed;
  for (const int take : {8, 9, 10}) {
    Arbiter arbiter(plan, plainTarget(), seed);
    prime(arbiter);
    const testing::Registers<Arbiter> reg(arbiter);
    for (int cycle = 0; cycle < 18; ++cycle) {
      BOOST_TEST(arbiter.valid() == (cycle >= 4 && (take != 8 || cycle != 9)));
      if (arbiter.valid()) BOOST_TEST(arbiter.index() == (cycle > take ? 1 : 0));
      // Until its turn comes, what waits is the third draw, or the second one from its draw to the taking.
      const bool waits = (take == 10 && cycle == 10) || cycle >= 16;
      BOOST_TEST(reg("nxt_valid_q") == (waits ? 1U : 0U));
      arbiter.tick(cycle == take, {});
    }
    BOOST_TEST(arbiter.readUsage(5, 16) == 1U);
    BOOST_TEST(arbiter.readUsage(5, 17) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(every_consumer_of_the_fan_out_takes_every_bit) {
  constexpr int kDepth = 5, kConsumers = 3;
  MaskFanout fanout(kConsumers, kDepth);
  std::mt19937 rng(11);
  std::vector<bool> stream;
  std::vector<std::size_t> taken(kConsumers);
  bool was_full = false, was_empty = false;
  const auto waiting = [&](std::size_t c) { return stream.size() - taken[c]; };
  for (int cycle = 0; cycle < 3000; ++cycle) {
    const unsigned slow =
        static_cast<unsigned>(cycle / 500) % kConsumers;  // one consumer is slower, by turns
    std::vector<bool> take(kConsumers);
    bool ready = true;
    for (std::size_t c = 0; c < kConsumers; ++c) {
      take[c] = rng() % (c == slow ? 9 : 2) == 0;
      ready = ready && waiting(c) < kDepth;
      BOOST_TEST(fanout.valid(static_cast<int>(c)) == (waiting(c) > 0));
      if (waiting(c) > 0) BOOST_TEST(fanout.bit(static_cast<int>(c)) == stream[taken[c]]);
      was_empty = was_empty || (take[c] && waiting(c) == 0);
    }
    BOOST_TEST(fanout.ready() == ready);
    was_full = was_full || !ready;
    const bool offered = rng() % 3 != 0;
    const bool bit = (rng() & 1) != 0;
    fanout.tick(offered, bit, false, take);
    for (std::size_t c = 0; c < kConsumers; ++c) taken[c] += take[c] && waiting(c) > 0 ? 1 : 0;
    if (offered && ready) stream.push_back(bit);
  }
  BOOST_TEST((was_full && was_empty));
  fanout.tick(true, true, true, {false, true, false});  // a flush wins over everything
  for (int c = 0; c < kConsumers; ++c) BOOST_TEST(!fanout.valid(c));
  fanout.tick(true, true, false, {true, true, true});
  for (int c = 0; c < kConsumers; ++c) BOOST_TEST((fanout.valid(c) && fanout.bit(c)));
}

BOOST_AUTO_TEST_SUITE_END()
