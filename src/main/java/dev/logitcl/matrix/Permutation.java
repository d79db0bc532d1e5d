package dev.logitcl.matrix;

import java.util.Arrays;

/**
 * A tensor's axes in another order, as loops that copy it: for each loop its number of steps and
 * the distance of neighbours in the tensor and in the result. Axes that stay together are one loop
 * and sizes of 1 none, so that most permutations have two or three. Loops are listed from the
 * inside: first the innermost axis of the result, second the innermost axis of the tensor (if it is
 * the same, the next axis of the result), then the others. Objects of this class never change.
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
   * Returns the permutation that makes axis {@code order[k]} of a tensor axis {@code k} of the
   * result, as NumPy's {@code transpose} does.
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

  /** Returns the number of steps of each of 8 loops; 1 for loops that are not needed. */
  public long[] sizes() {
    return sizes.clone();
  }

  /** Returns for each of 8 loops the distance of neighbours in the tensor, in elements. */
  public long[] from() {
    return from.clone();
  }

  /** Returns for each of 8 loops the distance of neighbours in the result, in elements. */
  public long[] to() {
    return to.clone();
  }

  /** Returns the number of the tensor's elements. */
  public long elements() {
    return Axes.elements(sizes);
  }

  /** Returns whether every element stays where it is. */
  public boolean isIdentity() {
    return identity;
  }
}
