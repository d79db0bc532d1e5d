package dev.logitcl.bench;

import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.LinearGradient;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.Operand;
import dev.logitcl.op.RowOp;
import java.nio.Buffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An {@link OpCase} with its operands on a backend, ready to run as often as wanted. */
public final class Run implements AutoCloseable {
  private final OpCase opCase;
  private final Operands operands;
  private final boolean closesOperands;
  private final RowOp op;
  private final Map<String, Values> hostOutputs = new HashMap<>();

  Run(OpCase opCase, Operands operands, boolean closesOperands) {
    this.opCase = opCase;
    this.operands = operands;
    this.closesOperands = closesOperands;
    this.op = opCase.build(operands);
  }

  /** The call. */
  public RowOp op() {
    return op;
  }

  /** Runs it and waits until it is done. */
  public RunReport run() {
    RunReport report = operands.backend().run(op);
    operands.backend().finish();
    return report;
  }

  /** Overwrites the outputs with what is no result, so that an element left out shows again. */
  public void erase() {
    for (Output output : outputs()) {
      Matrix matrix = output.matrix();
      long elements = matrix.shape().elements();
      int most = (int) Math.min(elements, MOST_AT_ONCE);
      Buffer unwritten = new Values(matrix.dtype(), most).fill(Operands.UNWRITTEN).buffer();
      for (long at = 0; at < elements; at += most) {
        matrix.write(at, unwritten.limit((int) Math.min(most, elements - at)));
      }
    }
  }

  /** A matrix of results by its name. */
  private record Output(String name, Matrix matrix) {}

  /** The results: of a gradient of linear logits, each that is wanted. */
  private List<Output> outputs() {
    List<Output> outputs = new ArrayList<>();
    for (Operand operand : op.operands()) {
      if (operand.matrix() instanceof LinearGradient gradient) {
        add(outputs, operand.name() + " hidden", gradient.hidden());
        add(outputs, operand.name() + " weights", gradient.weights());
        add(outputs, operand.name() + " bias", gradient.bias());
      } else if (operand.role().isOutput()) {
        outputs.add(new Output(operand.name(), operand.matrix()));
      }
    }
    return outputs;
  }

  private static void add(List<Output> outputs, String name, @Nullable Matrix matrix) {
    if (matrix != null) {
      outputs.add(new Output(name, matrix));
    }
  }

  /** Compares every element of every output with double precision. */
  public Accuracy check() {
    return check(Long.MAX_VALUE);
  }

  /**
   * Compares whole rows, evenly spaced, the first and the last among them, so many that an output's
   * compared elements come near {@code maxElements}; at least two rows if there are as many.
   * Outputs of one value per row are always compared in full.
   */
  public Accuracy check(long maxElements) {
    Accuracy accuracy = Accuracy.NONE;
    for (Output output : outputs()) {
      accuracy = accuracy.and(check(output.name(), output.matrix(), maxElements));
    }
    return accuracy;
  }

  private Accuracy check(String name, Matrix matrix, long maxElements) {
    int rows = (int) matrix.rows();
    int cols = (int) matrix.cols();
    if (rows == 0 || cols == 0) {
      return Accuracy.NONE;
    }
    Reference reference = opCase.reference(name);
    Comparison comparison = new Comparison(name, op.dtype(), matrix.dtype());
    long wanted = cols == 1 ? rows : Math.max(2, maxElements / cols);
    long sampled = Math.min(rows, wanted);
    // Rows that are all compared are fetched together: a read costs a round trip to the device.
    int atOnce = sampled == rows ? Math.max(1, Math.min(rows, MOST_AT_ONCE / cols)) : 1;
    Values values = new Values(matrix.dtype(), atOnce * cols);
    double[] row = new double[cols];
    for (long k = 0; k < sampled; k++) {
      int i = (int) (sampled == rows || k == 0 ? k : k * (rows - 1L) / (sampled - 1));
      int fetched = (int) (k % atOnce);
      if (fetched == 0) {
        int count = Math.min(atOnce, rows - i) * cols;
        matrix.read((long) i * cols, values.buffer().limit(count));
      }
      for (int j = 0; j < cols; j++) {
        row[j] = values.get(fetched * cols + j);
      }
      comparison.row(i, row);
      reference.row(operands.inputs(), i, comparison);
    }
    return comparison.accuracy();
  }

  /** Elements fetched at once: 4 MiB of floats. */
  private static final int MOST_AT_ONCE = 1 << 20;

  /**
   * Runs the call from host arrays to host arrays: new matrices, upload, run, read back, release.
   * Nothing is moved where the backend computes in the Java heap.
   */
  public void endToEnd() {
    try (Operands own = Operands.shared(operands.backend(), operands.inputs(), hostOutputs)) {
      operands.backend().run(opCase.build(own));
      own.readOutputs();
    }
  }

  @Override
  public void close() {
    if (closesOperands) {
      operands.close();
    }
  }
}
