package dev.logitcl.cpu;

import dev.logitcl.matrix.HostForm;

/**
 * The elements of a row as floats: those of a float32 matrix where they lie, half numbers widened.
 * Each thread has its own.
 */
final class FloatParts {
  private final RowPrimitives primitives;

  /** Elements that have been widened. */
  private float[] wide = {};

  FloatParts(RowPrimitives primitives) {
    this.primitives = primitives;
  }

  /**
   * The array that holds n elements of a row from a column on; the first is at {@link #offset}.
   *
   * @param place where half numbers are widened to, counted in parts of n elements: 0 to 3
   */
  float[] array(HeapMatrix x, long row, int col, int n, int place) {
    if (isFloats(x)) {
      return x.array(row);
    }
    wide = wide.length < 4 * n ? new float[4 * n] : wide;
    primitives.widen(x.dtype().codec(), x.shorts(row), x.offset(row) + col, wide, place * n, n);
    return wide;
  }

  /** Where the elements begin in their {@link #array}; place and n are those given for it. */
  int offset(HeapMatrix x, long row, int col, int n, int place) {
    return isFloats(x) ? x.offset(row) + col : place * n;
  }

  /** Writes n floats to a row, from a column on. */
  void store(float[] line, HeapMatrix x, long row, int col, int n) {
    if (isFloats(x)) {
      System.arraycopy(line, 0, x.array(row), x.offset(row) + col, n);
    } else {
      primitives.narrow(x.dtype().codec(), line, 0, x.shorts(row), x.offset(row) + col, n);
    }
  }

  /** A number as a float. */
  float rounded(double value) {
    return (float) value;
  }

  private static boolean isFloats(HeapMatrix x) {
    return x.dtype().codec().form() == HostForm.FLOATS;
  }
}
