package dev.logitcl.contract;

import dev.logitcl.backend.ForwardingBackend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Fill;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.Operand;
import dev.logitcl.op.RowOp;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The Java path with a bug: what it computed is replaced before anyone sees it. */
final class Saboteur extends ForwardingBackend {
  private final Wrong wrong;

  Saboteur(Wrong wrong) {
    super(new CpuBackend());
    this.wrong = wrong;
  }

  /** What a bug makes of one element of the output. */
  @FunctionalInterface
  interface Wrong {
    double result(Values values, int row, int col, double right);
  }

  /**
   * A bug.
   *
   * @param opCase the case that has it
   * @param what it is
   * @param fill the inputs that show it
   * @param wrong its results
   */
  record Bug(String opCase, String what, Fill fill, Wrong wrong) {
    /** No bug. */
    static final Wrong NONE = (values, row, col, right) -> right;

    @Override
    public String toString() {
      return opCase + ": " + what;
    }
  }

  /** The operands of a call that has run. */
  static final class Values {
    private final Map<String, float[]> arrays = new HashMap<>();
    private final Map<String, Integer> cols = new HashMap<>();
    private final Operand output;

    Values(RowOp op) {
      List<Operand> operands = op.operands();
      output = operands.get(operands.size() - 1);
      for (Operand operand : operands) {
        Matrix matrix = operand.matrix();
        if (matrix.dtype() == DType.F32) {
          float[] values = new float[(int) matrix.shape().elements()];
          matrix.read(values);
          arrays.put(operand.name(), values);
          cols.put(operand.name(), (int) matrix.cols());
        }
      }
    }

    /** An element of an operand. */
    double at(String name, int row, int col) {
      return arrays.get(name)[row * cols.get(name) + col];
    }

    /** An element of the output as it was computed. */
    double right(int row, int col) {
      return at(output.name(), row, col);
    }

    /** The maximum of a row. */
    double max(String name, int row) {
      double max = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < cols.get(name); j++) {
        max = Math.max(max, at(name, row, j));
      }
      return max;
    }

    void replace(Wrong wrong) {
      Matrix matrix = output.matrix();
      float[] results = new float[(int) matrix.shape().elements()];
      for (int k = 0; k < results.length; k++) {
        int row = k / (int) matrix.cols();
        int col = k % (int) matrix.cols();
        results[k] = (float) wrong.result(this, row, col, right(row, col));
      }
      matrix.write(results);
    }
  }

  @Override
  public RunReport run(RowOp op) {
    RunReport report = super.run(op);
    new Values(op).replace(wrong);
    return report;
  }
}
