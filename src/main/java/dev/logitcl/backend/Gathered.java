package dev.logitcl.backend;

import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Operand;
import dev.logitcl.op.RowOp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A call on strided rows, computed on row-major copies: {@link Backend#permute} brings inputs there
 * and outputs back. Backends use it for operations that they cannot compute on strided rows
 * themselves.
 */
public final class Gathered implements AutoCloseable {
  private final Backend backend;
  private final RowOp op;
  private final List<Matrix> strided = new ArrayList<>(4);
  private final List<Matrix> dense = new ArrayList<>(4);

  private Gathered(Backend backend, RowOp op) {
    this.backend = backend;
    this.op = op;
  }

  /**
   * Runs a call on strided rows, and returns what was launched.
   *
   * @param backend the backend to which the matrices belong
   * @param op the call
   * @param run runs the call that it receives, on row-major matrices
   */
  public static RunReport run(Backend backend, RowOp op, Function<RowOp, RunReport> run) {
    try (Gathered gathered = new Gathered(backend, op)) {
      return gathered.run(run);
    }
  }

  private RunReport run(Function<RowOp, RunReport> run) {
    RowOp same = op.with(this::counterpart);
    for (Operand operand : op.operands()) {
      if (!operand.role().isOutput() && operand.matrix().shape().isStrided()) {
        Matrix matrix = operand.matrix();
        backend.permute(matrix, axes(matrix.shape()).gather(), counterpart(matrix));
      }
    }
    RunReport report = run.apply(same);
    for (Operand operand : op.operands()) {
      if (operand.role().isOutput() && operand.matrix().shape().isStrided()) {
        Matrix matrix = operand.matrix();
        backend.permute(counterpart(matrix), axes(matrix.shape()).scatter(), matrix);
      }
    }
    return new RunReport(report.variant() + ", gathered", report.entryPoints());
  }

  /** Operands that are one matrix, as in place, are one again. */
  private Matrix counterpart(Matrix matrix) {
    if (!matrix.shape().isStrided()) {
      return matrix;
    }
    for (int k = 0; k < strided.size(); k++) {
      if (strided.get(k).isSameAs(matrix)) {
        return dense.get(k);
      }
    }
    Matrix made = backend.allocate(matrix.shape().dense(), matrix.dtype());
    strided.add(matrix);
    dense.add(made);
    return made;
  }

  /** Strided rows as a tensor: outer, columns, inner. */
  private static Axes axes(Shape shape) {
    return Axes.of(new long[] {shape.rows() / shape.inner(), shape.cols(), shape.inner()}, 1);
  }

  @Override
  public void close() {
    dense.forEach(Matrix::close);
  }
}
