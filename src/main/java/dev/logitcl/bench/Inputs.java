package dev.logitcl.bench;

import dev.logitcl.matrix.Shape;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Host data for one shape: the scores by a {@link Fill}, incoming gradients, targets, and the
 * results of the forward passes from {@link Oracle}, rounded to float32, that the backward passes
 * start from. Each is made when first asked for, and the same for the same seed. Arrays are not
 * copied: nobody writes to them. Safe for use by several threads.
 */
public final class Inputs {
  private final int rows;
  private final int cols;
  private final Fill fill;
  private final long seed;

  private float @Nullable [] x;
  private float @Nullable [] dy;
  private float @Nullable [] logProbabilities;
  private float @Nullable [] probabilities;
  private float @Nullable [] lse;
  private float @Nullable [] rowGradient;
  private double @Nullable [] stats;

  /**
   * Data for a shape.
   *
   * @throws IllegalArgumentException if a float array cannot hold rows * cols elements
   */
  public Inputs(Shape shape, Fill fill, long seed) {
    if (shape.elements() > Integer.MAX_VALUE - 8 || shape.rows() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException("shape " + shape + ": too large for a Java array");
    }
    this.rows = (int) shape.rows();
    this.cols = (int) shape.cols();
    this.fill = fill;
    this.seed = seed;
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
    return shape() + " " + fill;
  }

  /** The scores, rows x cols. */
  public synchronized float[] x() {
    if (x == null) {
      float[] made = new float[rows * cols];
      eachRow(i -> fill.row(made, i * cols, cols, i, seed));
      x = made;
    }
    return x;
  }

  /** An incoming gradient, rows x cols: normal, variance 1. */
  public synchronized float[] dy() {
    if (dy == null) {
      float[] made = new float[rows * cols];
      eachRow(
          i -> {
            for (int k = i * cols; k < (i + 1) * cols; k++) {
              made[k] = (float) Noise.normal(seed + 1, k);
            }
          });
      dy = made;
    }
    return dy;
  }

  /** An incoming gradient for a row result, rows x 1: normal, variance 1. */
  public synchronized float[] rowGradient() {
    if (rowGradient == null) {
      float[] made = new float[rows];
      for (int i = 0; i < rows; i++) {
        made[i] = (float) Noise.normal(seed + 2, i);
      }
      rowGradient = made;
    }
    return rowGradient;
  }

  /** An incoming gradient for a reduced result, 1 x 1. */
  public float[] totalGradient() {
    return new float[] {TOTAL_GRADIENT};
  }

  /** Neither 1 nor a power of two, so that leaving it out or applying it twice shows. */
  static final float TOTAL_GRADIENT = 0.7f;

  /** The log-softmax of {@link #x}, rounded to float32. */
  public synchronized float[] logProbabilities() {
    if (logProbabilities == null) {
      float[] from = x();
      double[] all = allStats();
      float[] made = new float[rows * cols];
      eachRow(
          i -> {
            Oracle.Stats s = at(all, i);
            for (int k = i * cols; k < (i + 1) * cols; k++) {
              made[k] = (float) Oracle.logSoftmax(from[k], s);
            }
          });
      logProbabilities = made;
    }
    return logProbabilities;
  }

  /** The softmax of {@link #x}, rounded to float32. */
  public synchronized float[] probabilities() {
    if (probabilities == null) {
      float[] from = x();
      double[] all = allStats();
      float[] made = new float[rows * cols];
      eachRow(
          i -> {
            Oracle.Stats s = at(all, i);
            for (int k = i * cols; k < (i + 1) * cols; k++) {
              made[k] = (float) Oracle.softmax(from[k], s);
            }
          });
      probabilities = made;
    }
    return probabilities;
  }

  /** The logsumexp of {@link #x}, rounded to float32. */
  public synchronized float[] lse() {
    if (lse == null) {
      double[] all = allStats();
      float[] made = new float[rows];
      for (int i = 0; i < rows; i++) {
        made[i] = (float) Oracle.logSumExp(at(all, i));
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
  long kept(OptionalInt ignoreIndex) {
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
    return new Oracle.Stats(all[3 * row], all[3 * row + 1], all[3 * row + 2]);
  }

  private synchronized double[] allStats() {
    if (stats == null) {
      float[] from = x();
      double[] made = new double[3 * rows];
      eachRow(
          i -> {
            Oracle.Stats s = Oracle.stats(widened(from, i));
            made[3 * i] = s.max();
            made[3 * i + 1] = s.sum();
            made[3 * i + 2] = s.spread();
          });
      stats = made;
    }
    return stats;
  }

  private double[] widened(float[] from, int row) {
    double[] wide = new double[cols];
    for (int j = 0; j < cols; j++) {
      wide[j] = from[row * cols + j];
    }
    return wide;
  }

  /** A task runs in another thread and must not enter this object's synchronized methods. */
  private void eachRow(IntConsumer task) {
    IntStream.range(0, rows).parallel().forEach(task);
  }
}
