package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Spread;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.HostForm;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Row after row in double precision, for matrices of any element type: the way of all operations
 * that have no loops of their own among the {@link RowPrimitives}. A row is widened into an array
 * of the thread's own, and what is done there is made of the {@link DoublePrimitives}. Rows are
 * spread over threads; a row's result depends on its own elements only.
 */
final class DoubleRows {
  /** In reports, where others have the name of their {@link RowPrimitives}. */
  static final String NAME = "double";

  /** Elements of a range: about 0.1 ms of exponentials. */
  private static final int RANGE = 32_768;

  private final RowPrimitives primitives;
  private final Workers workers;

  DoubleRows(RowPrimitives primitives, Workers workers) {
    this.primitives = primitives;
    this.workers = workers;
  }

  /** The loops that the operations are made of. */
  DoublePrimitives primitives() {
    return primitives.doubles();
  }

  /** What an operation does with a row; returns what the row adds to a total. */
  interface Task {
    double row(long row, Scratch scratch);
  }

  /** Arrays that one thread uses at a time, kept from row to row and from range to range. */
  static final class Scratch {
    private final RowPrimitives primitives;
    private final List<double[]> arrays = new ArrayList<>();
    private float[] wide = {};

    Scratch(RowPrimitives primitives) {
      this.primitives = primitives;
    }

    /** The {@code k}-th array, of {@code n} elements with whatever they held; n never changes. */
    double[] array(int k, int n) {
      while (arrays.size() <= k) {
        arrays.add(new double[n]);
      }
      if (arrays.get(k).length != n) {
        arrays.set(k, new double[n]);
      }
      return arrays.get(k);
    }

    /** A row of a matrix, in the {@code k}-th array. */
    double[] load(int k, HeapMatrix matrix, long row) {
      double[] to = array(k, (int) matrix.cols());
      load(matrix, row, 0, to);
      return to;
    }

    /** Reads columns of a row, from one on. */
    void load(HeapMatrix matrix, long row, int from, double[] to) {
      int n = to.length;
      int offset = matrix.offset(row) + from;
      if (isFloats(matrix)) {
        primitives.doubles().widen(matrix.array(row), offset, to);
      } else if (matrix.dtype().isHalf()) {
        wide = wide.length < n ? new float[n] : wide;
        primitives.widen(matrix.dtype().codec(), matrix.shorts(row), offset, wide, 0, n);
        primitives.doubles().widen(wide, 0, to);
      } else {
        matrix.load(row, from, to);
      }
    }

    /** Sets a row of a matrix, rounded to its element type. */
    void store(HeapMatrix matrix, long row, double[] from) {
      store(matrix, row, 0, from);
    }

    /** Sets columns of a row, from one on, rounded to the matrix's element type. */
    void store(HeapMatrix matrix, long row, int to, double[] from) {
      if (isFloats(matrix)) {
        primitives.doubles().narrow(from, matrix.array(row), matrix.offset(row) + to);
      } else {
        matrix.store(row, to, from);
      }
    }

    private static boolean isFloats(HeapMatrix matrix) {
      return matrix.dtype().codec().form() == HostForm.FLOATS;
    }
  }

  /** What is done with one of many pieces of long rows. */
  interface Piece {
    void of(int piece, Scratch scratch);
  }

  /** Spreads pieces over threads. */
  void pieces(int count, Piece work) {
    Queue<Scratch> idle = new ConcurrentLinkedQueue<>();
    workers.run(
        count,
        piece -> {
          Scratch left = idle.poll();
          Scratch scratch = left == null ? new Scratch(primitives) : left;
          work.of(piece, scratch);
          idle.add(scratch);
        });
  }

  /** Whether rows are so few that spreading them would leave threads without work. */
  boolean areFew(long rows) {
    return rows <= 2L * workers.threads();
  }

  /** How pieces of long rows are spread, for reports. */
  Way wayOfPieces() {
    return new Way(NAME, workers.threads() == 1 ? Spread.NONE : Spread.COLUMNS);
  }

  /** The work of an operation on a row that adds to several totals. */
  interface TotalsTask {
    void row(long row, Scratch scratch, double[] totals);
  }

  /** Computes an operation whose rows add nothing to a total. */
  Way run(Shape shape, Task task) {
    each(shape.rows(), shape.cols(), task);
    return way(shape);
  }

  /** Walks rows of about {@code cols} elements and returns the sum of what they add to a total. */
  double each(long rows, long cols, Task task) {
    return each(rows, cols, 1, (row, scratch, totals) -> totals[0] += task.row(row, scratch))[0];
  }

  /** Walks rows of about {@code cols} elements and returns {@code count} sums over all rows. */
  double[] each(long rows, long cols, int count, TotalsTask task) {
    long rowsPerRange = Math.max(1, RANGE / Math.max(1, cols));
    int ranges = Math.toIntExact((rows + rowsPerRange - 1) / rowsPerRange);
    Total[][] totals = new Total[ranges][count];
    Queue<Scratch> idle = new ConcurrentLinkedQueue<>();
    workers.run(
        ranges,
        range -> {
          Scratch left = idle.poll();
          Scratch scratch = left == null ? new Scratch(primitives) : left;
          Arrays.setAll(totals[range], k -> new Total());
          double[] added = new double[count];
          long end = Math.min(rows, (range + 1) * rowsPerRange);
          for (long row = range * rowsPerRange; row < end; row++) {
            Arrays.fill(added, 0);
            task.row(row, scratch, added);
            for (int k = 0; k < count; k++) {
              totals[range][k].add(added[k]);
            }
          }
          idle.add(scratch);
        });
    double[] sums = new double[count];
    for (int k = 0; k < count; k++) {
      Total all = new Total();
      for (Total[] range : totals) {
        all.add(range[k].value());
      }
      sums[k] = all.value();
    }
    return sums;
  }

  /** How the rows of a shape are spread, for reports. */
  Way way(Shape shape) {
    return way(shape.rows(), shape.cols());
  }

  /** How rows of about {@code cols} elements are spread, for reports. */
  Way way(long rows, long cols) {
    boolean one = workers.threads() == 1 || rows <= Math.max(1, RANGE / Math.max(1, cols));
    return new Way(NAME, one ? Spread.NONE : Spread.ROWS);
  }
}
