package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.bench.Accuracy;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogCumSumExpBackward;
import java.nio.DoubleBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Running sums over rows that are walked in segments, which several threads take. */
@Tag("java-path")
@Tag("second-jdk-0")
final class LongScansTest {
  /** Three segments, and a little of a fourth. */
  private static final int COLS = 3 * 65_536 + 4096 + 17;

  private static List<OpCase> cases() {
    return OpCase.listed().stream().filter(c -> c.name().startsWith("log-cum-sum-exp")).toList();
  }

  @ParameterizedTest
  @EnumSource(Fill.class)
  void agreeWithDoublePrecisionAndWithOneThread(Fill fill) {
    assertEquals(2, cases().size());
    for (OpCase opCase : cases()) {
      for (DType dtype : List.of(DType.F32, DType.F64)) {
        Inputs inputs = new Inputs(new Shape(2, COLS), dtype, fill, 7);
        Values expected = null;
        for (int threads = 1; threads <= 3; threads++) {
          try (CpuBackend backend = backend(threads);
              Run run = opCase.prepare(backend, inputs)) {
            run.erase();
            run.run();
            Values values = result(run);
            if (expected == null) { // more threads give the same bits
              Accuracy accuracy = run.check();
              assertEquals("", accuracy.detail(), opCase + " of " + inputs);
              expected = values;
            }
            assertEquals(-1, expected.differsAt(values), opCase + " on " + threads + " threads");
          }
        }
      }
    }
  }

  /** Of many rows each is one thread's, and has the bits that it has by itself. */
  @Test
  void manyRowsAreWalkedInTheSameSegments() {
    for (OpCase opCase : cases()) {
      Inputs inputs = new Inputs(new Shape(7, COLS), DType.F32, Fill.RISING, 3);
      Inputs one = new Inputs(new Shape(1, COLS), DType.F32, Fill.RISING, 3);
      try (CpuBackend backend = backend(2);
          Run all = opCase.prepare(backend, inputs);
          Run first = opCase.prepare(backend, one)) {
        all.run();
        assertEquals("", all.check().detail(), opCase.toString());
        first.run();
        Values expected = result(first);
        Values values = result(all);
        for (int j = 0; j < COLS; j++) {
          assertEquals(expected.get(j), values.get(j), opCase + ", column " + j);
        }
      }
    }
  }

  private static Values result(Run run) {
    return Values.of(
        run.op().operands().stream()
            .filter(each -> each.role().isOutput())
            .findFirst()
            .orElseThrow()
            .matrix());
  }

  /** What is found in one segment goes on in the next ones: an infinity, NaN, nothing so far. */
  @Test
  void handOnWhatIsNoNumber() {
    try (CpuBackend backend = backend(2)) {
      double[] x = new double[COLS];
      for (int at : new int[] {0, 5, 65_535, 65_536, 140_000, COLS - 1}) {
        Arrays.fill(x, 0, at, Double.NEGATIVE_INFINITY);
        double[] y = scan(backend, x);
        for (int j = 0; j < COLS; j++) {
          double expected = j < at ? Double.NEGATIVE_INFINITY : Math.log(j - at + 1);
          assertEquals(expected, y[j], 1e-13, "first number at " + at + ", column " + j);
        }
        double[] dx = gradient(backend, x, y);
        assertEquals(0, at == 0 ? 0 : dx[at - 1]);
        double sum = 0;
        for (int j = COLS - 1; j >= at; j--) {
          sum += 1.0 / (j - at + 1);
          assertEquals(sum, dx[j], 1e-12 * sum, "first number at " + at + ", column " + j);
        }
        x[at] = Double.POSITIVE_INFINITY;
        y = scan(backend, x);
        assertEquals(Double.POSITIVE_INFINITY, y[at]);
        assertEquals(Double.POSITIVE_INFINITY, y[COLS - 1]);
        assertEquals(Double.NaN, gradient(backend, x, y)[COLS - 1]);
        x[at] = Double.NaN;
        y = scan(backend, x);
        assertEquals(Double.NaN, y[at]);
        assertEquals(Double.NaN, y[COLS - 1]);
        assertEquals(at == 0 ? Double.NaN : Double.NEGATIVE_INFINITY, y[0]);
        x[at] = 0;
      }
    }
  }

  /** A dominant element hides what other segments add: its digits are those of log1p. */
  @Test
  void keepTheDigitsThatADominantElementHides() {
    try (CpuBackend backend = backend(2)) {
      for (int top : new int[] {0, 70_000, 180_000}) {
        double[] x = new double[COLS];
        Arrays.fill(x, -60);
        x[top] = 0;
        double[] y = scan(backend, x);
        for (int j = top; j < COLS; j += 997) {
          double expected = Math.log1p(j * Math.exp(-60));
          assertEquals(expected, y[j], 1e-12 * expected, "largest at " + top + ", column " + j);
        }
      }
    }
  }

  private static CpuBackend backend(int threads) {
    return PrimitivesUnderTest.hasVector()
        ? CpuBackend.vector(threads)
        : CpuBackend.scalar(threads);
  }

  private static double[] scan(CpuBackend backend, double[] x) {
    try (Matrix in = upload(backend, x);
        Matrix y = backend.allocate(in.shape(), DType.F64)) {
      backend.run(new LogCumSumExp(in, y));
      return read(y);
    }
  }

  private static double[] gradient(CpuBackend backend, double[] x, double[] y) {
    double[] ones = new double[x.length];
    Arrays.fill(ones, 1);
    try (Matrix in = upload(backend, x);
        Matrix sums = upload(backend, y);
        Matrix dy = upload(backend, ones);
        Matrix dx = backend.allocate(in.shape(), DType.F64)) {
      backend.run(new LogCumSumExpBackward(in, sums, dy, dx));
      return read(dx);
    }
  }

  private static Matrix upload(CpuBackend backend, double[] values) {
    Matrix matrix = backend.allocate(new Shape(1, values.length), DType.F64);
    matrix.write(0, DoubleBuffer.wrap(values));
    return matrix;
  }

  private static double[] read(Matrix matrix) {
    double[] values = new double[(int) matrix.shape().elements()];
    matrix.read(0, DoubleBuffer.wrap(values));
    return values;
  }
}
