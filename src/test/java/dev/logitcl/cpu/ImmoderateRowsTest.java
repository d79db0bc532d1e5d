package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.ExpectationBackward;
import dev.logitcl.op.LogAddExpBackward;
import dev.logitcl.op.LogSoftmaxJvp;
import dev.logitcl.op.WeightedLogSumExp;
import dev.logitcl.op.WeightedLogSumExpBackward;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rows that loops in float32 get wrong, because a product overflows, an exponential is taken as 0
 * where its weight is huge, or terms cancel: the Java path computes them as it computes float64.
 */
@Tag("java-path")
class ImmoderateRowsTest {
  private static final double INF = Double.POSITIVE_INFINITY;

  /** An operation on two matrices of one row and a gradient, with results of a row. */
  private interface Call {
    void run(Backend backend, Matrix x, Matrix w, Matrix g, Matrix y);
  }

  private static final Call EXPECTATION =
      (on, x, w, g, y) -> on.run(new ExpectationBackward(x, w, g, y));
  private static final Call JVP = (on, x, w, g, y) -> on.run(new LogSoftmaxJvp(x, w, y));
  private static final Call WEIGHTED =
      (on, x, w, g, y) -> on.run(new WeightedLogSumExpBackward(x, w, null, g, y));
  private static final Call SUM =
      (on, x, w, g, y) -> {
        try (Matrix sign = on.allocate(Shape.column(1), y.dtype())) {
          on.run(new WeightedLogSumExp(x, w, null, y, sign));
        }
      };

  private static final Call ADD =
      (on, x, w, g, y) -> {
        Values dy = new Values(y.dtype(), (int) y.cols());
        for (int k = 0; k < y.cols(); k++) {
          dy.set(k, Values.of(g).get(0));
        }
        try (Matrix all = on.upload(dy.buffer(), 1, y.cols(), y.dtype())) {
          on.run(new LogAddExpBackward(x, w, all, y));
        }
      };

  private static double[] row(int n, double value, double... placed) {
    double[] row = new double[n];
    Arrays.fill(row, value);
    for (int k = 0; k < placed.length; k += 2) {
      row[(int) placed[k]] = placed[k + 1];
    }
    return row;
  }

  private static double[] cancelling(boolean weights) {
    double[] row = new double[96];
    for (int k = 0; k < 48; k++) {
      double value = weights ? 1 : Math.sin(k * k) * 3;
      row[k] = value;
      row[95 - k] = weights ? -1 : value;
    }
    return row;
  }

  private static Arguments of(String name, Call call, double g, double[] x, double[] w) {
    return Arguments.of(name, call, g, x, w);
  }

  private static double[] list(double... values) {
    return values;
  }

  static Stream<Arguments> calls() {
    double max = Float.MAX_VALUE;
    return Stream.of(
        of("absent", EXPECTATION, 1, list(0, 0, -INF), list(2e38, 2e38, -3e38)),
        of("huge values", EXPECTATION, 1, list(0, 5), list(3e38, -3e38)),
        of("small gradient", EXPECTATION, 1e-30, list(0, 5), list(3e38, -3e38)),
        of("large gradient", EXPECTATION, 1e30, list(0, -60), list(1, 3)),
        of("largest values", JVP, 1, row(31, -Math.log(31)), row(31, max)),
        of("overflow", WEIGHTED, 1e37, row(1025, -200, 5, 0, 1024, 7.9), row(1025, 0.01)),
        of("underflow", WEIGHTED, 1, list(0, -20), list(1e37, 1e37)),
        of("weight of a small term", WEIGHTED, 1, list(92, 0), list(1e-10, 1e30)),
        of("sum of a small term", SUM, 1, list(92, 0), list(1e-10, 1e30)),
        of("sum of a smaller term", SUM, 1, list(30, -60), list(1e-20, 1e19)),
        of("denormal weights", SUM, 1, row(64, -0.5, 3, 0), row(64, 1e-44)),
        of("addition", ADD, 1e38, list(0, 0, -88, -90, -170, 5, -600, -INF), row(8, 0)),
        of("addition of many", ADD, -1e38, row(67, -1, 11, -100, 64, -100, 66, -88), row(67, 0)),
        of("addition and a little more than 1", ADD, 1000, row(35, -91, 3, -INF), row(35, 1)),
        of("addition and infinity", ADD, INF, row(35, -1, 2, -100, 33, -600), row(35, 1)),
        of("all cancel", SUM, 1, cancelling(false), cancelling(true)),
        of("gradient where all cancel", WEIGHTED, 1, cancelling(false), cancelling(true)));
  }

  private static Matrix upload(Backend on, double[] row, DType type) {
    Values values = new Values(type, row.length);
    for (int k = 0; k < row.length; k++) {
      values.set(k, (float) row[k]);
    }
    return on.upload(values.buffer(), 1, row.length, type);
  }

  private static double[] result(
      Backend on, Call call, double gradient, double[] row, double[] weights, DType type) {
    int results = call == SUM ? 1 : row.length;
    try (Matrix x = upload(on, row, type);
        Matrix w = upload(on, weights, type);
        Matrix g = upload(on, new double[] {gradient}, type);
        Matrix y = on.allocate(new Shape(1, results), type)) {
      call.run(on, x, w, g, y);
      Values values = Values.of(y);
      double[] read = new double[results];
      Arrays.setAll(read, values::get);
      return read;
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("calls")
  void areThoseOfFloat64(String name, Call call, double g, double[] x, double[] w) {
    for (RowPrimitives primitives : List.copyOf(PrimitivesUnderTest.all())) {
      try (Backend on = primitives.lanes() == 1 ? CpuBackend.scalar(1) : CpuBackend.vector(1)) {
        double[] expected = result(on, call, g, x, w, DType.F64);
        double[] got = result(on, call, g, x, w, DType.F32);
        for (int k = 0; k < got.length; k++) {
          double rounded = (float) expected[k];
          double tolerance = Double.isFinite(rounded) ? Math.abs(rounded) * 1e-6 : 0;
          assertEquals(rounded, got[k], tolerance, primitives.name() + " at " + k);
        }
      }
    }
  }
}
