package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropyDoubleBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Expectation;
import dev.logitcl.op.ExpectationBackward;
import dev.logitcl.op.LogAddExp;
import dev.logitcl.op.LogMeanExp;
import dev.logitcl.op.LogSumExpJvp;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.WeightedLogSumExp;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bad operands of expectations, derivatives and weighted logsumexps: one line says what is wrong.
 */
final class ExpectationErrorsTest {
  private static final Backend JAVA = new CpuBackend();
  private static final Matrix X = matrix(2, 3);
  private static final Matrix OTHER = matrix(2, 3);
  private static final Matrix COLUMN = matrix(2, 1);
  private static final Matrix COMMON = matrix(1, 3);
  private static final Matrix WRONG = matrix(1, 2);
  private static final Labels TARGET = JAVA.upload(new int[] {0, 2});

  private static Matrix matrix(int rows, int cols) {
    return JAVA.upload(new float[rows * cols], rows, cols);
  }

  /**
   * A call that cannot be.
   *
   * @param message what it says
   * @param call the constructor
   */
  record Bad(String message, Executable call) {
    @Override
    public String toString() {
      return message;
    }
  }

  static Stream<Bad> bad() {
    return Stream.of(
        new Bad(
            "Expectation: t is 1 x 2, expected 2 x 3, or 1 x 3, one value per column for all rows",
            () -> new Expectation(X, WRONG, COLUMN)),
        new Bad(
            "Expectation: e is 1 x 3, expected 2 x 1, one value per row",
            () -> new Expectation(X, COMMON, COMMON)),
        new Bad(
            "ExpectationBackward: dh shares memory with t, expected a matrix of its own",
            () -> new ExpectationBackward(X, OTHER, null, OTHER)),
        new Bad(
            "ExpectationBackward: g is 1 x 3, expected 2 x 1, one value per row",
            () -> new ExpectationBackward(X, OTHER, COMMON, matrix(2, 3))),
        new Bad(
            "LogSumExpJvp: v is 2 x 1, expected 2 x 3, or 1 x 3, one value per column for all rows",
            () -> new LogSumExpJvp(X, COLUMN, COLUMN)),
        new Bad(
            "WeightedLogSumExp: b is 1 x 2, expected 2 x 3, or 1 x 3, one value per column for all"
                + " rows",
            () -> new WeightedLogSumExp(X, WRONG, null, COLUMN, null)),
        new Bad(
            "WeightedLogSumExp: where has element type F32, expected U8",
            () -> new WeightedLogSumExp(X, null, OTHER, COLUMN, null)),
        new Bad(
            "WeightedLogSumExp: sign shares memory with lse, expected a matrix of its own",
            () -> new WeightedLogSumExp(X, COMMON, null, COLUMN, COLUMN)),
        new Bad(
            "LogMeanExp: mean is 2 x 3, expected 2 x 1, one value per row",
            () -> new LogMeanExp(X, null, OTHER)),
        new Bad("LogAddExp: b is 1 x 3, expected 2 x 3", () -> new LogAddExp(X, COMMON, OTHER)),
        new Bad(
            "MatrixProduct: b is 2 x 3, expected 3 rows, one for each term of the sums; with"
                + " bTransposed = true it has them",
            () -> new MatrixProduct(X, OTHER, COMMON)),
        new Bad(
            "MatrixProduct: b is 2 x 1 transposed, expected 3 columns, one for each term of the"
                + " sums",
            () -> new MatrixProduct(X, false, COLUMN, true, COMMON)),
        new Bad(
            "MatrixProduct: c is 1 x 3, expected 2 x 2",
            () -> new MatrixProduct(X, false, OTHER, true, COMMON)),
        new Bad(
            "MatrixProduct: bias is 2 x 1, expected 1 x 2, one value per column",
            () -> new MatrixProduct(X, false, OTHER, true, matrix(2, 2)).withBias(COLUMN)),
        new Bad(
            "MatrixProduct: alpha is NaN, expected a finite number of F32",
            () -> new MatrixProduct(X, false, OTHER, true, matrix(2, 2)).withAlpha(Double.NaN)),
        new Bad(
            "MatrixProduct: beta is 1.0E39, expected a finite number of F32",
            () -> new MatrixProduct(X, false, OTHER, true, matrix(2, 2)).withBeta(1e39)),
        new Bad(
            "CrossEntropyDoubleBackward: no output, expected at least one of dg and ddx",
            () ->
                new CrossEntropyDoubleBackward(
                    X, OTHER, null, TARGET, CrossEntropyOptions.DEFAULT, null, null)),
        new Bad(
            "CrossEntropyDoubleBackward: dg is 2 x 1, expected 1 x 1, one value",
            () ->
                new CrossEntropyDoubleBackward(
                    X, OTHER, null, TARGET, CrossEntropyOptions.DEFAULT, COLUMN, null)));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void saysWhatIsWrong(Bad bad) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, bad.call());
    assertEquals(bad.message(), e.getMessage());
  }

  /** A matrix of one row has the shape of common values; either reading gives the same. */
  @Test
  void oneRow() {
    float[] e = new float[1];
    try (Matrix h = JAVA.upload(new float[] {1, 1}, 1, 2);
        Matrix t = JAVA.upload(new float[] {3, 5}, 1, 2);
        Matrix result = JAVA.allocateColumn(1)) {
      JAVA.run(new Expectation(h, t, result));
      result.read(e);
    }
    assertEquals(4, e[0]);
  }
}
