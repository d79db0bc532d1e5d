package dev.logitcl.bench.qualify;

import dev.logitcl.bench.Measurement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a device should reach with the kernels that the table chooses for it.
 *
 * @param goal what is wanted
 * @param measured how many cases or pairs of cases tell
 * @param misses those that do not reach it, with what they reach
 */
public record Goal(String goal, int measured, List<String> misses) {
  /** So many bytes are beyond the caches of most GPUs, and hide the time of a launch. */
  private static final double LARGE = 64 << 20;

  private static final double PERCENT_OF_ROOF = 90;

  /** A column more may cost that much. */
  private static final double CLIFF = 1.10;

  static List<Goal> of(List<StepReport> steps) {
    List<Measurement> all =
        steps.stream()
            .flatMap(step -> step.results(Measurement.class).stream())
            .filter(m -> m.ok() && m.samples() > 0)
            .toList();
    return List.of(roof(all), neighbours(all));
  }

  private static Goal roof(List<Measurement> all) {
    List<Measurement> large = all.stream().filter(m -> m.gbps() * m.medianNs() >= LARGE).toList();
    return new Goal(
        "90 % of the roof from 64 MiB on",
        large.size(),
        large.stream()
            .filter(m -> m.percentOfRoof() < PERCENT_OF_ROOF)
            .map(m -> name(m) + ": " + number(m.percentOfRoof()) + " % of " + m.roof())
            .toList());
  }

  /** Both ways: a column less may not cost more either. */
  private static Goal neighbours(List<Measurement> all) {
    int pairs = 0;
    List<String> misses = new ArrayList<>();
    for (Measurement one : all) {
      for (Measurement next : all) {
        if (next.cols() == one.cols() + 1
            && next.rows() == one.rows()
            && next.op().equals(one.op())
            && next.pass().equals(one.pass())) {
          pairs++;
          double ratio = perElement(next) / perElement(one);
          if (ratio > CLIFF || ratio < 1 / CLIFF) {
            boolean rises = ratio > 1;
            misses.add(
                name(rises ? next : one)
                    + " takes "
                    + number(100 * ((rises ? ratio : 1 / ratio) - 1))
                    + " % longer per element than "
                    + (rises ? one : next).cols()
                    + " columns");
          }
        }
      }
    }
    return new Goal("neighbouring column counts within 10 % of each other", pairs, misses);
  }

  private static double perElement(Measurement m) {
    return (double) m.medianNs() / (m.rows() * m.cols());
  }

  private static String name(Measurement m) {
    return m.op() + " " + m.pass() + " " + m.rows() + "x" + m.cols();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.0f", value);
  }
}
