package dev.logitcl.cpu;

import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import java.util.Arrays;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The traversal: for each row reduce its columns, finish the row, write its columns; rows spread
 * over threads, or the columns of few long rows. What is computed never depends on how the work is
 * spread: a row is always reduced in the same segments, merged in the same order, so that its bits
 * depend on its own elements only.
 */
final class RowWalk {

  /** What an operation does with a row, and another way to do the same with short ones. */
  record Steps(
      @Nullable Reduce reduce,
      Finish finish,
      @Nullable Emit emit,
      ShortRows.@Nullable Plan shortRows) {}

  /** Takes columns {@code from} to {@code from + n - 1} into the state. */
  interface Reduce {
    void columns(long row, int from, int n, RowState state);
  }

  /** Sets the constants and the row's outputs; returns what the row adds to a total. */
  interface Finish {
    double row(long row, RowState state);
  }

  /**
   * Writes columns {@code from} to {@code from + n - 1}; {@code reference} is what they were
   * reduced with, which may be less than the row's.
   */
  interface Emit {
    void columns(long row, int from, int n, RowState state, float reference);
  }

  /** How the elements are split; small values in tests. */
  record Sizes(int parallelMin, int range, int segment) {
    /**
     * Below 200 000 elements waking another thread (30 to 50 us) costs more than it saves. A range
     * of 32768 elements takes about 10 us. A segment stays in a 512 KiB second-level cache until it
     * is written.
     */
    static final Sizes DEFAULT = new Sizes(200_000, 32_768, 65_536);
  }

  /**
   * Longest short row. At 32 columns logsumexp gains a third, cross-entropy an eighth, softmax's
   * gradient nothing, and log-softmax's gradient loses a seventh; at 96 every operation loses.
   */
  private static final int SHORT = 32;

  private final RowPrimitives primitives;
  private final Workers workers;
  private final Sizes sizes;

  RowWalk(RowPrimitives primitives, Workers workers, Sizes sizes) {
    this.primitives = primitives;
    this.workers = workers;
    this.sizes = sizes;
  }

  /** Who does the work. */
  Workers workers() {
    return workers;
  }

  private Spread spread(Shape shape) {
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

  /**
   * How an operation ran, for reports.
   *
   * @param loops whose loops: {@link RowPrimitives#name}, or {@link DoubleRows#NAME}
   * @param spread what was spread over threads
   */
  record Way(String loops, Spread spread) {}

  /** How {@link #run} goes about a shape. */
  Way way(Shape shape) {
    return new Way(primitives.name(), spread(shape));
  }

  /** Walks all rows of float32 matrices. */
  void run(Shape shape, Steps steps) {
    totals(shape, () -> new Walker(new Window(), steps));
  }

  /** Walks all rows of a call whose rows add nothing to a total. */
  Way walk(RowOp op, Function<Window, Steps> plan) {
    run(op, plan);
    return way(op.shape());
  }

  /**
   * Walks all rows of a call and returns the sum of what they add to a total.
   *
   * @param plan what is done with rows, as a window shows them
   */
  double run(RowOp op, Function<Window, Steps> plan) {
    return totals(op, plan)[0];
  }

  /** Walks all rows of a call and returns two sums, the second of {@link RowState#alsoAdds}. */
  double[] totals(RowOp op, Function<Window, Steps> plan) {
    return totals(
        op.shape(),
        () -> {
          Window window = new Window(op, primitives);
          return new Walker(window, plan.apply(window));
        });
  }

  private double[] totals(Shape shape, Supplier<Walker> walkers) {
    return switch (spread(shape)) {
      case COLUMNS -> byColumns(shape, walkers.get());
      case ROWS -> byRows(shape, walkers, workers);
      case NONE -> byRows(shape, walkers, new Workers(1));
    };
  }

  /** What is done with rows, and the window through which that sees them. */
  private record Walker(Window window, Steps steps) {}

  private double[] byRows(Shape shape, Supplier<Walker> walkers, Workers by) {
    int cols = (int) shape.cols();
    long rowsPerRange = Math.max(1, sizes.range() / Math.max(1, cols));
    // More than 2^31 ranges of a row each would be more memory than any heap has.
    int ranges = Math.toIntExact((shape.rows() + rowsPerRange - 1) / rowsPerRange);
    double[][] totals = new double[ranges][2];
    Queue<Walker> idle = new ConcurrentLinkedQueue<>();
    // Before a row is written: where memory ends here, all rows are as they were.
    for (int i = 0; i < Math.min(by.threads(), ranges); i++) {
      Walker walker = walkers.get();
      walker.window.move(0, (int) Math.min(walker.window.rows(cols), shape.rows()));
      idle.add(walker);
    }
    by.run(
        ranges,
        range -> {
          long first = range * rowsPerRange;
          long end = Math.min(shape.rows(), first + rowsPerRange);
          Walker walker = Objects.requireNonNull(idle.poll(), "more threads than said");
          throughWindow(first, end, cols, walker, totals[range]);
          idle.add(walker);
        });
    return sum(totals);
  }

  private void throughWindow(long first, long end, int cols, Walker walker, double[] totals) {
    Window window = walker.window;
    if (!window.isMoved()) {
      rows(first, end, cols, walker.steps, totals);
      return;
    }
    int n;
    for (long row = first; row < end; row += n) {
      n = (int) Math.min(window.rows(cols), end - row);
      window.move(row, n);
      window.loadAll();
      rows(row, row + n, cols, walker.steps, totals);
      window.storeAll();
    }
  }

  private void rows(long first, long end, int cols, Steps steps, double[] totals) {
    if (cols <= SHORT && steps.shortRows != null) {
      totals[0] += steps.shortRows.run(first, end, cols, primitives);
      return;
    }
    RowState state = new RowState();
    RowState[] segments = new RowState[segments(cols)];
    for (int i = 0; i < segments.length; i++) {
      segments[i] = segments.length == 1 ? state : new RowState();
    }
    for (long row = first; row < end; row++) {
      state.clear();
      if (steps.reduce != null) {
        for (int i = 0; i < segments.length; i++) {
          reduce(steps.reduce, row, i, cols, segments[i]);
        }
        merge(segments, 0, segments.length, state);
      }
      totals[0] += steps.finish.row(row, state);
      totals[1] += state.alsoAdds;
      if (steps.emit != null) {
        for (int i = 0; i < segments.length; i++) {
          emit(steps.emit, row, i, cols, state, segments[i]);
        }
      }
    }
  }

  private int segments(int cols) {
    return Math.max(1, (int) (((long) cols + sizes.segment() - 1) / sizes.segment()));
  }

  private void reduce(Reduce reduce, long row, int segment, int cols, RowState state) {
    int from = segment * sizes.segment();
    state.clear();
    reduce.columns(row, from, Math.min(cols - from, sizes.segment()), state);
  }

  private static void merge(RowState[] segments, int from, int n, RowState state) {
    if (segments[from] != state) {
      for (int i = from; i < from + n; i++) {
        state.merge(segments[i]);
      }
    }
  }

  private void emit(Emit emit, long row, int segment, int cols, RowState state, RowState own) {
    int from = segment * sizes.segment();
    emit.columns(row, from, Math.min(cols - from, sizes.segment()), state, own.reference);
  }

  /** All rows at once; row by row where each needs memory of its own as floats. */
  private double[] byColumns(Shape shape, Walker walker) {
    int rows = (int) shape.rows();
    int cols = (int) shape.cols();
    Window window = walker.window;
    double[] totals = new double[2];
    if (!window.isMoved()) {
      byColumns(0, rows, cols, walker.steps, totals);
      return totals;
    }
    for (int row = 0; row < rows; row++) {
      long first = row;
      window.move(first, 1);
      bySegments(cols, (from, n) -> window.load(first, from, n));
      byColumns(row, 1, cols, walker.steps, totals);
      bySegments(cols, (from, n) -> window.store(first, from, n));
    }
    return totals;
  }

  /** What is done with some columns. */
  private interface Columns {
    void of(int from, int n);
  }

  private void bySegments(int cols, Columns work) {
    workers.run(
        segments(cols),
        i -> {
          int from = i * sizes.segment();
          work.of(from, Math.min(cols - from, sizes.segment()));
        });
  }

  private void byColumns(int first, int rows, int cols, Steps steps, double[] totals) {
    int segments = segments(cols);
    RowState[] states = new RowState[rows];
    RowState[] segmentStates = new RowState[rows * segments];
    Arrays.setAll(segmentStates, i -> new RowState());
    if (steps.reduce != null) {
      Reduce reduce = steps.reduce;
      workers.run(
          segmentStates.length,
          i -> reduce(reduce, first + i / segments, i % segments, cols, segmentStates[i]));
    }
    for (int row = 0; row < rows; row++) {
      states[row] = new RowState();
      merge(segmentStates, row * segments, segments, states[row]);
      totals[0] += steps.finish.row(first + row, states[row]);
      totals[1] += states[row].alsoAdds;
    }
    if (steps.emit != null) {
      Emit emit = steps.emit;
      workers.run(
          segmentStates.length,
          i -> {
            RowState state = states[i / segments];
            emit(emit, first + i / segments, i % segments, cols, state, segmentStates[i]);
          });
    }
  }

  private static double[] sum(double[][] totals) {
    double[] sum = new double[2];
    for (double[] total : totals) {
      sum[0] += total[0];
      sum[1] += total[1];
    }
    return sum;
  }
}
