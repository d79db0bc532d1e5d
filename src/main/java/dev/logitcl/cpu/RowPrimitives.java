package dev.logitcl.cpu;

/**
 * The handful of loops that the Java path is built from, and the only code in it that exists twice:
 * in plain Java and on the Vector API. Each works on {@code n} elements of one row, from an offset
 * into each array on; an output array may be an input array at the same offset. Not part of the
 * public API: it is public because the two implementations live in different packages.
 *
 * <p>{@code exp} has an error below 1 ulp from -87.3 to 0, gives exactly 0 below -88 and NaN for
 * NaN. Sums of more than a thousand or so elements are the caller's to split: an implementation may
 * add up in float32.
 */
public interface RowPrimitives {

  /** Rows of a tile: a multiple of any vector's length. */
  int TILE = 64;

  /** For reports: {@code scalar}, {@code vector}. */
  String name();

  /** For people: {@code vector 256 bit}. */
  String description();

  /** Elements of a vector: 1 for plain Java. */
  int lanes();

  /**
   * The largest element, or -{@link Float#MAX_VALUE} if there is none above. Passes over NaN, which
   * {@link #sumExp} then finds: no finite number less this maximum is +inf, and -inf less it is
   * -inf, never NaN.
   */
  float max(float[] x, int from, int n);

  /** The sum of {@code exp(x - m)}, where no element is greater than {@code m}. */
  double sumExp(float[] x, int from, int n, float m);

  /** The sum of the elements. */
  double sum(float[] x, int from, int n);

  /** The sum of {@code x * y}. */
  double dot(float[] x, int xFrom, float[] y, int yFrom, int n);

  /** {@code y = (x - m) - logSum}, in these two steps. */
  void logSoftmax(float[] x, int xFrom, float[] y, int yFrom, int n, float m, float logSum);

  /** {@code y = exp(x - m) * scale}. */
  void exp(float[] x, int xFrom, float[] y, int yFrom, int n, float m, float scale);

  /** {@code dx = dy - exp(y) * sum}. */
  void logSoftmaxGradient(
      float[] y, int yFrom, float[] dy, int dyFrom, float[] dx, int dxFrom, int n, float sum);

  /** {@code dx = y * (dy - dot)}. */
  void softmaxGradient(
      float[] y, int yFrom, float[] dy, int dyFrom, float[] dx, int dxFrom, int n, float dot);

  /**
   * Maximum and sum of exponentials of {@link #TILE} short rows at once, as {@link #max} and {@link
   * #sumExp} give them. Element j of row i is {@code tile[j * TILE + i]}, so that a vector holds
   * one column of several rows and nothing is left over.
   */
  void tileStatistics(float[] tile, int cols, float[] max, float[] sum);
}
