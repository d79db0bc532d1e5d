package dev.logitcl.backend;

import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.ComputeRowStats;
import dev.logitcl.op.LogSumExp;
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
 * memory: some rows and some classes at a time. Statistics of the parts are merged. The log-sum-exp
 * of a row is that of its parts' log-sum-exps, which keeps its digits where one class has nearly
 * all of a row. Where a row is cut depends on the scratch memory alone, and not on the other rows.
 */
final class LinearColumns implements AutoCloseable {
  /** Classes of a part, at least: with fewer, products read H more often than it is worth. */
  private static final long FEWEST = 1024;

  /** Rows of a part, where the scratch memory has room for so many: each part reads all of W. */
  private static final long MOST_ROWS = 1024;

  private final Backend backend;
  private final Function<RowOp, RunReport> runner;
  private final LinearLogits x;
  private final long rowsPerPart;
  private final long colsPerPart;
  private final long partsOfRow;
  private final List<Matrix> scratch = new ArrayList<>();
  private final Set<String> variants = new LinkedHashSet<>();
  private final Set<String> entryPoints = new LinkedHashSet<>();

  private LinearColumns(Backend backend, LinearLogits x, Function<RowOp, RunReport> runner) {
    this.backend = backend;
    this.runner = runner;
    this.x = x;
    long elements = x.scratchBytes() / x.dtype().bytes();
    this.colsPerPart = Math.min(x.cols(), Math.max(FEWEST, elements / MOST_ROWS));
    this.rowsPerPart = Math.max(1, Math.min(x.rows(), elements / colsPerPart));
    this.partsOfRow = (x.cols() + colsPerPart - 1) / colsPerPart;
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
    if (op instanceof LogSumExp call) {
      logSumExp(call.lse(), logits);
    } else {
      ComputeRowStats call = (ComputeRowStats) op;
      statistics(new Stats(call.max(), call.sumExp()), logits);
    }
    long parts = (x.rows() + rowsPerPart - 1) / rowsPerPart * partsOfRow;
    String shape = parts + " of " + rowsPerPart + " rows x " + colsPerPart + " classes";
    return new RunReport(String.join("; ", variants) + " parts=" + shape, List.copyOf(entryPoints));
  }

  private void logSumExp(Matrix lse, Matrix logits) {
    Matrix ofParts =
        allocate(Shape.column(partsOfRow * rowsPerPart)); // the rows of a part together
    for (long row = 0; row < x.rows(); row += rowsPerPart) {
      long n = Math.min(rowsPerPart, x.rows() - row);
      for (long part = 0; part < partsOfRow; part++) {
        launch(new LogSumExp(logits(logits, row, n, part), ofParts.rows(part * n, n)));
      }
      Matrix ofRows = ofParts.rows(0, partsOfRow * n).view(new Shape(n, partsOfRow, n));
      launch(new LogSumExp(ofRows, lse.rows(row, n)));
    }
  }

  private void statistics(Stats results, Matrix logits) {
    Stats[] merged = {stats(), stats()}; // in turn, as a merge needs a place of its own
    Stats added = stats();
    for (long row = 0; row < x.rows(); row += rowsPerPart) {
      long n = Math.min(rowsPerPart, x.rows() - row);
      Stats before = merged[0].rows(0, n);
      for (int part = 0; part < partsOfRow; part++) {
        Stats own = part == 0 ? before : added.rows(0, n);
        launch(new ComputeRowStats(logits(logits, row, n, part), own.max, own.sumExp));
        if (part > 0) {
          boolean isLast = part + 1 == partsOfRow;
          Stats to = isLast ? results.rows(row, n) : merged[part % 2].rows(0, n);
          launch(
              new MergeRowStats(before.max, before.sumExp, own.max, own.sumExp, to.max, to.sumExp));
          before = to;
        }
      }
    }
  }

  /** Computes the logits of some rows and of a part of the classes. */
  private Matrix logits(Matrix to, long row, long n, long part) {
    long col = part * colsPerPart;
    long m = Math.min(colsPerPart, x.cols() - col);
    Matrix z = to.rows(0, n * m).view(new Shape(n, m));
    Matrix h = x.hidden().rows(row, n);
    launch(new MatrixProduct(h, false, x.weights().rows(col, m), true, z, 1, 0, bias(col, m)));
    return z;
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
