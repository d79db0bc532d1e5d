package dev.logitcl.bench;

import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Calls that take turns in rounds, so that a clock that drifts hits all alike. First they take
 * turns to warm up, until each was called often enough for the compiler to hear of its loops, and
 * the compiler is done with all of them. A call whose time falls later than that gets further
 * rounds.
 */
final class Rounds {
  /**
   * A call has settled after so many rounds without a fall. They are enough to see a drift, and few
   * enough that each call has a stretch of warm caches in each. Without time left each round still
   * takes a sample: fewer than five show no spread.
   */
  static final int SETTLED = 5;

  /** So many times as many rounds are tried. */
  private static final int PATIENCE = 3;

  /** The least time to warm up; C2 takes about as long to get to new loops on a quiet machine. */
  private static final long WARM_UP_NANOS = 1_000_000_000L;

  /** The system property that says how many seconds are waited for the compiler at most. */
  private static final String PROPERTY = "logitcl.bench.warmup.seconds";

  /** The most time to wait for the compiler, which may have to share its core. */
  private static final long MOST_WARM_UP_NANOS =
      Duration.ofSeconds(Integer.getInteger(PROPERTY, 10)).toNanos();

  /** Short, so that the compiler hears of all loops soon. */
  private static final long WARM_UP_ROUND_NANOS = 10_000_000L;

  /** The fraction of the time that goes to measuring end to end. */
  private static final double END_TO_END = 0.25;

  private final List<Stopwatch> watches;
  private final LongSupplier clock;
  private final BooleanSupplier compiling;
  private final long mostWarmUp;

  private Rounds(
      List<Stopwatch> watches, LongSupplier clock, BooleanSupplier compiling, long mostWarmUp) {
    this.watches = watches;
    this.clock = clock;
    this.compiling = compiling;
    this.mostWarmUp = mostWarmUp;
  }

  /**
   * Times calls.
   *
   * @param end when to be done, as the clock counts; what is needed takes longer all the same
   * @param clock nanoseconds
   * @param compiling whether the compiler is at work
   * @return whether the compiler was done in the end
   */
  static boolean run(
      List<Stopwatch> watches, long end, LongSupplier clock, BooleanSupplier compiling) {
    return run(watches, end, clock, compiling, MOST_WARM_UP_NANOS);
  }

  /** Times calls, with at most {@code mostWarmUp} nanoseconds to warm up. */
  static boolean run(
      List<Stopwatch> watches,
      long end,
      LongSupplier clock,
      BooleanSupplier compiling,
      long mostWarmUp) {
    if (watches.isEmpty()) {
      return true;
    }
    Rounds rounds = new Rounds(watches, clock, compiling, mostWarmUp);
    rounds.warmUp();
    return rounds.measure(end);
  }

  private void warmUp() {
    long start = clock.getAsLong();
    long spent;
    do {
      watches.forEach(watch -> watch.warmUp(WARM_UP_ROUND_NANOS));
      spent = clock.getAsLong() - start;
    } while (spent < mostWarmUp && (spent < WARM_UP_NANOS || !isWarm()));
  }

  private boolean isWarm() {
    return watches.stream().allMatch(Stopwatch::isWarm) && !compiling.getAsBoolean();
  }

  private boolean measure(long end) {
    long each = Math.max(0, end - clock.getAsLong()) / ((long) SETTLED * watches.size());
    for (int round = 0; round < PATIENCE * SETTLED; round++) {
      // While something is compiled, nobody can tell whose time is about to fall.
      boolean all = compiling.getAsBoolean();
      if (!all && watches.stream().allMatch(Rounds::isSettled)) {
        return true;
      }
      for (Stopwatch watch : watches) {
        if (all || !isSettled(watch)) {
          watch.round((long) (each * (1 - END_TO_END)), (long) (each * END_TO_END));
        }
      }
    }
    return !compiling.getAsBoolean();
  }

  /** Whether the call's time no longer falls. */
  static boolean isSettled(Stopwatch watch) {
    return watch.device().rounds() >= SETTLED;
  }
}
