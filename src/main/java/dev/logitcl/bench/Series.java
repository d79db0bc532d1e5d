package dev.logitcl.bench;

/**
 * The times of one call in rounds, and whether they have settled. A call is slow until the JVM's
 * compiler has been through its loops, then falls by a factor of up to a hundred: a second late on
 * a quiet machine, later on a busy one. Whenever a round is clearly faster than the first that is
 * kept, the rounds before it were not those of a warm process, and are forgotten.
 *
 * <p>Rounds are compared by their lower quartiles. What else runs on a machine makes some calls
 * longer and none shorter, so that the quartile moves less than the median. The very shortest time
 * falls by luck, the more often a call is timed.
 */
final class Series {
  /** A round is clearly faster if it takes this fraction less: the compiler gains more. */
  static final double FALL = 0.2;

  private Timings counted = new Timings();
  private Timings round = new Timings();
  private long first = Long.MAX_VALUE; // of the rounds since the last fall
  private int rounds;

  /** Adds a time to the round that has begun. */
  void add(long nanos) {
    round.add(nanos);
  }

  /** Whether there is no time, neither in this round nor in those before. */
  boolean isEmpty() {
    return counted.count() + round.count() == 0;
  }

  /** Ends a round. A round without any time does not count. */
  void endRound() {
    if (round.count() == 0) {
      return;
    }
    long quartile = round.quantile(0.25);
    if (quartile < (1 - FALL) * first) {
      forget();
      first = quartile;
    }
    counted.addAll(round);
    rounds++;
    round = new Timings();
  }

  /** Forgets all times: they were taken to warm up. Later rounds are still compared with them. */
  void forget() {
    counted = new Timings();
    rounds = 0;
  }

  /** How many rounds were ended since the times last fell. */
  int rounds() {
    return rounds;
  }

  /** The times that are not forgotten. */
  Timings times() {
    return counted;
  }
}
