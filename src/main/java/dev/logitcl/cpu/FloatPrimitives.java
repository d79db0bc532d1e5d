package dev.logitcl.cpu;

/**
 * The loops on float32 rows that the operations beyond the core need and that the JVM's compiler
 * makes no vector code of by itself. They exist twice, as those of {@link RowPrimitives} do: in
 * plain Java and on the Vector API. Each works on {@code n} elements from an offset into each array
 * on; an output array may be an input array at the same offset. Not part of the public API: it is
 * public because the two implementations live in different packages.
 */
public interface FloatPrimitives {
  /** The largest element, or -{@link Float#MAX_VALUE}; passes over NaN. */
  float max(float[] x, int from, int n);

  /**
   * Adds the sum of {@code exp(x - m)} to the first total, and that of {@code exp(x - m) (x - m)}
   * to the second, where an exponential of 0 adds nothing.
   */
  void addMoment(float[] x, int from, int n, float m, double[] totals);

  /** Adds the sums of {@code e w}, {@code e |w|} and {@code w w} to three totals. */
  void weigh(float[] e, int eFrom, float[] w, int wFrom, int n, double[] totals);

  /** {@code y = x}, and -inf where the weight w is 0: what is absent from a sum of exponentials. */
  void present(float[] w, int wFrom, float[] x, int xFrom, float[] y, int yFrom, int n);

  /**
   * {@code y = cap tanh(factor x)}, with an error of 3 ulp; -inf, which is absent from a sum of
   * exponentials, stays.
   */
  void cap(float[] x, int xFrom, float[] y, int yFrom, int n, float factor, float cap);

  /**
   * {@code y = y (1 - tanh(factor x)^2)}: what {@link #cap} leaves of a gradient, factors apart.
   */
  void capSlope(float[] x, int xFrom, float[] y, int yFrom, int n, float factor);

  /** {@code y = y - factor w}. */
  void subtractScaled(float[] y, int yFrom, float[] w, int wFrom, float factor, int n);

  /** {@code y = log(exp(a) + exp(b))}, with an error of 2 ulp of log(1 + exp(-|a - b|)). */
  void logAddExp(float[] a, int aFrom, float[] b, int bFrom, float[] y, int yFrom, int n);

  /**
   * {@code da = dy exp(a) / (exp(a) + exp(b))}. Where dy is above 1 and exp(a - b) is no normal
   * number, their product is computed in double precision.
   */
  void logAddExpGradient(
      float[] a,
      int aFrom,
      float[] b,
      int bFrom,
      float[] dy,
      int dyFrom,
      float[] da,
      int daFrom,
      int n);

  /** One element of {@link #logAddExpGradient} in double precision, where {@code d = a - b}. */
  static float logAddExpGradient(float d, float dy) {
    double e = Math.exp(-Math.abs((double) d)); // at most 1: the quotient is finite
    return (float) (dy * ((d < 0 ? e : 1) / (1 + e)));
  }

  /** The first place from {@code from} on of an element above a limit; {@code end} if none is. */
  int above(float[] x, int from, int end, float limit);

  /** How many elements are above a limit. */
  int countAbove(float[] x, int from, int n, float limit);
}
