package dev.logitcl.bench.tune;

import dev.logitcl.kernel.Variant;
import dev.logitcl.matrix.Shape;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How the variants of a case fared on a shape.
 *
 * @param subject the case
 * @param shape rows and columns
 * @param standard what runs untuned
 * @param standardNanos its median time
 * @param contenders the candidates that were timed, fastest first
 */
record Outcome(
    Subject subject,
    Shape shape,
    Variant standard,
    double standardNanos,
    List<Contender> contenders) {

  /**
   * A candidate against the standard.
   *
   * @param variant the candidate
   * @param ratio the median, over the rounds, of its time by the standard's in the same round
   * @param noise what that ratio may be off by
   * @param finalist whether it was among the last and measured as thoroughly as the standard
   */
  record Contender(Variant variant, double ratio, double noise, boolean finalist) {
    /** Faster than the standard, beyond the noise. */
    boolean wins() {
      return finalist && ratio + noise < 1;
    }

    /** Slower than the standard, beyond the noise. */
    boolean loses() {
      return ratio - noise > 1;
    }
  }

  /** How a variant fared, if it was timed. */
  Optional<Contender> of(Variant variant) {
    return contenders.stream()
        .filter(contender -> contender.variant().label().equals(variant.label()))
        .findFirst();
  }

  /** {@code 8192x1000 0.171 (0.197 with row_per_item V=16, -13.2 %, noise 2.0 %)}. */
  String measured(Contender contender) {
    return String.format(
        Locale.ROOT,
        "%dx%d %s (%s with %s; %+.1f %%, noise %.1f %%)",
        shape.rows(),
        shape.cols(),
        perElement(contender.ratio() * standardNanos),
        perElement(standardNanos),
        standard.label(),
        100 * (contender.ratio() - 1),
        100 * contender.noise());
  }

  /** One line about all of it. */
  String summary() {
    String text =
        subject + " " + shape + ": " + perElement(standardNanos) + " ns per element with ";
    text += standard.label() + ", ";
    if (contenders.isEmpty()) {
      return text + "no other candidate";
    }
    Contender best = contenders.get(0);
    return text
        + String.format(
            Locale.ROOT,
            "the best of %d others %s: %s (%+.1f %%, noise %.1f %%)",
            contenders.size(),
            best.wins() ? "wins" : "does not win",
            best.variant().label(),
            100 * (best.ratio() - 1),
            100 * best.noise());
  }

  private String perElement(double nanos) {
    return String.format(Locale.ROOT, "%.3f", nanos / Math.max(1, shape.elements()));
  }
}
