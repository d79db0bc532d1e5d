package dev.logitcl.cpu;

/**
 * A sum in the making: what each addition loses is added up as well, so that the sum is as exact as
 * one rounding. Not part of the public API: public because the primitives live in two packages.
 */
public final class Total {
  private double sum;
  private double lost;

  /** Nothing has been added yet. */
  public Total() {}

  /** Adds a number. */
  public void add(double value) {
    double next = sum + value;
    double added = next - sum;
    lost += (sum - (next - added)) + (value - added);
    sum = next;
  }

  /** Adds a sum that was made elsewhere, and what that sum had lost. */
  public void add(double value, double lostBefore) {
    add(value);
    lost += lostBefore;
  }

  /** Adds a sum that was made elsewhere. */
  void add(Total other) {
    add(other.sum, other.lost);
  }

  void multiply(double factor) {
    sum *= factor;
    lost *= factor;
  }

  /** The sum. */
  public double value() {
    return Double.isNaN(lost) ? sum : sum + lost; // an infinite sum has lost NaN
  }

  /**
   * The logarithm of the magnitude, with all its digits near 1, too: log(a + b) is log(a) + b / a
   * but for (b / a)^2 / 2, where b is what a has lost.
   */
  double logOfMagnitude() {
    double rounded = value();
    double rest = (sum - rounded) + lost;
    double log = Math.log(Math.abs(rounded));
    return Double.isFinite(log) && !Double.isNaN(rest) ? log + rest / rounded : log;
  }
}
