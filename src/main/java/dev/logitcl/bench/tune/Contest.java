package dev.logitcl.bench.tune;

import dev.logitcl.bench.Run;
import dev.logitcl.bench.tune.Outcome.Contender;
import dev.logitcl.kernel.Variant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;

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

  /** The noise is judged by the spread of the last rounds. */
  private static final int LEAST_FINAL_ROUNDS = 7;

  private static final int MOST_FINAL_ROUNDS = 25;

  /** Shorter calls are timed several at a time: 1 ms is thousands of times the clock's step. */
  private static final long SAMPLE_NANOS = 1_000_000L;

  private static final int MOST_CALLS = 16;

  /** Standard errors of a median that a win must exceed: by chance once in hundreds of rows. */
  private static final double CONFIDENCE = 3;

  /** A median's standard error is 1.253 sigma/sqrt(n), sigma 1.483 median absolute deviations. */
  private static final double MEDIAN_ERROR = 1.253 * 1.483;

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
      return Contest.median(times);
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
    List<Entrant> field = others.stream().map(this::enter).toList();
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
    List<Entrant> finalists =
        left.stream().sorted(Comparator.comparingDouble(Entrant::median)).limit(FINALISTS).toList();
    List<Contender> contenders = new ArrayList<>();
    for (Entrant entrant : field) {
      if (!finalists.contains(entrant)) {
        contenders.add(contender(entrant, first, false));
      }
    }
    Entrant again = finalists.isEmpty() ? first : last(first, finalists, end);
    finalists.forEach(entrant -> contenders.add(contender(entrant, again, true)));
    contenders.sort(
        Comparator.comparing(Contender::finalist).reversed().thenComparingDouble(Contender::ratio));
    return new Outcome(subject, run.op().shape(), standard, again.median(), contenders);
  }

  private Entrant enter(Variant variant) {
    long calls = SAMPLE_NANOS / Math.max(1, time(variant, 1));
    return new Entrant(variant, (int) Math.max(1, Math.min(MOST_CALLS, calls)));
  }

  private Entrant last(Entrant first, List<Entrant> finalists, long end) {
    Entrant again = new Entrant(first.variant, first.calls);
    finalists.forEach(entrant -> entrant.times.clear());
    for (int k = 0; k < MOST_FINAL_ROUNDS; k++) {
      if (k >= LEAST_FINAL_ROUNDS && clock.getAsLong() > end) {
        break;
      }
      round(again, finalists);
    }
    return again;
  }

  private void round(Entrant first, List<Entrant> others) {
    first.times.add((double) time(first.variant, first.calls) / first.calls);
    for (Entrant entrant : others) {
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
    List<Double> ratios = new ArrayList<>();
    for (int k = 0; k < entrant.times.size(); k++) {
      ratios.add(entrant.times.get(k) / Math.max(1, standard.times.get(k)));
    }
    double ratio = median(ratios);
    double spread = median(ratios.stream().map(r -> Math.abs(r - ratio)).toList());
    double error = MEDIAN_ERROR * spread / Math.sqrt(ratios.size());
    return new Contender(
        entrant.variant,
        entrant.median(),
        ratio,
        Math.max(LEAST_GAIN, CONFIDENCE * error),
        finalist);
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted[(sorted.length - 1) / 2];
  }
}
