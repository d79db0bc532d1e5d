package dev.logitcl.matrix;

import java.util.Arrays;

/**
 * A tensor's axes in another order. Axes that stay together count as one and sizes of 1 as none, so
 * that two or three are left of most. They are listed for loops: first the innermost of the result,
 * second that of the tensor (where it is the same, the next of the result), then the others.
 */
public final class Permutation {
  private final long[] sizes;
  private final long[] from;
  private final long[] to;
  private final boolean identity;

  private Permutation(long[] sizes, long[] from, long[] to, boolean identity) {
    this.sizes = sizes;
    this.from = from;
    this.to = to;
    this.identity = identity;
  }

  /**
   * Axis {@code k} of the result is axis {@code order[k]} of the tensor, as in NumPy's transpose.
   *
   * @param dims the tensor's dimensions, up to 8
   * @param order each axis once
   * @throws IllegalArgumentException if {@code order} is no permutation of the axes
   */
  public static Permutation of(long[] dims, int... order) {
    requirePermutation(dims, order);
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= dims[axis];
    }
    // Merged, in the order of the result.
    long[] size = new long[dims.length];
    long[] source = new long[dims.length];
    int n = 0;
    for (int axis : order) {
      if (dims[axis] == 1) {
        continue;
      }
      if (n > 0 && source[n - 1] == strides[axis] * dims[axis]) {
        size[n - 1] *= dims[axis];
      } else {
        size[n++] = dims[axis];
      }
      source[n - 1] = strides[axis];
    }
    int[] listed = new int[n];
    for (int k = 0; k < n; k++) {
      listed[k] = n - 1 - k;
    }
    for (int k = 2; k < n; k++) {
      if (source[listed[k]] == 1) {
        int innermost = listed[k];
        System.arraycopy(listed, 1, listed, 2, k - 1);
        listed[1] = innermost;
      }
    }
    long[] target = new long[n];
    stride = 1;
    for (int k = n - 1; k >= 0; k--) {
      target[k] = stride;
      stride *= size[k];
    }
    boolean identity = n <= 1 || Axes.elements(dims) == 0;
    return new Permutation(
        pick(size, listed, 1), pick(source, listed, 0), pick(target, listed, 0), identity);
  }

  private static void requirePermutation(long[] dims, int[] order) {
    if (dims.length > Axes.MOST) {
      throw new IllegalArgumentException(
          dims.length + " dimensions, expected at most " + Axes.MOST);
    }
    int[] sorted = order.clone();
    Arrays.sort(sorted);
    boolean good = order.length == dims.length;
    for (int axis = 0; axis < sorted.length; axis++) {
      good &= sorted[axis] == axis;
    }
    if (!good) {
      throw new IllegalArgumentException(
          "order "
              + Arrays.toString(order)
              + " for a tensor of "
              + Axes.text(dims)
              + ", expected each axis once");
    }
  }

  private static long[] pick(long[] values, int[] listed, long missing) {
    long[] picked = new long[Axes.MOST];
    Arrays.fill(picked, missing);
    for (int k = 0; k < listed.length; k++) {
      picked[k] = values[listed[k]];
    }
    return picked;
  }

  /** The dimensions; eight, those that are not there are 1. */
  public long[] sizes() {
    return sizes.clone();
  }

  /** How far apart in the tensor neighbours along each dimension are. */
  public long[] from() {
    return from.clone();
  }

  /** How far apart in the result neighbours along each dimension are. */
  public long[] to() {
    return to.clone();
  }

  /** The tensor's elements. */
  public long elements() {
    return Axes.elements(sizes);
  }

  /** Whether every element stays where it is. */
  public boolean isIdentity() {
    return identity;
  }
}
