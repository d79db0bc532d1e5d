package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Accuracy;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Any case of the contract on strided rows: its matrices are brought into the other order, the call
 * is made there, and what it wrote is brought back and compared as ever.
 */
public final class Strided {
  private static final Set<Role> MATRICES =
      EnumSet.of(Role.MATRIX_IN, Role.MASK_IN, Role.MATRIX_OUT);
  private static final float CANARY = Float.intBitsToFloat(0x7FCAFE01);

  private Strided() {}

  /** Runs a case on a tensor [outer, cols, inner] between canaries and checks all there is. */
  public static RunReport check(
      Backend backend, OpCase opCase, int outer, int cols, int inner, Fill fill) {
    return check(backend, opCase, outer, cols, inner, DType.F32, fill);
  }

  /** Checks strided rows of another element type. */
  public static RunReport check(
      Backend backend, OpCase opCase, int outer, int cols, int inner, DType dtype, Fill fill) {
    Shape shape = new Shape((long) outer * inner, cols, inner);
    Axes axes = Axes.of(new long[] {outer, cols, inner}, 1);
    float[] canaries = new float[257];
    Arrays.fill(canaries, CANARY);
    List<Matrix> dense = new ArrayList<>();
    List<Matrix> strided = new ArrayList<>();
    String where =
        backend.device() + ": " + opCase + " of " + shape + " " + fill + ", inner " + inner + ": ";
    try (Matrix before = backend.upload(canaries, 1, canaries.length);
        Run run = opCase.prepare(backend, new Inputs(shape.dense(), dtype, fill, 1))) {
      for (Operand operand : run.op().operands()) {
        if (MATRICES.contains(operand.role()) && !dense.contains(operand.matrix())) {
          Matrix matrix = backend.allocate(shape, operand.matrix().dtype());
          if (!operand.role().isOutput()) {
            backend.permute(operand.matrix(), axes.scatter(), matrix);
          }
          dense.add(operand.matrix());
          strided.add(matrix);
        }
      }
      UnaryOperator<Matrix> replacement =
          matrix -> dense.contains(matrix) ? strided.get(dense.indexOf(matrix)) : matrix;
      try (Matrix after = backend.upload(canaries, 1, canaries.length)) {
        RowOp op = run.op().with(replacement);
        RunReport report = backend.run(op);
        for (Operand operand : run.op().operands()) {
          if (operand.role() == Role.MATRIX_OUT) {
            Matrix matrix = operand.matrix();
            backend.permute(replacement.apply(matrix), axes.gather(), matrix);
          }
        }
        Accuracy accuracy = run.check();
        assertTrue(accuracy.ok(), where + report + ": " + accuracy.detail());
        for (Matrix neighbour : List.of(before, after)) {
          float[] found = new float[canaries.length];
          neighbour.read(found);
          assertArrayEquals(bits(canaries), bits(found), where + "a neighbour was overwritten");
        }
        return report;
      }
    } finally {
      strided.forEach(Matrix::close);
    }
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int k = 0; k < values.length; k++) {
      bits[k] = Float.floatToIntBits(values[k]);
    }
    return bits;
  }
}
