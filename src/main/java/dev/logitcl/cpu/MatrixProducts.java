package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.MatrixProduct;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The product of two matrices in double precision, for results of few columns, of which packed
 * panels would be mostly padding. Each element's terms are added in the order of the inner index,
 * {@link #CHUNK} at a time, and these sums with compensation: a long sum loses no digits, and its
 * bits are always the same, however the work is spread.
 */
final class MatrixProducts {
  /** Elements of the result, and of what makes them, that a range keeps in the cache. */
  private static final int TILE = 16_384;

  /** Terms that are added up before their sum is added with compensation. */
  private static final int CHUNK = 16;

  /** Terms that are added at a time, so that the sums are read and written once for all of them. */
  private static final int TOGETHER = 4;

  /**
   * Results of fewer columns are made of dot products: a loop over columns would be too short. From
   * 16 on, packed panels are three to ten times as fast on the Vector API.
   */
  static final int NARROW = 16;

  /** The array of a row of c as it was: what else it held is no longer needed then. */
  private static final int BEFORE = 1;

  /**
   * How much of a tile's width is worth it: in plain Java, whose tiles have 256 columns, packed
   * panels win from 96 columns on (1000 rows, float32, Java 17).
   */
  private static final double TILE_FILLED = 0.375;

  private final MatrixProduct op;
  private final HeapMatrix a;
  private final HeapMatrix b;
  private final HeapMatrix c;
  private final double alpha;
  private final double beta;
  private final double[] bias;
  private final int cols;
  private final int inner;

  private MatrixProducts(MatrixProduct op) {
    this.op = op;
    this.a = HeapMatrix.of(op.a());
    this.b = HeapMatrix.of(op.b());
    this.c = HeapMatrix.of(op.c());
    DType type = op.dtype().arithmetic();
    this.alpha = type.round(op.alpha());
    this.beta = type.round(op.beta());
    this.bias = bias(op.bias());
    this.cols = (int) c.cols();
    this.inner = op.inner();
  }

  /** The values of a bias, none where there is none. */
  static double[] bias(@Nullable Matrix matrix) {
    if (matrix == null) {
      return new double[0];
    }
    Values values = Values.of(matrix);
    double[] bias = new double[values.length()];
    Arrays.setAll(bias, values::get);
    return bias;
  }

  /**
   * Whether a product is computed here; another one is made from {@link PackedProducts packed
   * panels}. That must not depend on the number of rows that a has: a row's bits do not. The
   * columns of a transposed a are no rows of a batch.
   *
   * @param width columns of a tile of such panels
   */
  static boolean isNarrow(MatrixProduct op, int width) {
    return op.c().cols() < Math.max(NARROW, width * TILE_FILLED)
        || op.inner() == 0
        || (op.aTransposed() && op.c().rows() < TilePrimitives.ROWS);
  }

  static Way run(MatrixProduct op, DoubleRows rows) {
    return new MatrixProducts(op).run(rows);
  }

  private Way run(DoubleRows rows) {
    boolean dots = op.bTransposed() || cols < NARROW;
    // Rows of the result at a time; the inputs are walked once for each tile.
    int widest = Math.max(1, dots ? Math.max(cols, inner) : cols);
    int height = (int) Math.max(1, Math.min(c.rows(), TILE / widest));
    long tiles = (c.rows() + height - 1) / height;
    long work = (long) height * Math.max(1, inner);
    double[][] columns = op.bTransposed() || !dots ? new double[0][] : columns(b, 0, cols);
    rows.each(
        tiles,
        work,
        (tile, scratch) -> {
          long from = tile * height;
          int n = (int) Math.min(height, c.rows() - from);
          if (dots) {
            dots(from, n, columns, scratch);
          } else {
            outer(from, n, scratch);
          }
          return 0;
        });
    return rows.way(tiles, work);
  }

  /** Adds rows of b, each times an element of a, to each row of the tile. */
  private void outer(long from, int n, Scratch scratch) {
    boolean transposed = op.aTransposed();
    double[][] left = transposed ? new double[0][] : rows(a, from, n);
    double[][] sums = new double[n][cols];
    double[][] lost = new double[n][cols];
    double[] part = scratch.array(0, cols);
    double[][] right = new double[CHUNK][];
    double[][] columns = new double[CHUNK][];
    for (int k = 0; k < inner; k += CHUNK) {
      int terms = Math.min(CHUNK, inner - k);
      for (int t = 0; t < terms; t++) {
        right[t] = scratch.load(1 + t, b, k + t);
        columns[t] = transposed ? scratch.load(1 + CHUNK + t, a, k + t) : right[t];
      }
      for (int i = 0; i < n; i++) {
        Arrays.fill(part, 0);
        int t = 0;
        for (; t + TOGETHER <= terms; t += TOGETHER) {
          int at = transposed ? (int) from + i : k + t;
          double f0 = transposed ? columns[t][at] : left[i][at];
          double f1 = transposed ? columns[t + 1][at] : left[i][at + 1];
          double f2 = transposed ? columns[t + 2][at] : left[i][at + 2];
          double f3 = transposed ? columns[t + 3][at] : left[i][at + 3];
          add4(f0, right[t], f1, right[t + 1], f2, right[t + 2], f3, right[t + 3], part);
        }
        for (; t < terms; t++) {
          add(transposed ? columns[t][(int) from + i] : left[i][k + t], right[t], part);
        }
        addExactly(part, sums[i], lost[i]);
      }
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < cols; j++) {
        sums[i][j] = value(sums[i][j], lost[i][j]);
      }
      finish(from + i, sums[i], scratch);
    }
  }

  private static void add4(
      double f0,
      double[] x0,
      double f1,
      double[] x1,
      double f2,
      double[] x2,
      double f3,
      double[] x3,
      double[] y) {
    for (int j = 0; j < y.length; j++) {
      y[j] = (((y[j] + f0 * x0[j]) + f1 * x1[j]) + f2 * x2[j]) + f3 * x3[j];
    }
  }

  private static void add(double factor, double[] x, double[] y) {
    for (int j = 0; j < y.length; j++) {
      y[j] += factor * x[j];
    }
  }

  private static void addExactly(double[] x, double[] sum, double[] lost) {
    for (int j = 0; j < x.length; j++) {
      double next = sum[j] + x[j];
      double added = next - sum[j];
      lost[j] += (sum[j] - (next - added)) + (x[j] - added);
      sum[j] = next;
    }
  }

  /** An infinite sum has lost NaN. */
  private static double value(double sum, double lost) {
    return Double.isNaN(lost) ? sum : sum + lost;
  }

  /** Dot products with the rows of b, or with its columns. */
  private void dots(long from, int n, double[][] columns, Scratch scratch) {
    double[][] left = op.aTransposed() ? columns(a, from, n) : rows(a, from, n);
    double[][] sums = new double[n][cols];
    for (int j = 0; j < cols; j++) {
      double[] right = op.bTransposed() ? scratch.load(0, b, j) : columns[j];
      for (int i = 0; i < n; i++) {
        sums[i][j] = dot(left[i], right);
      }
    }
    for (int i = 0; i < n; i++) {
      finish(from + i, sums[i], scratch);
    }
  }

  /** Makes a row of the result of its sums. */
  private void finish(long row, double[] sums, Scratch scratch) {
    if (alpha != 1) {
      for (int j = 0; j < cols; j++) {
        sums[j] *= alpha;
      }
    }
    if (op.accumulates()) {
      double[] before = scratch.load(BEFORE, c, row);
      for (int j = 0; j < cols; j++) {
        sums[j] += beta * before[j];
      }
    }
    if (bias.length > 0) {
      for (int j = 0; j < cols; j++) {
        sums[j] += bias[j];
      }
    }
    scratch.store(c, row, sums);
  }

  private static double dot(double[] x, double[] y) {
    double sum = 0;
    double lost = 0;
    int k = 0;
    for (int end = x.length - x.length % CHUNK; k < end; ) {
      double s0 = 0;
      double s1 = 0;
      double s2 = 0;
      double s3 = 0;
      for (int last = k + CHUNK; k < last; k += TOGETHER) {
        s0 += x[k] * y[k];
        s1 += x[k + 1] * y[k + 1];
        s2 += x[k + 2] * y[k + 2];
        s3 += x[k + 3] * y[k + 3];
      }
      double part = (s0 + s1) + (s2 + s3);
      double next = sum + part;
      double added = next - sum;
      lost += (sum - (next - added)) + (part - added);
      sum = next;
    }
    double part = 0;
    for (; k < x.length; k++) {
      part += x[k] * y[k];
    }
    double next = sum + part;
    double added = next - sum;
    return value(next, lost + ((sum - (next - added)) + (part - added)));
  }

  private static double[][] rows(HeapMatrix x, long from, int n) {
    double[][] rows = new double[n][(int) x.cols()];
    for (int i = 0; i < n; i++) {
      x.load(from + i, rows[i]);
    }
    return rows;
  }

  private static double[][] columns(HeapMatrix x, long from, int n) {
    double[][] columns = new double[n][(int) x.rows()];
    double[] row = new double[(int) x.cols()];
    for (int k = 0; k < x.rows(); k++) {
      x.load(k, row);
      for (int i = 0; i < n; i++) {
        columns[i][k] = row[(int) from + i];
      }
    }
    return columns;
  }
}
