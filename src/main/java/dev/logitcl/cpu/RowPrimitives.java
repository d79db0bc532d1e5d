package dev.logitcl.cpu;

import dev.logitcl.matrix.Codec;

/**
 * The handful of loops that the Java path is built from, and the only code in it that exists twice:
 * in plain Java and on the Vector API. Each works on {@code n} elements of one row, from an offset
 * into each array on; an output array may be an input array at the same offset. Not part of the
 * public API: it is public because the two implementations live in different packages.
 *
 * <p>{@code exp} has an error below 1 ulp from -87.3 to 0, gives exactly 0 below -88 and NaN for
 * NaN. {@link #sum} and {@link #dot} of more than a thousand or so elements are the caller's to
 * split: an implementation may add up in float32.
 */
public interface RowPrimitives {

  /** For reports: {@code scalar}, {@code vector}. */
  String name();

  /** For people: {@code vector 256 bit}. */
  String description();

  /** Elements of a vector: 1 for plain Java. */
  int lanes();

  /** The loops of the same implementation on many short rows. */
  ShortRowPrimitives shortRows();

  /** The loops of the same implementation on rows in double precision. */
  DoublePrimitives doubles();

  /** The loops of the same implementation for operations beyond the core. */
  FloatPrimitives floats();

  /** The loops of the same implementation on tiles of products in float32. */
  TilePrimitives<float[]> floatTiles();

  /** The loops of the same implementation on tiles of products in double precision. */
  TilePrimitives<double[]> doubleTiles();

  /**
   * Takes the elements into a state, in one pass. The maximum passes over NaN, which the sum then
   * finds: no finite number less the maximum is +inf, and -inf less it is -inf, never NaN.
   */
  void sumExp(float[] x, int from, int n, RowState state);

  /** The sum of {@code exp(x - max)} over the elements that are less than the maximum. */
  double others(float[] x, int from, int n, float max);

  /**
   * Takes elements into a state; {@code y = exp(x - reference)} with the reference it ends with.
   */
  void keepExp(float[] x, int xFrom, float[] y, int yFrom, int n, RowState state);

  /** The sum of the elements. */
  double sum(float[] x, int from, int n);

  /** The sum of {@code x * y}. */
  double dot(float[] x, int xFrom, float[] y, int yFrom, int n);

  /** {@code y = (x - m) - logSum}, in these two steps. */
  void logSoftmax(float[] x, int xFrom, float[] y, int yFrom, int n, float m, float logSum);

  /** {@code y = y * factor}. */
  void scale(float[] y, int from, int n, float factor);

  /** {@code y = exp(x - m) * scale}. */
  void exp(float[] x, int xFrom, float[] y, int yFrom, int n, float m, float scale);

  /** {@code dx = dy - exp(y) * sum}. */
  void logSoftmaxGradient(
      float[] y, int yFrom, float[] dy, int dyFrom, float[] dx, int dxFrom, int n, float sum);

  /** {@code y = x}, exactly, where x has the bits of numbers of a type that takes 16 bits. */
  default void widen(Codec type, short[] x, int xFrom, float[] y, int yFrom, int n) {
    double[] values = new double[n];
    type.load(x, xFrom, values);
    for (int k = 0; k < n; k++) {
      y[yFrom + k] = (float) values[k];
    }
  }

  /**
   * {@code y = x}, rounded to the nearest number of a type that takes 16 bits, ties to even; y has
   * the bits.
   */
  default void narrow(Codec type, float[] x, int xFrom, short[] y, int yFrom, int n) {
    double[] values = new double[n];
    for (int k = 0; k < n; k++) {
      values[k] = x[xFrom + k];
    }
    type.store(values, y, yFrom);
  }

  /** {@code dx = y * (dy - dot)}. */
  void softmaxGradient(
      float[] y, int yFrom, float[] dy, int dyFrom, float[] dx, int dxFrom, int n, float dot);
}
