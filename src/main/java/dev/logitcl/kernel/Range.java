package dev.logitcl.kernel;

import java.util.Locale;

/**
 * An inclusive range of rows or columns; a bound may count in compute units of the device.
 *
 * @param text as written: {@code *}, {@code 7}, {@code 1..64}, {@code 65..}, {@code ..2cu}
 * @param from lower bound
 * @param to upper bound
 */
public record Range(String text, Bound from, Bound to) {

  /**
   * A number, times the compute units if {@code perUnit}.
   *
   * @param value the number
   * @param perUnit whether it counts in compute units
   */
  public record Bound(long value, boolean perUnit) {
    long of(int computeUnits) {
      return perUnit ? value * computeUnits : value;
    }
  }

  private static final Bound LEAST = new Bound(0, false);
  private static final Bound MOST = new Bound(Long.MAX_VALUE, false);

  static Range parse(String text) {
    if (text.equals("*")) {
      return new Range(text, LEAST, MOST);
    }
    int dots = text.indexOf("..");
    if (dots < 0) {
      return new Range(text, bound(text, LEAST), bound(text, MOST));
    }
    return new Range(
        text, bound(text.substring(0, dots), LEAST), bound(text.substring(dots + 2), MOST));
  }

  private static Bound bound(String text, Bound missing) {
    if (text.isEmpty()) {
      return missing;
    }
    String lower = text.toLowerCase(Locale.ROOT);
    boolean perUnit = lower.endsWith("cu");
    try {
      return new Bound(
          Long.parseLong(perUnit ? lower.substring(0, lower.length() - 2) : lower), perUnit);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is no bound, expected a number, optionally followed by cu", e);
    }
  }

  boolean contains(long value, int computeUnits) {
    return value >= from.of(computeUnits) && value <= to.of(computeUnits);
  }
}
