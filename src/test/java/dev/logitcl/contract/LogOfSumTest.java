package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.TokenLogProbs;
import dev.logitcl.op.TokenLogProbs.Outputs;
import dev.logitcl.op.WeightedLogSumExp;
import dev.logitcl.opencl.OpenBackends;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation that takes the logarithm of a sum of exponentials keeps the digits of what all
 * but the largest add to it. Expected values from decimal arithmetic with forty digits.
 */
@Tag("kernels")
@Tag("turn-4")
final class LogOfSumTest {
  private static final MathContext DIGITS = new MathContext(40);

  /** What a series leaves out from here on: small beside the smallest result, exp(-125). */
  private static final BigDecimal LAST = new BigDecimal("1e-80");

  private static final Map<List<Double>, Double> KNOWN = new ConcurrentHashMap<>();

  private static final int ROWS = 150;

  @AutoClose private static final OpenBackends OPEN = new OpenBackends();

  @AutoClose private static final Backend JAVA = new CpuBackend();
  @AutoClose private static final Backend SCALAR = CpuBackend.scalar(1);

  private static final List<String> VARIANTS =
      List.of(
          "row_per_item\tV=8 BLOCK=4",
          "split_row_item\tSEGS=3 V=4",
          "row_per_group\tGROUP=16 ITEMS=4 V=4",
          "row_per_group\tGROUP=16 ITEMS=32 ROWS=2 V=4",
          "row_per_group_online\tGROUP=16 ITEMS=4 V=4",
          "split_row_group\tGROUP=16 ITEMS=4 SEGS=3 V=4");

  private static final List<String> WALKS =
      List.of(
          "scan_item\tV=8",
          "scan_group\tGROUP=16 V=4",
          "top_item\tV=8 BLOCK=4",
          "top_group\tGROUP=16 V=4");

  private static Supplier<Backend> device(String variant) {
    return () -> OPEN.get(variant.isEmpty() ? "" : "*\t*\t*\t*\t" + variant + "\n");
  }

  /** The Java path in every type; the device as shipped, and other geometries, which take turns. */
  static Stream<Arguments> calls() {
    Stream<DType> types = Arrays.stream(DType.values()).filter(DType::isFloat);
    Stream<Arguments> java =
        types.flatMap(
            type ->
                Stream.of(
                    arguments("java", (Supplier<Backend>) () -> JAVA, type),
                    arguments("scalar", (Supplier<Backend>) () -> SCALAR, type)));
    Stream<Arguments> shipped =
        Stream.concat(
                Stream.of(DType.F32),
                Scope.ofThisRun().turn(List.of(DType.F64, DType.F16, DType.BF16), 3).stream())
            .map(type -> arguments("as shipped", device(""), type));
    return Stream.concat(Stream.concat(java, shipped), forced(VARIANTS));
  }

  static Stream<Arguments> callsAndWalks() {
    return Stream.concat(calls(), forced(WALKS));
  }

  private static Stream<Arguments> forced(List<String> variants) {
    return Scope.ofThisRun().turn(variants, 2).stream()
        .map(each -> arguments(each, device(each), DType.F32));
  }

  /** Where max is 0 and x - max exact, 3 ulp of log(s) at every s, of two elements to eight. */
  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void shortRowsErrByThreeUlp(String name, Supplier<Backend> opens, DType type) {
    Backend backend = opens.get();
    if (type == DType.F64 && !backend.device().fp64()) {
      return;
    }
    // Each number of columns is a program of its own, as shipped.
    int[] columns = name.equals("as shipped") ? new int[] {2, 8} : new int[] {2, 3, 5, 8};
    for (int cols : columns) {
      double[] x = new double[ROWS * cols];
      Random random = new Random(cols);
      for (int i = 0; i < ROWS; i++) {
        // From rows with all but one element far below to rows of equals: s from 1 to cols.
        double depth = Math.pow(10, -4 + 6.0 * i / ROWS);
        for (int j = 0; j < cols; j++) {
          x[i * cols + j] = type.round(-depth * (1 + random.nextDouble() / 4));
        }
        x[i * cols + random.nextInt(cols)] = 0;
      }
      if (type == DType.F32 && cols == 2) {
        x[0] = 0;
        x[1] = (float) -2.0312712; // s = 1.131
      }
      double[] lse = logSumExp(backend, x, cols, type);
      for (int i = 0; i < ROWS; i++) {
        double[] row = Arrays.copyOfRange(x, i * cols, (i + 1) * cols);
        double expected = logSum(row);
        double ulp = type.arithmetic().codec().spacing(expected);
        String what = "lse of " + Arrays.toString(row);
        assertEquals(expected, lse[i], 3 * ulp + tiny(type), what);
      }
    }
  }

  /** Results below the smallest normal number may be 0. */
  private static double tiny(DType type) {
    return 8 * type.arithmetic().codec().smallestNormal();
  }

  private static double[] logSumExp(Backend backend, double[] x, int cols, DType type) {
    try (Matrix in = upload(backend, x, x.length / cols, cols, type);
        Matrix lse = backend.allocate(Shape.column(in.rows()), type.arithmetic())) {
      backend.run(new LogSumExp(in, lse));
      return read(lse);
    }
  }

  /** Rows [.., 0, .., -d, ..] in which all else is -inf: s is 1 + exp(-d). */
  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("callsAndWalks")
  void everyOperationKeepsTheRest(String name, Supplier<Backend> opens, DType type) {
    double[] below = {40, 15, 2, 60, 9};
    int rows = below.length;
    int cols = 40;
    double[] x = new double[rows * cols];
    Arrays.fill(x, Double.NEGATIVE_INFINITY);
    double[] ones = new double[rows * cols];
    Arrays.fill(ones, 1);
    int[] chosen = new int[rows];
    for (int i = 0; i < rows; i++) {
      chosen[i] = 33;
      x[i * cols + 33] = 0;
      x[i * cols + (i % 2 == 0 ? 7 : 34)] = -below[i];
    }
    Backend backend = opens.get();
    if (type == DType.F64 && !backend.device().fp64()) {
      return;
    }
    DType arithmetic = type.arithmetic();
    try (Matrix in = upload(backend, x, rows, cols, type);
        Matrix weights = upload(backend, ones, rows, cols, type);
        Labels tokens = backend.upload(chosen);
        Matrix logProb = backend.allocate(Shape.column(rows), arithmetic);
        Matrix rank = backend.allocate(Shape.column(rows), DType.I32);
        Matrix top = backend.allocate(Shape.column(rows), DType.I32);
        Matrix topLogProb = backend.allocate(Shape.column(rows), arithmetic);
        Matrix entropy = backend.allocate(Shape.column(rows), arithmetic);
        Matrix max = backend.allocate(Shape.column(rows), arithmetic);
        Matrix log = backend.allocate(Shape.column(rows), arithmetic);
        Matrix lse = backend.allocate(Shape.column(rows), arithmetic);
        Matrix sign = backend.allocate(Shape.column(rows), arithmetic);
        Matrix y = backend.allocate(in.shape(), type)) {
      backend.run(
          new TokenLogProbs(
              in,
              tokens,
              Outputs.NONE
                  .withChosen(logProb, rank)
                  .withTop(top, topLogProb)
                  .withEntropy(entropy)
                  .withStatistics(max, log)));
      backend.run(new WeightedLogSumExp(in, weights, null, lse, sign));
      backend.run(new LogCumSumExp(in, y));
      for (int i = 0; i < rows; i++) {
        double[] row = {0, -below[i]};
        double expected = logSum(row);
        double p = Math.exp(-below[i]) / (1 + Math.exp(-below[i]));
        String what = " of a row with " + -below[i] + " below 0";
        close(expected, read(log)[i], arithmetic, "log of the sum" + what);
        close(-expected, read(logProb)[i], arithmetic, "chosen" + what);
        close(-expected, read(topLogProb)[i], arithmetic, "top" + what);
        close(expected + p * below[i], read(entropy)[i], arithmetic, "entropy" + what);
        close(expected, read(lse)[i], arithmetic, "weighted logsumexp" + what);
        close(expected, read(y)[(i + 1) * cols - 1], type, "running sum" + what);
      }
    }
  }

  /** A weight other than 1 at the maximum, of which the others make a sum near 1 or -1. */
  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void weightsThatAddUpToNearlyOne(String name, Supplier<Backend> opens, DType type) {
    double[][] a = {{0, -1e-3}, {0, -20}, {0, -20}, {0, -0.5}};
    double[][] b = {{0.5, 0.5}, {1, -1}, {-1, 1}, {0.75, 0.25}};
    int cols = 40;
    double[] x = new double[a.length * cols];
    double[] weights = new double[a.length * cols];
    Arrays.fill(weights, 3);
    Arrays.fill(x, Double.NEGATIVE_INFINITY);
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < 2; j++) {
        int at = i * cols + (j == 0 ? 33 : 7);
        x[at] = type.round(a[i][j]);
        weights[at] = b[i][j];
      }
    }
    Backend backend = opens.get();
    if (type == DType.F64 && !backend.device().fp64()) {
      return;
    }
    try (Matrix in = upload(backend, x, a.length, cols, type);
        Matrix by = upload(backend, weights, a.length, cols, type);
        Matrix lse = backend.allocate(Shape.column(a.length), type.arithmetic());
        Matrix sign = backend.allocate(Shape.column(a.length), type.arithmetic())) {
      backend.run(new WeightedLogSumExp(in, by, null, lse, sign));
      double u = type.arithmetic().codec().spacing(1) / 2;
      for (int i = 0; i < a.length; i++) {
        BigDecimal second = exp(type.round(a[i][1])).multiply(new BigDecimal(b[i][1]));
        BigDecimal sum = new BigDecimal(b[i][0]).add(second);
        double expected = log(sum.abs());
        // The second term errs by an exponential and a product; log1p by 3 ulp.
        double tolerance = 8 * u * Math.abs(second.doubleValue()) + 6 * u * Math.abs(expected);
        assertEquals(expected, read(lse)[i], tolerance, "row " + i);
        assertEquals(sum.signum(), read(sign)[i]);
      }
    }
  }

  private static void close(double expected, double value, DType type, String what) {
    assertEquals(expected, value, 8 * type.codec().spacing(expected) + tiny(type), what);
  }

  private static Matrix upload(Backend backend, double[] x, long rows, long cols, DType type) {
    Values values = new Values(type, x.length);
    for (int k = 0; k < x.length; k++) {
      values.set(k, x[k]);
    }
    return backend.upload(values.buffer(), rows, cols, type);
  }

  private static double[] read(Matrix matrix) {
    Values values = Values.of(matrix);
    double[] read = new double[values.length()];
    for (int k = 0; k < read.length; k++) {
      read[k] = values.get(k);
    }
    return read;
  }

  /** log(sum exp(x)) of a row whose maximum is 0; the rows of each call are those of the others. */
  private static double logSum(double[] x) {
    return KNOWN.computeIfAbsent(
        Arrays.stream(x).boxed().toList(),
        row -> {
          BigDecimal sum = BigDecimal.ZERO;
          for (double value : row) {
            sum = sum.add(value == Double.NEGATIVE_INFINITY ? BigDecimal.ZERO : exp(value));
          }
          return log(sum);
        });
  }

  /** Taylor's series at x / 2^12, squared twelve times. */
  private static BigDecimal exp(double x) {
    BigDecimal small = new BigDecimal(x).divide(new BigDecimal(4096), DIGITS);
    BigDecimal sum = BigDecimal.ONE;
    BigDecimal term = BigDecimal.ONE;
    for (int k = 1; term.abs().compareTo(LAST) > 0; k++) {
      term = term.multiply(small, DIGITS).divide(new BigDecimal(k), DIGITS);
      sum = sum.add(term, DIGITS);
    }
    for (int k = 0; k < 12; k++) {
      sum = sum.multiply(sum, DIGITS);
    }
    return sum;
  }

  /** Twice the series of artanh((s - 1) / (s + 1)), for s near 1 and up to 8. */
  private static double log(BigDecimal s) {
    BigDecimal q = s.subtract(BigDecimal.ONE).divide(s.add(BigDecimal.ONE), DIGITS);
    BigDecimal square = q.multiply(q, DIGITS);
    BigDecimal power = q;
    BigDecimal sum = BigDecimal.ZERO;
    for (int k = 1; power.abs().compareTo(LAST) > 0; k += 2) {
      sum = sum.add(power.divide(new BigDecimal(k), DIGITS), DIGITS);
      power = power.multiply(square, DIGITS);
    }
    assertTrue(s.signum() > 0);
    return 2 * sum.doubleValue();
  }
}
