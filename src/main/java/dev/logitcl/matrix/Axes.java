package dev.logitcl.matrix;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Axes of a tensor as rows: what the chosen axes run through is a row, and there is a row for each
 * position along the others. Of a row-major {@code [N, C, H, W]} axis 1 gives {@code N * H * W}
 * rows of C columns; axes 2 and 3 together give {@code N * C} rows of {@code H * W}.
 *
 * <p>Where the chosen axes are adjacent (sizes of 1 don't count), {@link #shape()} says where the
 * rows lie in the tensor, and nothing has to be moved; else {@link #gather()} brings them to the
 * end and {@link #scatter()} back. Rows are counted in the order of the axes that are left, columns
 * in the order of those that are chosen.
 */
public final class Axes {
  /** Dimensions of a tensor. */
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
   * Some axes of a tensor; without any, each element is a row of one column.
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

  /** All axes: one row. */
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

  /** The tensor's dimensions. */
  public long[] dims() {
    return dims.clone();
  }

  /**
   * The rows: as they lie in the tensor where the axes are adjacent; else as {@link #gather()}
   * leaves them.
   */
  public Shape shape() {
    return shape;
  }

  /** Whether the rows can be walked where they are. */
  public boolean areAdjacent() {
    return adjacent;
  }

  /** The dimensions of a result with one value per row: without the axes, or with 1 for each. */
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

  /** Brings the chosen axes to the end; the others keep their order, as the chosen ones do. */
  public Permutation gather() {
    return Permutation.of(dims, order());
  }

  /** The way back from what {@link #gather()} made. */
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

  /** The product; beyond 64 bits what no shape allows. */
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

  /** For messages: {@code [2, C 3, 4]}, a C for each chosen axis. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("[");
    for (int axis = 0; axis < dims.length; axis++) {
      text.append(axis == 0 ? "" : ", ").append(chosen[axis] ? "C " : "").append(dims[axis]);
    }
    return text.append(']').toString();
  }
}
