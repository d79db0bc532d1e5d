package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import dev.logitcl.opencl.OpenBackends;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A row with one element far above the rest: 1 + rest has lost the digits of rest, log1p(rest) has
 * not. Expected values in double precision, from the rest alone.
 */
@Tag("kernels")
@Tag("turn-0")
final class DominatedRowTest {
  @AutoClose private static final OpenBackends OPEN = new OpenBackends();
  @AutoClose private static final Backend JAVA = new CpuBackend();
  @AutoClose private static final Backend SCALAR = CpuBackend.scalar(1);

  private static final int ROWS = 5;

  static Stream<Arguments> calls() {
    List<String> variants =
        List.of(
            "",
            "row_per_item\tV=8 BLOCK=4",
            "split_row_item\tSEGS=3 V=8",
            "row_per_group\tGROUP=64 ITEMS=8 V=4",
            "row_per_group\tGROUP=16 ITEMS=32 ROWS=2 V=4",
            "row_per_group_online\tGROUP=64 ITEMS=4 V=4",
            "split_row_group\tGROUP=64 ITEMS=4 SEGS=4 V=4");
    // Each number of columns up to 32 is a program of its own, as shipped.
    Stream<Arguments> opencl =
        variants.stream()
            .flatMap(
                variant ->
                    (variant.isEmpty() ? Stream.of(17, 1003) : Stream.of(1003))
                        .map(cols -> arguments(variant, open(variant), (int) cols)));
    Stream<Arguments> java =
        Stream.of(2, 17, 1003)
            .flatMap(
                cols ->
                    Stream.of(
                        arguments("java", (Supplier<Backend>) () -> JAVA, (int) cols),
                        arguments("scalar", (Supplier<Backend>) () -> SCALAR, (int) cols)));
    return Stream.concat(opencl, java);
  }

  /** On a device, as shipped and where sums meet between work-items and between groups. */
  static Stream<Arguments> callsInDouble() {
    return calls()
        .filter(
            call -> {
              String name = (String) call.get()[0];
              return !name.startsWith("row_per") && !name.startsWith("split_row_item");
            });
  }

  private static Supplier<Backend> open(String variant) {
    return () -> OPEN.get(variant.isEmpty() ? "" : "*\t*\t*\t*\t" + variant + "\n");
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void theRestKeepsItsDigits(String name, Supplier<Backend> opens, int cols) {
    float[] x = new float[ROWS * cols];
    int[] winner = new int[ROWS];
    double[] rest = new double[ROWS];
    for (int i = 0; i < ROWS; i++) {
      // Row 0 is [0, -40, -40, ..]; others hold more, up to where nothing is lost.
      float below = new float[] {-40, -20, -10, -9, -3}[i];
      Arrays.fill(x, i * cols, (i + 1) * cols, below);
      winner[i] = (i * 7) % cols;
      x[i * cols + winner[i]] = 0;
      rest[i] = (cols - 1) * Math.exp(below);
    }
    Backend backend = opens.get();
    float[] lse = Rows.on(backend).logSumExp(x, ROWS, cols);
    float[] y = Rows.on(backend).logSoftmax(x, ROWS, cols);
    float[] loss =
        Rows.on(backend)
            .crossEntropy(x, winner, ROWS, cols, CrossEntropyOptions.DEFAULT.with(Reduction.NONE));
    for (int i = 0; i < ROWS; i++) {
      double expected = Math.log1p(rest[i]);
      // 3 ulp of exp, 3 of log1p, and the sum; above 9/8 the sum's own error counts, up to 9
      // times.
      double tolerance = expected * 9 * 0x1p-24 * (8 + Math.log(cols) / Math.log(2));
      assertEquals(expected, lse[i], tolerance, "lse of row " + i);
      assertEquals(-expected, y[i * cols + winner[i]], tolerance, "log-softmax of row " + i);
      assertEquals(expected, loss[i], tolerance, "loss of row " + i);
    }
  }

  /** In float64: 1 - y is lost in y, and dy - sum dy*y would be 0 at the winner. */
  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("callsInDouble")
  void theWinnersGradientKeepsItsDigits(String name, Supplier<Backend> opens, int cols) {
    double[] y = new double[ROWS * cols];
    double[] dy = new double[ROWS * cols];
    double[] expected = new double[ROWS * cols];
    for (int i = 0; i < ROWS; i++) {
      int first = i * cols;
      int winner = first + (i * 7) % cols;
      double weight = Math.exp(new double[] {-40, -37, -20, -10, -9}[i]);
      double all = 1 + (cols - 1) * weight;
      double lost = 0;
      for (int j = first; j < first + cols; j++) {
        y[j] = (j == winner ? 1 : weight) / all;
        dy[j] = j == winner ? 1 : 0.5 * Math.sin(j);
        lost += y[j] * (1 - dy[j]);
      }
      for (int j = first; j < first + cols; j++) {
        expected[j] = y[j] * (dy[j] - 1 + lost);
      }
    }
    Backend backend = opens.get();
    if (!backend.device().fp64()) {
      return;
    }
    double[] dx = Rows.on(backend).softmaxBackward(y, dy, ROWS, cols);
    for (int j = 0; j < dx.length; j++) {
      // Sums of up to 1003 terms, none of which cancels to less than half of its parts.
      assertEquals(expected[j], dx[j], 1e-13 * Math.abs(expected[j]), "element " + j);
    }
  }
}
