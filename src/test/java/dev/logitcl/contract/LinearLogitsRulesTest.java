package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.LinearGradient;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyFromStats;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.CrossEntropyOutputs;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.Nll;
import dev.logitcl.op.Reduction;
import java.util.Arrays;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What is refused of logits that are never stored, and how a call on them ends. */
@Tag("once")
final class LinearLogitsRulesTest {
  @AutoClose private final Backend backend = new CpuBackend();
  private final Matrix hidden = backend.allocate(new Shape(4, 2));
  private final Matrix weights = backend.allocate(new Shape(3, 2));
  private final LinearLogits z = LinearLogits.of(hidden, weights, null);
  private final Labels target = backend.upload(new int[] {0, 1, 2, 0});
  private final Matrix loss = backend.allocateColumn(1);
  private final Matrix column = backend.allocateColumn(4);

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  private Matrix matrix(int rows, int cols) {
    return backend.allocate(new Shape(rows, cols));
  }

  @Test
  void whatDoesNotFit() {
    refused(
        "LinearLogits: weights is 3 x 5, expected a row per class of 2 columns, as hidden is 4 x 2",
        () -> LinearLogits.of(hidden, matrix(3, 5), null));
    refused(
        "LinearLogits: weights has element type F64, expected F32 as hidden",
        () -> LinearLogits.of(hidden, backend.allocate(new Shape(3, 2), DType.F64), null));
    refused(
        "LinearLogits: bias is 1 x 4, expected 1 x 3, one value for each class, which is a row of"
            + " weights",
        () -> LinearLogits.of(hidden, weights, matrix(1, 4)));
    refused(
        "LinearLogits: hidden is no stored matrix, expected a row-major matrix of a backend",
        () -> LinearLogits.of(z, weights, null));
    refused("LinearLogits: 0 bytes of scratch memory, expected at least 1", () -> z.withScratch(0));
    refused(
        "LinearLogits.gradient: dHidden is 3 x 2, expected 4 x 2",
        () -> z.gradient(matrix(3, 2), null, null));
    refused(
        "LinearLogits.gradient: no gradient, expected at least one of dHidden, dWeights and dBias",
        () -> z.gradient(null, null, null));
    refused(
        "LinearLogits.gradient: a gradient shares memory with the logits' matrices, expected a"
            + " matrix of its own",
        () -> z.gradient(hidden, null, null));
    Matrix both = matrix(7, 2);
    refused(
        "LinearLogits.gradient: two gradients share memory, expected a matrix of its own for each",
        () -> z.gradient(both.rows(0, 4), both.rows(3, 3), null));
    assertEquals(
        "weights",
        assertThrows(NullPointerException.class, () -> LinearLogits.of(hidden, null, null))
            .getMessage());
  }

  @Test
  void whatOperationsDoNotTake() {
    Matrix stored = matrix(4, 3);
    LinearGradient dz = z.gradient(matrix(4, 2), null, null);
    CrossEntropyOptions options = CrossEntropyOptions.DEFAULT;
    refused(
        "LogSoftmax: x is linear logits, which are not stored, expected a stored matrix",
        () -> new LogSoftmax(z, stored));
    refused(
        "Nll: y is linear logits, which are not stored, expected a stored matrix",
        () -> new Nll(z, target, options, loss));
    refused(
        "MatrixProduct: a is linear logits, which are not stored, expected a stored matrix",
        () -> new MatrixProduct(z, weights, hidden));
    refused(
        "LogSumExp: x is a gradient of linear logits, expected logits",
        () -> new LogSumExp(dz, column));
    refused(
        "CrossEntropy: dx is stored and x is linear logits, expected LinearLogits.gradient(..) as"
            + " dx",
        () -> new CrossEntropy(z, target, options, loss, null, stored));
    refused(
        "CrossEntropy: dx is a gradient of linear logits, which are not stored, expected a stored"
            + " matrix",
        () -> new CrossEntropy(stored, target, options, loss, null, dz));
    LinearLogits other = LinearLogits.of(matrix(4, 2), weights, null);
    refused(
        "CrossEntropy: dx is the gradient of other linear logits, expected those of x",
        () -> new CrossEntropy(other, target, options, loss, null, dz));
    refused(
        "CrossEntropy: logProb of linear logits, expected no output with a value for each logit",
        () -> new CrossEntropy(z, target, options, CrossEntropyOutputs.NONE.withLogProb(stored)));
    refused(
        "CrossEntropy: dx shares memory with loss, expected a matrix of its own",
        () -> {
          Matrix all = matrix(1, 9);
          Matrix dWeights = all.view(new Shape(9, 1)).rows(0, 6).view(new Shape(3, 2));
          Matrix inside = all.view(new Shape(9, 1)).rows(2, 1);
          new CrossEntropy(z, target, options, inside, null, z.gradient(null, dWeights, null));
        });
    refused("probabilities in LinearLogits, expected a stored matrix", () -> Probabilities.in(z));
  }

  @Test
  void nothingIsWrittenWhereAMatrixIsAnothersOrClosed() {
    float[] before = {7, 7, 7, 7};
    column.write(before);
    CrossEntropyOptions options = CrossEntropyOptions.DEFAULT.with(Reduction.NONE).ignoring(0);
    try (Backend another = new CpuBackend()) {
      Matrix foreign = another.allocate(new Shape(3, 2));
      LinearLogits logits = LinearLogits.of(hidden, foreign, null);
      CrossEntropy call = new CrossEntropy(logits, target, options, column);
      refused(
          "CrossEntropy: a matrix of x belongs to another backend, expected a matrix of "
              + backend.device(),
          () -> backend.run(call));
    }
    weights.close();
    CrossEntropy call = new CrossEntropy(z, target, options, column);
    assertEquals(
        "CrossEntropy: a matrix of x is closed",
        assertThrows(IllegalStateException.class, () -> backend.run(call)).getMessage());
    float[] after = new float[4];
    column.read(after);
    assertArrayEquals(before, after);
  }

  /** An ignored row may hold anything, also where its log-sum-exp is wanted. */
  @Test
  void whatAnIgnoredRowHoldsGoesNowhere() {
    float nan = Float.NaN;
    Matrix h = backend.upload(new float[] {1, 2, nan, nan, 3, 1}, 3, 2);
    Matrix w = backend.upload(new float[] {1, 0, 0, 1}, 2, 2);
    Labels t = backend.upload(new int[] {0, -100, 1});
    Labels moved = backend.upload(new int[] {0, CrossEntropyFromStats.IGNORED, 1});
    LinearLogits logits = LinearLogits.of(h, w, null).withScratch(1);
    CrossEntropyOptions options = CrossEntropyOptions.DEFAULT.with(Reduction.NONE).ignoring(-100);
    double p = 1 / (1 + Math.exp(-1));
    double q = 1 / (1 + Math.exp(-2));
    // dz is (p - 1 at the target) of rows 0 and 2, whose logits are (1, 2) and (3, 1).
    double[] expected = {-p + 3 * q, -2 * p + q, p - 3 * q, 2 * p - q};
    for (int form = 0; form < 4; form++) {
      Matrix losses = backend.allocateColumn(3);
      Matrix lse = backend.allocateColumn(3);
      Matrix predicted = backend.allocate(Shape.column(3), DType.I32);
      Matrix dw = matrix(2, 2);
      Matrix dh = matrix(3, 2);
      LinearGradient dz = logits.gradient(dh, dw, null);
      CrossEntropyOutputs outputs = CrossEntropyOutputs.NONE.withLoss(losses).withDx(dz);
      outputs = form == 1 ? outputs.withLse(lse).withPredicted(predicted) : outputs;
      Matrix max = backend.upload(new float[] {2, nan, 3}, 3, 1);
      Matrix sumExp = backend.upload(new float[] {(float) (1 / p), nan, (float) (1 / q)}, 3, 1);
      backend.run(
          form < 2
              ? new CrossEntropy(logits, t, options, outputs)
              : form == 2
                  ? new CrossEntropyBackward(logits, null, t, options, dz)
                  : new CrossEntropyFromStats(logits, max, sumExp, moved, 1, losses, dz));
      float[] sums = new float[4];
      dw.read(sums);
      float[] rows = new float[6];
      dh.read(rows);
      for (int k = 0; k < 4; k++) {
        assertEquals(expected[k], sums[k], 1e-6, "dWeights " + k + " of form " + form);
      }
      assertEquals(0, rows[2], "dHidden of the ignored row");
      assertEquals(q, rows[4], 1e-6, "dHidden of the last row");
      float[] values = new float[3];
      losses.read(values);
      assertEquals(0, form == 2 ? 0 : values[1], "loss of the ignored row");
      if (form == 1) {
        lse.read(values);
        assertEquals(2 - Math.log(p), values[0], 1e-6);
        assertEquals(Float.NaN, values[1]);
        int[] classes = new int[3];
        predicted.read(classes);
        assertArrayEquals(new int[] {1, -1, 0}, classes);
      }
    }
  }

  @Test
  void rowsPerPartAreEvenAndWithinTheMemory() {
    LinearLogits large = LinearLogits.of(matrix(100, 2), weights, null);
    assertEquals(100, large.rowsPerPart(100));
    assertEquals(1, large.withScratch(1).rowsPerPart(100));
    assertEquals(36, large.withScratch(40 * 12).rowsPerPart(100)); // 3 parts of 36, 36, 28
    assertEquals(1, large.withScratch(40 * 12).rowsPerPart(0));
  }

  @Test
  void copiesRows() {
    Matrix source = backend.upload(new float[] {0, 1, 10, 11, 20, 21}, 3, 2);
    Matrix copy = matrix(4, 2);
    float[] values = new float[8];
    Arrays.fill(values, -1);
    copy.write(values);
    backend.copyRows(source, new int[] {2, 0, 0}, copy, new int[] {0, 1, 3});
    copy.read(values);
    assertArrayEquals(new float[] {20, 21, 0, 1, -1, -1, 0, 1}, values);
    refused(
        "copyRows: row 3 of source, which is 3 x 2, expected 0 to 2",
        () -> backend.copyRows(source, new int[] {3}, copy, new int[] {0}));
    refused(
        "copyRows: two rows to row 1 of target, expected one for each",
        () -> backend.copyRows(source, new int[2], copy, new int[] {1, 1}));
    refused(
        "copyRows: target is class indices, expected a matrix that operations may write",
        () -> backend.copyRows(source, new int[1], target, new int[1]));
    refused(
        "copyRows: 2 rows to 1 places, expected as many",
        () -> backend.copyRows(source, new int[2], copy, new int[1]));
    refused(
        "copyRows: target shares memory with source, expected a matrix of its own",
        () -> backend.copyRows(source, new int[1], source.rows(0, 1), new int[1]));
    refused(
        "copyRows: rows of F32 3 x 2 to F32 4 x 1, expected row-major matrices of one element type"
            + " with as many columns",
        () -> backend.copyRows(source, new int[1], column, new int[1]));
  }
}
