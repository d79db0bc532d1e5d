package dev.logitcl.matrix;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The chosen axes of a tensor, seen as rows: the elements along the chosen axes are a row, and
 * there is a row for each position along the other axes. Of a row-major {@code [N, C, H, W]}, axis
 * 1 gives {@code N * H * W} rows of C columns; axes 2 and 3 together give {@code N * C} rows of
 * {@code H * W} columns.
 *
 * <p>Where the chosen axes are adjacent (sizes of 1 do not count), {@link #shape()} says where the
 * rows lie in the tensor, and nothing has to be moved. Otherwise {@link #gather()} brings the
 * chosen axes to the end and {@link #scatter()} brings them back. Rows are counted in the order of
 * the other axes, columns in the order of the chosen ones. Objects of this class never change.
 */
public final class Axes {
  /** The largest number of dimensions of a tensor. */
  public static final int MOST = 8;

  private final long[] dims;
  private final boolean[] chosen;
  private final Shape shape;
  private final boolean adjacent;

  private Axes(long[] dims, boolean[] chosen) {
    this.dims = dims;
    this.chosen = chosen;
    long outer = 1;
    long cols = 1;
    long inner = 1;
    boolean together = true;
    for (int axis = 0; axis < dims.length; axis++) {
      if (chosen[axis]) {
        together &= inner == 1 || dims[axis] == 1;
        cols = times(cols, dims[axis]);
      } else if (cols == 1) {
        outer = times(outer, dims[axis]);
      } else {
        inner = times(inner, dims[axis]);
      }
    }
    this.adjacent = together || elements(dims) == 0;
    if (times(outer, inner) == Long.MAX_VALUE) {
      throw new IllegalArgumentException(
          "tensor of " + text(dims) + ": more rows than can be counted");
    }
    // Rows of at most one column, or none at all, lie one behind another whatever the axes.
    boolean strided = together && cols > 1 && inner > 1 && outer > 0;
    this.shape = new Shape(times(outer, inner), cols, strided ? inner : 1);
  }

  /**
   * Returns the given axes of a tensor. Without any axis, each element is a row of one column.
   *
   * @param dims the tensor's dimensions, up to 8, each 0 or more; none for a single value
   * @param axes different axes in any order; negative ones count from the end
   * @throws IllegalArgumentException if an axis is not there or is repeated, if a dimension is
   *     negative, or if there are more dimensions, columns or elements than can be handled
   */
  public static Axes of(long[] dims, int... axes) {
    long[] own = requireDims(dims);
    boolean[] chosen = new boolean[own.length];
    for (int axis : axes) {
      if (axis < -own.length || axis >= own.length) {
        throw new IllegalArgumentException(
            "axis "
                + axis
                + " of a tensor of "
                + text(own)
                + ", expected "
                + (own.length == 0 ? "none" : -own.length + " to " + (own.length - 1)));
      }
      int at = axis < 0 ? axis + own.length : axis;
      if (chosen[at]) {
        throw new IllegalArgumentException(
            "axis " + axis + " of a tensor of " + text(own) + " is given twice");
      }
      chosen[at] = true;
    }
    return new Axes(own, chosen);
  }

  /**
   * Returns all axes of a tensor: the whole tensor is one row.
   *
   * @param dims the tensor's dimensions, up to 8, each 0 or more
   * @throws IllegalArgumentException if a dimension is negative, or if there are more dimensions or
   *     elements than can be handled
   */
  public static Axes all(long... dims) {
    boolean[] chosen = new boolean[dims.length];
    Arrays.fill(chosen, true);
    return new Axes(requireDims(dims), chosen);
  }

  private static long[] requireDims(long[] dims) {
    if (dims.length > MOST) {
      throw new IllegalArgumentException(
          dims.length + " dimensions, expected at most " + MOST + ": " + text(dims));
    }
    for (long size : dims) {
      if (size < 0) {
        throw new IllegalArgumentException("tensor of " + text(dims) + ": sizes must be >= 0");
      }
    }
    return dims.clone();
  }

  /** Returns a copy of the tensor's dimensions. */
  public long[] dims() {
    return dims.clone();
  }

  /**
   * Returns the shape of the rows: as they lie in the tensor where the axes are adjacent, else
   * row-major, as {@link #gather()} leaves them.
   */
  public Shape shape() {
    return shape;
  }

  /** Returns whether the rows can be walked where they are in the tensor. */
  public boolean areAdjacent() {
    return adjacent;
  }

  /**
   * Returns the dimensions of a result with one value per row: those of the tensor without the
   * chosen axes, or with 1 for each chosen axis.
   *
   * @param keepDims whether the chosen axes stay, with size 1
   */
  public long[] reduced(boolean keepDims) {
    long[] result = new long[dims.length];
    int n = 0;
    for (int axis = 0; axis < dims.length; axis++) {
      if (!chosen[axis] || keepDims) {
        result[n++] = chosen[axis] ? 1 : dims[axis];
      }
    }
    return Arrays.copyOf(result, n);
  }

  /**
   * Returns the permutation that brings the chosen axes to the end. The other axes keep their
   * order, and so do the chosen ones.
   */
  public Permutation gather() {
    return Permutation.of(dims, order());
  }

  /** Returns the permutation that brings back a tensor that {@link #gather()} moved. */
  public Permutation scatter() {
    int[] order = order();
    long[] gathered = new long[dims.length];
    int[] back = new int[dims.length];
    for (int axis = 0; axis < order.length; axis++) {
      gathered[axis] = dims[order[axis]];
      back[order[axis]] = axis;
    }
    return Permutation.of(gathered, back);
  }

  private int[] order() {
    int[] order = new int[dims.length];
    int n = 0;
    for (boolean last : new boolean[] {false, true}) {
      for (int axis = 0; axis < dims.length; axis++) {
        if (chosen[axis] == last) {
          order[n++] = axis;
        }
      }
    }
    return order;
  }

  static long elements(long[] dims) {
    long elements = 1;
    for (long size : dims) {
      elements = times(elements, size);
    }
    return elements;
  }

  /** Returns the product, or {@link Long#MAX_VALUE} if it does not fit: no shape allows so much. */
  private static long times(long a, long b) {
    long high = Math.multiplyHigh(a, b);
    return high != 0 || a * b < 0 ? Long.MAX_VALUE : a * b;
  }

  static String text(long[] dims) {
    return Arrays.toString(dims);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Axes axes
        && Arrays.equals(axes.dims, dims)
        && Arrays.equals(axes.chosen, chosen);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(dims) + Arrays.hashCode(chosen);
  }

  /** Returns the dimensions for messages, with a C before each chosen axis: {@code [2, C 3, 4]}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("[");
    for (int axis = 0; axis < dims.length; axis++) {
      text.append(axis == 0 ? "" : ", ").append(chosen[axis] ? "C " : "").append(dims[axis]);
    }
    return text.append(']').toString();
  }
}
