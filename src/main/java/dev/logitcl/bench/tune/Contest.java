package dev.logitcl.bench.tune;

import dev.logitcl.bench.Run;
import dev.logitcl.bench.tune.Outcome.Contender;
import dev.logitcl.kernel.Variant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Variants of a case on a shape, taking turns: rounds in which each is timed once, so that a clock
 * that drifts hits all alike. The slow ones leave after the first round; the best few and the
 * standard then meet again in fresh rounds, which alone decide: whoever leads a large field leads
 * it by luck as well.
 */
final class Contest {
  /** A candidate that is so much slower than the best leaves after the first round. */
  private static final double DROPPED = 1.5;

  /** A median needs three samples; more than nine change no order that matters. */
  private static final int LEAST_ROUNDS = 3;

  private static final int MOST_ROUNDS = 9;

  /** Neighbours in a field of dozens lie within a percent: four to choose from are enough. */
  private static final int FINALISTS = 4;

  /** Ten won in a row are no chance, by {@link #CHANCE}. */
  private static final int LEAST_FINAL_ROUNDS = 10;

  private static final int MOST_FINAL_ROUNDS = 25;

  /** A candidate that has lost more of them has little hope left, and leaves. */
  private static final int LOST = 2;

  /** Shorter calls are timed several at a time: 1 ms is thousands of times the clock's step. */
  private static final long SAMPLE_NANOS = 1_000_000L;

  private static final int MOST_CALLS = 16;

  /**
   * How likely a variant that is as fast as the standard may seem faster: a run makes some hundred
   * comparisons. Rounds are counted, not averaged: the times of a shared machine have no normal
   * distribution.
   */
  private static final double CHANCE = 0.001;

  /** A row that gains less is not worth its line. */
  private static final double LEAST_GAIN = 0.02;

  private final Tunable device;
  private final Run run;
  private final LongSupplier clock;

  Contest(Tunable device, Run run, LongSupplier clock) {
    this.device = device;
    this.run = run;
    this.clock = clock;
  }

  /** A variant in the contest and its times, one per round. */
  private static final class Entrant {
    final Variant variant;
    final int calls;
    final List<Double> times = new ArrayList<>();

    Entrant(Variant variant, int calls) {
      this.variant = variant;
      this.calls = calls;
    }

    double median() {
      return Contest.median(times.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** Its time by the standard's, round by round. */
    double[] ratios(Entrant standard) {
      return IntStream.range(0, times.size())
          .mapToDouble(k -> times.get(k) / Math.max(1, standard.times.get(k)))
          .toArray();
    }

    long lost(Entrant standard) {
      return Arrays.stream(ratios(standard)).filter(ratio -> ratio >= 1).count();
    }
  }

  /**
   * Times variants that compute what they should.
   *
   * @param subject what is timed
   * @param standard what runs untuned
   * @param others what may replace it
   * @param end when to stop, as the clock counts; every round that a decision needs is run even if
   *     that takes longer
   */
  Outcome hold(Subject subject, Variant standard, List<Variant> others, long end) {
    long half = clock.getAsLong() + (end - clock.getAsLong()) / 2;
    Entrant first = enter(standard);
    List<Entrant> field = new ArrayList<>(others.stream().map(this::enter).toList());
    round(first, field);
    double best =
        field.stream().mapToDouble(Entrant::median).min().orElse(Double.POSITIVE_INFINITY);
    double limit = DROPPED * Math.min(best, first.median());
    List<Entrant> left = field.stream().filter(entrant -> entrant.median() <= limit).toList();
    for (int k = 1; k < MOST_ROUNDS && !left.isEmpty(); k++) {
      if (k >= LEAST_ROUNDS && clock.getAsLong() > half) {
        break;
      }
      round(first, left);
    }
    List<Contender> contenders = new ArrayList<>();
    List<Entrant> finalists = new ArrayList<>();
    field.sort(Comparator.comparingDouble(Entrant::median));
    for (Entrant entrant : field) {
      boolean hopeful = left.contains(entrant) && entrant.median() < first.median();
      if (hopeful && finalists.size() < FINALISTS) {
        finalists.add(new Entrant(entrant.variant, entrant.calls));
      } else {
        contenders.add(contender(entrant, first, false));
      }
    }
    Entrant again = finalists.isEmpty() ? first : new Entrant(standard, first.calls);
    contenders.addAll(last(again, finalists, end));
    contenders.sort(
        Comparator.comparing(Contender::wins)
            .thenComparing(Contender::finalist)
            .reversed()
            .thenComparingDouble(Contender::ratio));
    return new Outcome(subject, run.op().shape(), standard, again.median(), contenders);
  }

  private Entrant enter(Variant variant) {
    long calls = SAMPLE_NANOS / Math.max(1, time(variant, 1));
    return new Entrant(variant, (int) Math.max(1, Math.min(MOST_CALLS, calls)));
  }

  /** Fresh rounds of those left; ends early where none can win any more. */
  private List<Contender> last(Entrant standard, List<Entrant> finalists, long end) {
    List<Entrant> left = new ArrayList<>(finalists);
    for (int k = 0; k < MOST_FINAL_ROUNDS && !left.isEmpty(); k++) {
      if (k >= LEAST_FINAL_ROUNDS && clock.getAsLong() > end) {
        break;
      }
      round(standard, left);
      left.removeIf(entrant -> entrant.lost(standard) > LOST);
    }
    return finalists.stream().map(entrant -> contender(entrant, standard, true)).toList();
  }

  /** Forwards and backwards in turns, so that nobody always follows the same one. */
  private void round(Entrant standard, List<Entrant> others) {
    List<Entrant> order = new ArrayList<>(others);
    order.add(0, standard);
    if (standard.times.size() % 2 == 1) {
      Collections.reverse(order);
    }
    for (Entrant entrant : order) {
      entrant.times.add((double) time(entrant.variant, entrant.calls) / entrant.calls);
    }
  }

  private long time(Variant variant, int calls) {
    long start = clock.getAsLong();
    for (int k = 0; k < calls; k++) {
      device.run(run.op(), variant);
      device.backend().finish();
    }
    return clock.getAsLong() - start;
  }

  /** Compares round by round: what slows a round down slows both. */
  private static Contender contender(Entrant entrant, Entrant standard, boolean finalist) {
    double[] ratios = entrant.ratios(standard);
    Arrays.sort(ratios);
    double ratio = ratios[(ratios.length - 1) / 2];
    double worst = ratios[rank(ratios.length) - 1];
    double noise = Math.max(LEAST_GAIN, worst - ratio);
    return new Contender(entrant.variant, ratio, noise, finalist);
  }

  /** How many of n rounds must be won so that it is not by chance; n where none would do. */
  static int rank(int n) {
    double tail = 0; // the probability of more than k heads in n throws
    double term = Math.pow(0.5, n); // that of k heads
    for (int k = n; k > 0; k--) {
      tail += term;
      if (tail > CHANCE) {
        return Math.min(n, k + 1);
      }
      term = term * k / (n - k + 1);
    }
    return n;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(sorted.length - 1) / 2];
  }
}
