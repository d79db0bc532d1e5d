package dev.logitcl.bench;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Host data for one shape: the scores by a {@link Fill}, incoming gradients, targets, and the
 * results of the forward passes from {@link Oracle} that the backward passes start from, all
 * rounded to the element type. Each is made when first asked for, and the same for the same seed.
 * Arrays are not copied: nobody writes to them. Safe for use by several threads.
 */
public final class Inputs {
  private final int rows;
  private final int cols;
  private final DType dtype;
  private final Fill fill;
  private final long seed;

  private @Nullable Values x;
  private @Nullable Values dy;
  private @Nullable Values logProbabilities;
  private @Nullable Values probabilities;
  private @Nullable Values lse;
  private @Nullable Values rowGradient;
  private double @Nullable [] stats;

  /**
   * Float32 data for a shape.
   *
   * @throws IllegalArgumentException if an array cannot hold rows * cols elements
   */
  public Inputs(Shape shape, Fill fill, long seed) {
    this(shape, DType.F32, fill, seed);
  }

  /**
   * Data for a shape.
   *
   * @param dtype of the matrices; what has one value per row is of its arithmetic type
   * @throws IllegalArgumentException if an array cannot hold rows * cols elements
   */
  public Inputs(Shape shape, DType dtype, Fill fill, long seed) {
    if (shape.elements() > Integer.MAX_VALUE - 8 || shape.rows() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException("shape " + shape + ": too large for a Java array");
    }
    this.rows = (int) shape.rows();
    this.cols = (int) shape.cols();
    this.dtype = dtype;
    this.fill = fill;
    this.seed = seed;
  }

  /** Element type of the matrices. */
  public DType dtype() {
    return dtype;
  }

  /** Number of rows. */
  public int rows() {
    return rows;
  }

  /** Number of columns. */
  public int cols() {
    return cols;
  }

  /** What random numbers are made from. */
  long seed() {
    return seed;
  }

  /** Rows and columns. */
  public Shape shape() {
    return new Shape(rows, cols);
  }

  /** For messages: {@code 64 x 1000 MASKED}. */
  @Override
  public String toString() {
    return shape() + " " + fill + (dtype == DType.F32 ? "" : " " + dtype);
  }

  /** The scores, rows x cols. */
  public synchronized Values x() {
    if (x == null) {
      Values made = new Values(dtype, rows * cols);
      eachRow(
          i -> {
            double[] row = new double[cols];
            fill.row(row, i * cols, i, seed, dtype);
            for (int j = 0; j < cols; j++) {
              made.set(i * cols + j, row[j]);
            }
          });
      x = made;
    }
    return x;
  }

  /** An incoming gradient, rows x cols: normal, variance 1. */
  public synchronized Values dy() {
    if (dy == null) {
      Values made = new Values(dtype, rows * cols);
      eachRow(
          i -> {
            for (int k = i * cols; k < (i + 1) * cols; k++) {
              made.set(k, Noise.normal(seed + 1, k));
            }
          });
      dy = made;
    }
    return dy;
  }

  /** An incoming gradient for a row result, rows x 1: normal, variance 1. */
  public synchronized Values rowGradient() {
    if (rowGradient == null) {
      Values made = new Values(dtype.arithmetic(), rows);
      for (int i = 0; i < rows; i++) {
        made.set(i, Noise.normal(seed + 2, i));
      }
      rowGradient = made;
    }
    return rowGradient;
  }

  /** An incoming gradient for a reduced result, 1 x 1. */
  public Values totalGradient() {
    return new Values(dtype.arithmetic(), 1).fill(TOTAL_GRADIENT);
  }

  /** Neither 1 nor a power of two, so that leaving it out or applying it twice shows. */
  static final float TOTAL_GRADIENT = 0.7f;

  /** The log-softmax of {@link #x}, rounded. */
  public synchronized Values logProbabilities() {
    if (logProbabilities == null) {
      Values from = x();
      double[] all = allStats();
      Values made = new Values(dtype, rows * cols);
      eachRow(
          i -> {
            Oracle.Stats s = at(all, i);
            for (int k = i * cols; k < (i + 1) * cols; k++) {
              made.set(k, Oracle.logSoftmax(from.get(k), s));
            }
          });
      logProbabilities = made;
    }
    return logProbabilities;
  }

  /** The softmax of {@link #x}, rounded. */
  public synchronized Values probabilities() {
    if (probabilities == null) {
      Values from = x();
      double[] all = allStats();
      Values made = new Values(dtype, rows * cols);
      eachRow(
          i -> {
            Oracle.Stats s = at(all, i);
            for (int k = i * cols; k < (i + 1) * cols; k++) {
              made.set(k, Oracle.softmax(from.get(k), s));
            }
          });
      probabilities = made;
    }
    return probabilities;
  }

  /** The logsumexp of {@link #x}, rounded. */
  public synchronized Values lse() {
    if (lse == null) {
      double[] all = allStats();
      Values made = new Values(dtype.arithmetic(), rows);
      for (int i = 0; i < rows; i++) {
        made.set(i, Oracle.logSumExp(at(all, i)));
      }
      lse = made;
    }
    return lse;
  }

  /** The target of each row. */
  public int[] targets(OptionalInt ignoreIndex) {
    int[] targets = new int[rows];
    for (int i = 0; i < rows; i++) {
      targets[i] = target(ignoreIndex, i);
    }
    return targets;
  }

  /**
   * A row's target class, uniform in [0, cols); with an ignored index, that one in a third of the
   * rows, and in all rows if there are no columns.
   */
  int target(OptionalInt ignoreIndex, int row) {
    boolean ignored = ignoreIndex.isPresent() && (cols == 0 || Noise.index(seed + 3, row, 3) == 0);
    return ignored ? ignoreIndex.getAsInt() : Noise.index(seed + 4, row, cols);
  }

  /** How many rows are not ignored. */
  long counted(OptionalInt ignoreIndex) {
    if (ignoreIndex.isEmpty()) {
      return rows;
    }
    int ignored = ignoreIndex.getAsInt();
    return IntStream.range(0, rows).filter(i -> target(ignoreIndex, i) != ignored).count();
  }

  /** Double-precision statistics of a row of {@link #x}. */
  public Oracle.Stats stats(int row) {
    return at(allStats(), row);
  }

  private static Oracle.Stats at(double[] all, int row) {
    int k = 4 * row;
    return new Oracle.Stats(all[k], all[k + 1], all[k + 2], all[k + 3]);
  }

  private synchronized double[] allStats() {
    if (stats == null) {
      Values from = x();
      double[] made = new double[4 * rows];
      eachRow(
          i -> {
            Oracle.Stats s = Oracle.stats(widened(from, i));
            made[4 * i] = s.max();
            made[4 * i + 1] = s.sum();
            made[4 * i + 2] = s.rest();
            made[4 * i + 3] = s.spread();
          });
      stats = made;
    }
    return stats;
  }

  private double[] widened(Values from, int row) {
    double[] wide = new double[cols];
    for (int j = 0; j < cols; j++) {
      wide[j] = from.get(row * cols + j);
    }
    return wide;
  }

  /** A task runs in another thread and must not enter this object's synchronized methods. */
  private void eachRow(IntConsumer task) {
    IntStream.range(0, rows).parallel().forEach(task);
  }
}
