package dev.logitcl.cpu;

/**
 * The loops on many short rows at once, which lie one behind another: what would be a number of a
 * row elsewhere is an array here, with an entry for each row, or for each element after {@link
 * #spread}. They exist twice, as {@link RowPrimitives} do. Not part of the public API: it is public
 * because the two implementations live in different packages.
 */
public interface ShortRowPrimitives {

  /** Elements of the longest vector of floats: 256 bits. */
  int MOST_LANES = 8;

  /**
   * Maximum and sum of {@code exp(x - max)} of each of up to 64 rows. The arrays hold that many,
   * and what is beyond {@code rows} is undefined afterwards.
   */
  void rowStatistics(float[] x, int from, int rows, int cols, float[] max, float[] sum);

  /**
   * Maximum and sum of {@code exp(x - max)} of each of up to 64 rows, and what the additions lost
   * of each sum: {@code sum + lost} has all digits of what it is above 1. The arrays hold that
   * many, and what is beyond {@code rows} is undefined afterwards.
   */
  void exactRowStatistics(
      float[] x, int from, int rows, int cols, float[] max, float[] sum, float[] lost);

  /** The sum of each row; the array as above. */
  void rowSums(float[] x, int from, int rows, int cols, float[] sum);

  /**
   * Each row's value {@code cols} times. {@code spread} has room for {@link #MOST_LANES} more,
   * which are undefined afterwards.
   */
  void spread(float[] values, int rows, int cols, float[] spread);

  /**
   * {@code y = log(x + lost)} for zero, normal positive numbers and NaN, within 1 ulp: the
   * logarithm of x, and {@code lost / x}.
   */
  void log(float[] x, float[] lost, float[] y, int n);

  /** {@code y = x - a}, element by element. */
  void minus(float[] x, int xFrom, float[] a, float[] y, int yFrom, int n);

  /** {@code y = x * a}, element by element. */
  void times(float[] x, int xFrom, float[] a, int aFrom, float[] y, int yFrom, int n);
}
