package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.op.MatrixProduct;

/**
 * The product of two matrices in double precision. Each element's terms are added in the order of
 * the inner index, however the work is spread, so that its bits are always the same.
 */
final class MatrixProducts {
  /** Elements of the result that a range keeps: a quarter of a second-level cache. */
  private static final int TILE = 32_768;

  private MatrixProducts() {}

  static Way run(MatrixProduct op, DoubleRows rows) {
    HeapMatrix a = HeapMatrix.of(op.a());
    HeapMatrix b = HeapMatrix.of(op.b());
    HeapMatrix c = HeapMatrix.of(op.c());
    int cols = (int) c.cols();
    int inner = op.inner();
    // Rows of the result at a time; the inputs are walked once for each tile.
    int height = (int) Math.max(1, Math.min(c.rows(), TILE / Math.max(1, cols)));
    long tiles = (c.rows() + height - 1) / height;
    long work = (long) height * Math.max(1, inner);
    rows.each(
        tiles,
        work,
        (tile, scratch) -> {
          long from = tile * height;
          int n = (int) Math.min(height, c.rows() - from);
          double[] sums = new double[n * cols];
          if (op.bTransposed()) {
            dots(op, a, b, from, n, sums, scratch);
          } else {
            outer(op, a, b, from, n, sums, scratch);
          }
          double[] row = scratch.array(2, cols);
          for (int i = 0; i < n; i++) {
            System.arraycopy(sums, i * cols, row, 0, cols);
            c.store(from + i, row);
          }
          return 0;
        });
    return rows.way(tiles, work);
  }

  /** Adds a row of b, times an element of a, to each row of the tile. */
  private static void outer(
      MatrixProduct op,
      HeapMatrix a,
      HeapMatrix b,
      long from,
      int n,
      double[] sums,
      DoubleRows.Scratch scratch) {
    boolean transposed = op.aTransposed();
    double[][] left = transposed ? new double[0][] : loadRows(a, from, n);
    for (int k = 0; k < op.inner(); k++) {
      double[] right = scratch.load(0, b, k);
      double[] column = transposed ? scratch.load(1, a, k) : right;
      for (int i = 0; i < n; i++) {
        double factor = transposed ? column[(int) from + i] : left[i][k];
        int at = i * right.length;
        for (int j = 0; j < right.length; j++) {
          sums[at + j] += factor * right[j];
        }
      }
    }
  }

  /** Dot products with the rows of b. */
  private static void dots(
      MatrixProduct op,
      HeapMatrix a,
      HeapMatrix b,
      long from,
      int n,
      double[] sums,
      DoubleRows.Scratch scratch) {
    double[][] left = op.aTransposed() ? loadColumns(a, from, n, scratch) : loadRows(a, from, n);
    int cols = (int) b.rows();
    for (int j = 0; j < cols; j++) {
      double[] right = scratch.load(0, b, j);
      for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = 0; k < right.length; k++) {
          sum += left[i][k] * right[k];
        }
        sums[i * cols + j] = sum;
      }
    }
  }

  private static double[][] loadRows(HeapMatrix a, long from, int n) {
    double[][] rows = new double[n][(int) a.cols()];
    for (int i = 0; i < n; i++) {
      a.load(from + i, rows[i]);
    }
    return rows;
  }

  private static double[][] loadColumns(
      HeapMatrix a, long from, int n, DoubleRows.Scratch scratch) {
    double[][] columns = new double[n][(int) a.rows()];
    for (int k = 0; k < a.rows(); k++) {
      double[] row = scratch.load(1, a, k);
      for (int i = 0; i < n; i++) {
        columns[i][k] = row[(int) from + i];
      }
    }
    return columns;
  }
}
