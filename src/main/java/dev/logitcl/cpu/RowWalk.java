package dev.logitcl.cpu;

import dev.logitcl.matrix.Shape;
import org.jspecify.annotations.Nullable;

/**
 * The traversal: for each row reduce its columns, finish the row, write its columns; rows spread
 * over threads, or the columns of few long rows. What is computed never depends on how the work is
 * spread: a row is always reduced in the same segments, merged in the same order, so that its bits
 * depend on its own elements only.
 */
final class RowWalk {

  /** What an operation does with a row. */
  record Steps(@Nullable Reduce reduce, Finish finish, @Nullable Emit emit) {}

  /** Takes columns {@code from} to {@code from + n - 1} into the state. */
  interface Reduce {
    void columns(long row, int from, int n, RowState state);

    /** Takes in {@code n} short rows, one for each state. */
    default void tile(long first, int n, int cols, RowState[] states) {
      for (int i = 0; i < n; i++) {
        columns(first + i, 0, cols, states[i]);
      }
    }
  }

  /** Sets the constants and the row's outputs; returns what the row adds to a total. */
  interface Finish {
    double row(long row, RowState state);
  }

  /** Writes columns {@code from} to {@code from + n - 1}. */
  interface Emit {
    void columns(long row, int from, int n, RowState state);

    /** Writes {@code n} short rows. */
    default void tile(long first, int n, int cols, RowState[] states) {
      for (int i = 0; i < n; i++) {
        columns(first + i, 0, cols, states[i]);
      }
    }
  }

  /** How the elements are split; small values in tests. */
  record Sizes(int parallelMin, int part, int segment) {
    /**
     * Below 200 000 elements waking another thread (30 to 50 us) costs more than it saves. A part
     * of 32768 elements takes about 10 us. A segment stays in a 512 KiB second-level cache until it
     * is written.
     */
    static final Sizes DEFAULT = new Sizes(200_000, 32_768, 65_536);
  }

  /** Up to here rows are offered by tiles; with longer ones no step gains by it. */
  private static final int SHORT = 96;

  private final Workers workers;
  private final Sizes sizes;

  RowWalk(Workers workers, Sizes sizes) {
    this.workers = workers;
    this.sizes = sizes;
  }

  /** How the rows of a shape are spread; for reports, too. */
  Spread spread(Shape shape) {
    if (workers.threads() == 1 || shape.elements() < sizes.parallelMin()) {
      return Spread.NONE;
    }
    // With two rows for each thread the last row leaves a thread idle for a third of the time.
    boolean few = shape.rows() <= 2L * workers.threads() && shape.cols() >= 2L * sizes.segment();
    return few ? Spread.COLUMNS : Spread.ROWS;
  }

  /** What is spread over threads. */
  enum Spread {
    NONE,
    ROWS,
    COLUMNS
  }

  /** Walks all rows and returns the sum of what they add to a total. */
  double run(Shape shape, Steps steps) {
    return switch (spread(shape)) {
      case COLUMNS -> byColumns((int) shape.rows(), (int) shape.cols(), steps);
      case ROWS -> byRows(shape, steps, workers);
      case NONE -> byRows(shape, steps, new Workers(1));
    };
  }

  private double byRows(Shape shape, Steps steps, Workers by) {
    int cols = (int) shape.cols();
    long rowsPerPart = Math.max(1, sizes.part() / Math.max(1, cols));
    // More than 2^31 parts of a row each would be more memory than any heap has.
    int parts = Math.toIntExact((shape.rows() + rowsPerPart - 1) / rowsPerPart);
    double[] totals = new double[parts];
    by.run(
        parts,
        part -> {
          long first = part * rowsPerPart;
          long end = Math.min(shape.rows(), first + rowsPerPart);
          totals[part] =
              cols <= SHORT ? tiles(first, end, cols, steps) : rows(first, end, cols, steps);
        });
    return sum(totals);
  }

  private static double tiles(long first, long end, int cols, Steps steps) {
    RowState[] states = new RowState[RowPrimitives.TILE];
    for (int i = 0; i < states.length; i++) {
      states[i] = new RowState();
    }
    double total = 0;
    for (long row = first; row < end; row += states.length) {
      int n = (int) Math.min(states.length, end - row);
      for (int i = 0; i < n; i++) {
        states[i].clear();
      }
      if (steps.reduce != null) {
        steps.reduce.tile(row, n, cols, states);
      }
      for (int i = 0; i < n; i++) {
        total += steps.finish.row(row + i, states[i]);
      }
      if (steps.emit != null) {
        steps.emit.tile(row, n, cols, states);
      }
    }
    return total;
  }

  private double rows(long first, long end, int cols, Steps steps) {
    RowState state = new RowState();
    RowState segment = new RowState();
    double total = 0;
    for (long row = first; row < end; row++) {
      state.clear();
      if (steps.reduce != null) {
        reduce(steps.reduce, row, cols, state, segment);
      }
      total += steps.finish.row(row, state);
      if (steps.emit != null) {
        steps.emit.columns(row, 0, cols, state);
      }
    }
    return total;
  }

  private void reduce(Reduce reduce, long row, int cols, RowState state, RowState segment) {
    int n = Math.min(cols, sizes.segment());
    reduce.columns(row, 0, n, state);
    for (int from = n; from < cols; from += n) {
      n = Math.min(cols - from, sizes.segment());
      segment.clear();
      reduce.columns(row, from, n, segment);
      state.merge(segment.max, segment.sum);
    }
  }

  private double byColumns(int rows, int cols, Steps steps) {
    int segments = (int) (((long) cols + sizes.segment() - 1) / sizes.segment());
    RowState[] states = new RowState[rows];
    RowState[] partial = new RowState[rows * segments];
    if (steps.reduce != null) {
      Reduce reduce = steps.reduce;
      workers.run(
          partial.length,
          i -> {
            int from = i % segments * sizes.segment();
            RowState segment = new RowState();
            reduce.columns(i / segments, from, Math.min(cols - from, sizes.segment()), segment);
            partial[i] = segment;
          });
    }
    double[] totals = new double[rows];
    for (int row = 0; row < rows; row++) {
      RowState state = new RowState();
      for (int i = 0; i < segments && steps.reduce != null; i++) {
        RowState segment = partial[row * segments + i];
        state.merge(segment.max, segment.sum);
      }
      totals[row] = steps.finish.row(row, state);
      states[row] = state;
    }
    if (steps.emit != null) {
      Emit emit = steps.emit;
      workers.run(
          partial.length,
          i -> {
            int from = i % segments * sizes.segment();
            int n = Math.min(cols - from, sizes.segment());
            emit.columns(i / segments, from, n, states[i / segments]);
          });
    }
    return sum(totals);
  }

  private static double sum(double[] totals) {
    double sum = 0;
    for (double total : totals) {
      sum += total;
    }
    return sum;
  }
}
