package dev.logitcl.split;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.HostElements;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.ComputeRowStats;
import dev.logitcl.op.EmptyRow;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxFromStats;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.Operand;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.RowStats;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxFromStats;
import dev.logitcl.split.Parts.Part;
import java.nio.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Rows that are too long for a device, computed one after another in parts of their columns: the
 * statistics of the parts are merged ({@link RowStats}), and the elements of the result are
 * computed from them.
 */
final class ByColumns {
  private final List<Backend> backends;
  private final long target;
  private final List<RunReport> reports = new ArrayList<>();
  private int count;

  ByColumns(List<Backend> backends, long target) {
    this.backends = backends;
    this.target = target;
  }

  /** Returns whether an operation can be computed in parts of the columns. */
  static boolean serves(RowOp op) {
    return !op.shape().isStrided()
        && (op instanceof LogSumExp
            || op instanceof ComputeRowStats
            || (op instanceof LogSoftmax log && log.emptyRow() == EmptyRow.NAN)
            || (op instanceof Softmax softmax && softmax.emptyRow() == EmptyRow.NAN));
  }

  RunReport run(RowOp op) {
    List<Operand> operands = op.operands();
    HostElements x = (HostElements) operands.get(0).matrix();
    for (long row = 0; row < x.rows(); row++) {
      RowStats stats = stats(x, row);
      if (op instanceof LogSumExp call) {
        set(call.lse(), row, stats.logSumExp());
      } else if (op instanceof ComputeRowStats call) {
        set(call.max(), row, stats.max());
        set(call.sumExp(), row, stats.sumExp());
      } else {
        finish(op, x, row, stats);
      }
    }
    return SplitBackend.report(reports, count);
  }

  private Parts columns(HostElements x) {
    long most =
        backends.stream().mapToLong(backend -> columnsOn(backend, x.dtype())).min().orElseThrow();
    return new Parts(backends, x.cols(), 1, most);
  }

  /** Returns how many columns a backend can hold, as a part of the input and one of the result. */
  private long columnsOn(Backend backend, DType dtype) {
    long limit = backend.device().maxAllocation();
    long memory = backend.device().memory();
    long bytes = Math.min(target / 2, limit > 0 ? limit : target);
    return Math.max(1, Math.min(bytes, memory > 0 ? memory / 5 : bytes) / dtype.bytes());
  }

  private RowStats stats(HostElements x, long row) {
    Map<Integer, RowStats> found = new TreeMap<>();
    count +=
        columns(x)
            .run(
                (backend, part) -> {
                  DType type = x.dtype().arithmetic();
                  try (Matrix columns = bring(backend, x, row, part);
                      Matrix max = backend.allocate(Shape.column(1), type);
                      Matrix sumExp = backend.allocate(Shape.column(1), type)) {
                    RunReport report = backend.run(new ComputeRowStats(columns, max, sumExp));
                    double sum = Values.of(sumExp).get(0);
                    synchronized (reports) {
                      reports.add(report);
                      found.put(part.index(), new RowStats(Values.of(max).get(0), sum));
                    }
                  }
                });
    // In the columns' order, whoever did them.
    return found.values().stream().reduce(RowStats.EMPTY, RowStats::merge);
  }

  private void finish(RowOp op, HostElements x, long row, RowStats stats) {
    List<Operand> operands = op.operands();
    HostElements y = (HostElements) operands.get(operands.size() - 1).matrix();
    count +=
        columns(x)
            .run(
                (backend, part) -> {
                  DType type = x.dtype().arithmetic();
                  try (Matrix columns = bring(backend, x, row, part);
                      Matrix max = backend.allocate(Shape.column(1), type);
                      Matrix sumExp = backend.allocate(Shape.column(1), type)) {
                    set(max, 0, stats.max());
                    set(sumExp, 0, stats.sumExp());
                    RunReport report =
                        backend.run(
                            op instanceof LogSoftmax
                                ? new LogSoftmaxFromStats(columns, max, sumExp, columns)
                                : new SoftmaxFromStats(columns, max, sumExp, columns));
                    move(columns, y, row, part, false);
                    synchronized (reports) {
                      reports.add(report);
                    }
                  }
                });
  }

  private static Matrix bring(Backend backend, HostElements x, long row, Part part) {
    Matrix columns = backend.allocate(new Shape(1, part.rows()), x.dtype());
    move(columns, x, row, part, true);
    return columns;
  }

  /** Copies some columns of a row to the backend or back. */
  private static void move(Matrix columns, HostElements here, long row, Part part, boolean there) {
    long from = row * here.cols() + part.from();
    for (long at = 0; at < part.rows(); ) {
      Buffer elements = here.elements(from + at, part.rows() - at);
      if (there) {
        columns.write(at, elements);
      } else {
        columns.read(at, elements);
      }
      at += elements.remaining();
    }
  }

  private static void set(Matrix column, long row, double value) {
    Values values = new Values(column.dtype(), 1);
    values.set(0, value);
    column.write(row, values.buffer());
  }
}
