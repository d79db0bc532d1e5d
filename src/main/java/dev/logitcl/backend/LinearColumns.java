package dev.logitcl.backend;

import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.ComputeRowStats;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpFromStats;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.MergeRowStats;
import dev.logitcl.op.RowOp;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Log-sum-exp and statistics of {@link LinearLogits} of which one row is more than the scratch
 * memory: some rows and some classes at a time. The statistics of the classes are merged.
 */
final class LinearColumns implements AutoCloseable {
  /** Classes of a part, at least: with fewer, products read H more often than it is worth. */
  private static final long FEWEST = 1024;

  private final Backend backend;
  private final Function<RowOp, RunReport> runner;
  private final LinearLogits x;
  private final long rowsPerPart;
  private final long colsPerPart;
  private final List<Matrix> scratch = new ArrayList<>();
  private final Set<String> variants = new LinkedHashSet<>();
  private final Set<String> entryPoints = new LinkedHashSet<>();

  private LinearColumns(Backend backend, LinearLogits x, Function<RowOp, RunReport> runner) {
    this.backend = backend;
    this.runner = runner;
    this.x = x;
    long elements = x.scratchBytes() / x.dtype().bytes();
    this.rowsPerPart = Math.max(1, Math.min(x.rows(), elements / FEWEST));
    this.colsPerPart = Math.min(x.cols(), Math.max(FEWEST, elements / rowsPerPart));
  }

  /**
   * Returns whether a call has rows that are more than its scratch memory, and can be cut there.
   */
  static boolean serves(RowOp op, LinearLogits x) {
    return (op instanceof LogSumExp || op instanceof ComputeRowStats)
        && x.cols() > FEWEST
        && x.cols() * x.dtype().bytes() > x.scratchBytes();
  }

  static RunReport run(
      Backend backend, RowOp op, LinearLogits x, Function<RowOp, RunReport> runner) {
    try (LinearColumns columns = new LinearColumns(backend, x, runner)) {
      return columns.run(op);
    }
  }

  /** The statistics of some classes of each row. */
  private record Stats(Matrix max, Matrix sumExp) {
    Stats rows(long from, long count) {
      return new Stats(max.rows(from, count), sumExp.rows(from, count));
    }
  }

  private Stats stats() {
    return new Stats(allocate(Shape.column(rowsPerPart)), allocate(Shape.column(rowsPerPart)));
  }

  private Matrix allocate(Shape shape) {
    Matrix matrix = backend.allocate(shape, x.dtype());
    scratch.add(matrix);
    return matrix;
  }

  private RunReport run(RowOp op) {
    Matrix logits = allocate(Shape.column(rowsPerPart * colsPerPart));
    Stats[] merged = {stats(), stats()}; // in turn, as a merge needs a place of its own
    Stats added = stats();
    for (long row = 0; row < x.rows(); row += rowsPerPart) {
      long n = Math.min(rowsPerPart, x.rows() - row);
      Stats before = merged[0].rows(0, n);
      for (int part = 0; part * colsPerPart < x.cols(); part++) {
        long col = part * colsPerPart;
        long m = Math.min(colsPerPart, x.cols() - col);
        boolean isLast = col + m == x.cols();
        Matrix z = logits.rows(0, n * m).view(new Shape(n, m));
        Matrix h = x.hidden().rows(row, n);
        launch(new MatrixProduct(h, false, x.weights().rows(col, m), true, z, 1, 0, bias(col, m)));
        Stats own = part == 0 ? before : added.rows(0, n);
        launch(new ComputeRowStats(z, own.max, own.sumExp));
        if (part > 0) {
          Stats to =
              isLast && op instanceof ComputeRowStats call
                  ? new Stats(call.max(), call.sumExp()).rows(row, n)
                  : merged[part % 2].rows(0, n);
          launch(
              new MergeRowStats(before.max, before.sumExp, own.max, own.sumExp, to.max, to.sumExp));
          before = to;
        }
      }
      if (op instanceof LogSumExp call) {
        launch(new LogSumExpFromStats(before.max, before.sumExp, call.lse().rows(row, n)));
      }
    }
    long parts = (x.rows() + rowsPerPart - 1) / rowsPerPart;
    long ofRow = (x.cols() + colsPerPart - 1) / colsPerPart;
    String shape = parts * ofRow + " of " + rowsPerPart + " rows x " + colsPerPart + " classes";
    return new RunReport(String.join("; ", variants) + " parts=" + shape, List.copyOf(entryPoints));
  }

  private @Nullable Matrix bias(long from, long count) {
    Matrix bias = x.bias();
    return bias == null
        ? null
        : bias.view(Shape.column(x.cols())).rows(from, count).view(new Shape(1, count));
  }

  private void launch(RowOp call) {
    RunReport report = runner.apply(call);
    variants.add(report.variant());
    entryPoints.addAll(report.entryPoints());
  }

  @Override
  public void close() {
    for (int k = scratch.size() - 1; k >= 0; k--) {
      scratch.get(k).close();
    }
  }
}
