package dev.logitcl.cpu;

/**
 * The loops on rows in double precision that the JVM's compiler makes no vector code of by itself.
 * They exist twice, as those of {@link RowPrimitives} do: in plain Java and on the Vector API. Each
 * works on whole arrays of one length, and writes into the array that it names as its result, which
 * may be another argument. What is computed element by element without a condition stands in the
 * operations as a plain loop: that becomes vector code everywhere (0.1 ns per element, where exp
 * takes 1.3). Not part of the public API: it is public because the two implementations live in
 * different packages.
 */
public interface DoublePrimitives {
  /** {@code y = x}, of as many floats as y has elements, from an offset on. */
  void widen(float[] x, int from, double[] y);

  /** {@code y = x}, rounded to floats, from an offset on. */
  void narrow(double[] x, float[] y, int to);

  /** The largest element, -inf where there is none, NaN if an element is. */
  default double max(double[] x) {
    return max(x, 0, x.length);
  }

  /** The largest of n elements from one on, as {@link #max(double[])} has it. */
  double max(double[] x, int from, int n);

  /** What is subtracted from a row: its maximum, but not -inf, which less itself is NaN. */
  default double reference(double[] x) {
    return Math.max(-Double.MAX_VALUE, max(x));
  }

  /**
   * {@code y = exp(x - shift)}, with an error below 1 ulp of the exponential of the difference. It
   * is 0 or denormal below -708.3, exactly 0 for -inf, may be infinite from 709 on, and NaN for
   * NaN.
   */
  default void exp(double[] x, double shift, double[] y) {
    exp(x, 0, shift, y, 0, x.length);
  }

  /**
   * {@code y = exp(x - shift)}, as {@link #exp(double[], double, double[])} has it, of n elements
   * from {@code from} on, into {@code y} from {@code to} on.
   */
  void exp(double[] x, int from, double shift, double[] y, int to, int n);

  /** {@code y = exp(x - shift)}, and the sum of that. */
  default Total expSum(double[] x, double shift, double[] y) {
    return expSum(x, 0, shift, y, 0, x.length);
  }

  /**
   * {@code y = exp(x - shift)} of n elements from {@code from} on, into {@code y} from {@code to}
   * on, and their sum.
   */
  default Total expSum(double[] x, int from, double shift, double[] y, int to, int n) {
    exp(x, from, shift, y, to, n);
    return sum(y, to, n);
  }

  /**
   * {@code y = x - shift} of n elements from {@code from} on, into {@code y} from {@code to} on;
   * returns the sum of {@code exp(y)}. What is written goes its way to memory while exponentials
   * are computed.
   */
  Total shiftedExpSum(double[] x, int from, double shift, double[] y, int to, int n);

  /**
   * Log-softmax's gradient, {@code dx = dy - exp(y) * sum} with its roundings, of n elements of
   * each from {@code from}, {@code dyFrom} and {@code to} on.
   */
  void logSoftmaxGradient(
      double[] y, int from, double[] dy, int dyFrom, double sum, double[] dx, int to, int n);

  /**
   * Adds the products {@code y * (dy - centre)}, each rounded twice, of n elements of each.
   *
   * @return the sum of the squares of y: at least 1/4 where an element is above 1/2
   */
  double centredDot(
      double[] y, int from, double[] dy, int dyFrom, double centre, int n, Total total);

  /** Softmax's gradient, {@code dx = y * ((dy - centre) - dot)}, of n elements. */
  void softmaxGradient(
      double[] y,
      int from,
      double[] dy,
      int dyFrom,
      double centre,
      double dot,
      double[] dx,
      int to,
      int n);

  /** {@code y = log(1 + x)} for elements from 0 to 1 and NaN, with an error of about 1 ulp. */
  void log1p(double[] x, double[] y);

  /**
   * {@code y = log(x)} for elements from 1 to 2<sup>1000</sup>, with an error of about 1 ulp; any
   * number for other elements.
   */
  void log(double[] x, double[] y);

  /**
   * {@code y = cap tanh(factor x)}, with an error of 3 ulp; -inf, which is absent from a sum of
   * exponentials, stays.
   */
  void cap(double[] x, double[] y, double factor, double cap);

  /** The sum of the elements. */
  default Total sum(double[] x) {
    return sum(x, 0, x.length);
  }

  /** The sum of n elements from one on. */
  Total sum(double[] x, int from, int n);

  /**
   * The sum of the rounded products {@code x * y}; where x is 0 it adds nothing, whatever y holds.
   */
  Total dot(double[] x, double[] y);

  /** {@code y = value} where x is 0. */
  void replace(double[] x, double[] y, double value);

  /** The first place from {@code from} on of an element above a limit; the length if none is. */
  default int above(double[] x, int from, double limit) {
    return above(x, from, x.length, limit);
  }

  /** The first place from {@code from} on of an element above a limit; {@code end} if none is. */
  int above(double[] x, int from, int end, double limit);

  /** How many elements from {@code from} to before {@code to} are above a limit. */
  int countAbove(double[] x, int from, int to, double limit);
}
