package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.IntBuffer;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Class indices, one per row: a {@code rows x 1} matrix of {@link DType#I32} that {@link
 * dev.logitcl.backend.Backend#upload(int[])} makes. Only the host writes them. So the host can read
 * them without waiting for the device, and an index that is out of range is found before anything
 * is launched.
 */
public abstract non-sealed class Labels implements Target {
  private final Shape shape;
  private final int[] values;
  private final int first; // of values: 0, unless this is a view

  /** Whose indices these are: its own, unless this is a view. */
  private final Labels source;

  /** How often a source was written to. */
  private volatile int writes;

  private volatile @Nullable Checked checked;
  private volatile @Nullable Labels whole;

  private record Checked(
      int writes,
      long cols,
      OptionalInt ignoreIndex,
      @Nullable ClassWeights weights,
      @Nullable ClassMask mask,
      Counted counted) {}

  /**
   * The rows that are not ignored.
   *
   * @param rows how many there are
   * @param weight the sum of the weights of their classes; without weights, their number
   */
  public record Counted(long rows, double weight) {}

  /**
   * Takes {@code values} over without a copy; the caller no longer uses the array.
   *
   * @param values one class index per row
   */
  protected Labels(int[] values) {
    this.shape = Shape.column(values.length);
    this.values = values;
    this.first = 0;
    this.source = this;
  }

  /**
   * Makes a view of some rows of other class indices, which keep their memory.
   *
   * @throws IllegalArgumentException if there are no such rows
   */
  protected Labels(Labels viewed, long from, long count) {
    this.shape = viewed.shape.rows(from, count);
    this.values = viewed.values;
    this.first = viewed.first + (int) from;
    this.source = viewed.source;
  }

  /**
   * Returns class indices that belong to no backend, for the whole of a call in parts ({@link
   * #within}). The array is taken over without a copy. No operation takes them, and they need no
   * closing.
   *
   * @param values one class index per row
   */
  public static Labels onHost(int[] values) {
    return new OnHost(values);
  }

  private static final class OnHost extends Labels {
    OnHost(int[] values) {
      super(values);
    }

    private OnHost(OnHost viewed, long from, long count) {
      super(viewed, from, count);
    }

    @Override
    public Labels rows(long from, long count) {
      return new OnHost(this, from, count);
    }

    @Override
    protected void written() {}

    @Override
    protected void betweenOperations(Runnable task) {
      task.run();
    }

    @Override
    public boolean isClosed() {
      return false;
    }

    @Override
    public void close() {}
  }

  /**
   * Makes these the indices of some rows of a larger call, whose rows are computed in parts. From
   * now on {@code all} answers which rows a mean is taken over, and whether all indices are in
   * range.
   *
   * @return these indices
   */
  public final Labels within(Labels all) {
    whole = all;
    return this;
  }

  /**
   * Returns class indices from 64-bit integers as a new array.
   *
   * @throws IllegalArgumentException naming the row and the value of the first one that does not
   *     fit into 32 bits
   */
  public static int[] narrow(long[] values) {
    int[] narrowed = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      narrowed[i] = (int) values[i];
      if (narrowed[i] != values[i]) {
        throw new IllegalArgumentException(
            "target[" + i + "] is " + values[i] + ": no class index has more than 32 bits");
      }
    }
    return narrowed;
  }

  @Override
  public final Shape shape() {
    return shape;
  }

  @Override
  public final DType dtype() {
    return DType.I32;
  }

  /**
   * Replaces the indices, after the operations that use the old ones.
   *
   * @throws IllegalArgumentException if {@code from.length} is not the number of rows
   * @throws IllegalStateException if the indices are closed
   */
  @Override
  public final void write(int[] from) {
    if (from.length != rows()) {
      throw new IllegalArgumentException(
          "array of " + from.length + " class indices for " + rows() + " rows");
    }
    write(0, IntBuffer.wrap(from));
  }

  /**
   * Returns the class indices of some rows as a view, without a copy. A mean is taken over these
   * rows.
   *
   * @param from the first row, from 0 on
   * @param count the number of rows, which may be 0
   * @throws IllegalArgumentException if there are no such rows
   */
  @Override
  public abstract Labels rows(long from, long count);

  /** Brings the host's indices, which have changed, to the device. */
  protected abstract void written();

  /**
   * Returns the class index of a row, as the host last wrote it.
   *
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public final int get(int row) {
    return values[first + Objects.checkIndex(row, Math.toIntExact(shape().rows()))];
  }

  /**
   * Checks every index against the number of classes.
   *
   * @param cols number of classes
   * @param ignoreIndex the value that marks rows to leave out, in or out of range
   * @return how many rows are not ignored
   * @throws IllegalArgumentException naming the row and the value of the first index that is
   *     neither ignored nor in [0, cols)
   */
  public final long requireInRange(long cols, OptionalInt ignoreIndex) {
    return requireInRange(cols, ignoreIndex, null, null).rows();
  }

  /**
   * Checks every chosen token against the number of classes.
   *
   * @param cols number of classes
   * @throws IllegalArgumentException naming the place and the value of the first index that is not
   *     in [0, cols)
   */
  public final void requireTokens(long cols) {
    requireInRange("chosen", cols, OptionalInt.empty(), null, null);
  }

  /**
   * Checks every index against the number of classes and against a mask, and adds up the weights of
   * the rows that are not ignored.
   *
   * @param cols number of classes
   * @param ignoreIndex the value that marks rows to leave out, in or out of range
   * @param weights a weight for each class; null for ones
   * @param mask the classes that take part; null for all
   * @return how many rows are not ignored, and their weight
   * @throws IllegalArgumentException naming the row and the value of the first index that is
   *     neither ignored nor in [0, cols), or whose class the mask leaves out
   */
  public final Counted requireInRange(
      long cols,
      OptionalInt ignoreIndex,
      @Nullable ClassWeights weights,
      @Nullable ClassMask mask) {
    return requireInRange("target", cols, ignoreIndex, weights, mask);
  }

  private Counted requireInRange(
      String name,
      long cols,
      OptionalInt ignoreIndex,
      @Nullable ClassWeights weights,
      @Nullable ClassMask mask) {
    Labels all = whole;
    if (all != null) {
      return all.requireInRange(name, cols, ignoreIndex, weights, mask);
    }
    int written = source.writes;
    Checked last = checked;
    if (last != null
        && last.writes == written
        && last.cols == cols
        && last.ignoreIndex.equals(ignoreIndex)
        && last.weights == weights
        && last.mask == mask) {
      return last.counted;
    }
    boolean ignoring = ignoreIndex.isPresent();
    int ignored = ignoreIndex.orElse(0);
    long counted = 0;
    double weight = 0;
    for (int row = 0; row < shape.rows(); row++) {
      int value = get(row);
      if (ignoring && value == ignored) {
        continue;
      }
      if (value < 0 || value >= cols) {
        throw new IllegalArgumentException(
            name
                + "["
                + row
                + "] is "
                + value
                + ", expected "
                + expected(cols)
                + ignoredIndex(name, value, ignoring, ignored));
      }
      if (mask != null && mask.leavesOut(value)) {
        throw new IllegalArgumentException(
            "target[" + row + "] is " + value + ", a class that the mask leaves out");
      }
      counted++;
      weight += weights == null ? 1 : weights.get(value);
    }
    Counted result = new Counted(counted, weight);
    checked = new Checked(written, cols, ignoreIndex, weights, mask, result);
    return result;
  }

  private static String ignoredIndex(String name, int value, boolean ignoring, int ignored) {
    if (ignoring) {
      return " or the ignored index " + ignored;
    }
    return value < 0 && name.equals("target") ? "; the call ignores no index" : "";
  }

  /** Returns what an index of some classes may be, for messages. */
  public static String expected(long classes) {
    return classes == 0 ? "no index, because there are no classes" : "0 to " + (classes - 1);
  }

  /**
   * Returns the indices of all rows that were uploaded together, for a backend's own use; it must
   * not change them.
   */
  protected final int[] values() {
    return values;
  }

  /** Returns the place in {@link #values} of the first of these indices. */
  protected final int first() {
    return first;
  }

  @Override
  public final void write(long offset, Buffer from) {
    dtype().require(from);
    requireInside(offset, from.remaining());
    betweenOperations(
        () -> {
          synchronized (source) {
            ((IntBuffer) from).duplicate().get(values, first + (int) offset, from.remaining());
            source.writes++;
            written();
          }
        });
  }

  /** Runs a task between two operations: one that reads the indices sees all of them old or new. */
  protected abstract void betweenOperations(Runnable task);

  @Override
  public final void read(long offset, Buffer target) {
    dtype().require(target);
    requireInside(offset, target.remaining());
    synchronized (source) {
      requireOpen();
      ((IntBuffer) target).duplicate().put(values, first + (int) offset, target.remaining());
    }
  }

  /**
   * Checks that the indices are not closed.
   *
   * @throws IllegalStateException if they are closed
   */
  protected final void requireOpen() {
    if (isClosed()) {
      throw new IllegalStateException("the class indices of " + shape + " are closed");
    }
  }

  private void requireInside(long offset, int count) {
    if (offset < 0 || offset > rows() - count) {
      throw new IllegalArgumentException(
          count + " class indices from " + offset + " on, of " + rows() + " rows");
    }
  }
}
