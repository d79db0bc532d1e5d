package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogCumSumExpBackward;
import dev.logitcl.opencl.OpenBackends;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A long row in which each element is a little above the one before it: a running sum that followed
 * the largest element would be rounded once per element. The row {@code x_j = j h} has a geometric
 * series, {@code y_j = x_j + log((1 - exp(-(j + 1) h)) / (1 - exp(-h)))}.
 */
@Tag("kernels")
@Tag("turn-1")
final class SlowRiseTest {
  private static final int COLS = 65_536;

  /** A power of two, so that every x_j is exact in float32. */
  private static final double STEP = 0x1p-16;

  private static final double ULP = 4;

  @AutoClose private static final OpenBackends OPEN = new OpenBackends();
  @AutoClose private static final Backend JAVA = new CpuBackend();
  @AutoClose private static final Backend SCALAR = CpuBackend.scalar(1);

  static Stream<Arguments> calls() {
    return Stream.of(
        arguments("java", (Supplier<Backend>) () -> JAVA, DType.F64),
        arguments("scalar", (Supplier<Backend>) () -> SCALAR, DType.F32),
        arguments("scan_item", device("scan_item\tV=8"), DType.F32),
        arguments("scan_item", device("scan_item\tV=8"), DType.F64),
        arguments("scan_group", device("scan_group\tGROUP=16 V=4"), DType.F32));
  }

  private static Supplier<Backend> device(String variant) {
    return () -> OPEN.get("*\t*\t*\t*\t" + variant + "\n");
  }

  private static double expected(int j) {
    return j * STEP + Math.log(Math.expm1(-(j + 1) * STEP) / Math.expm1(-STEP));
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void costsNoDigits(String name, Supplier<Backend> opens, DType type) {
    Backend backend = opens.get();
    if (type == DType.F64 && !backend.device().fp64()) {
      return;
    }
    double unit = type == DType.F64 ? 0x1p-52 : 0x1p-23;
    Values x = new Values(type, COLS);
    Values last = new Values(type, COLS);
    for (int j = 0; j < COLS; j++) {
      x.set(j, j * STEP);
    }
    last.set(COLS - 1, 1);
    try (Matrix in = backend.upload(x.buffer(), 1, COLS, type);
        Matrix dy = backend.upload(last.buffer(), 1, COLS, type);
        Matrix y = backend.allocate(in.shape(), type);
        Matrix dx = backend.allocate(in.shape(), type)) {
      backend.run(new LogCumSumExp(in, y));
      backend.run(new LogCumSumExpBackward(in, y, dy, dx));
      Values sums = Values.of(y);
      Values gradient = Values.of(dx);
      double end = sums.get(COLS - 1);
      for (int j = 0; j < COLS; j++) {
        double sum = expected(j);
        assertEquals(sum, sums.get(j), ULP * unit * Math.max(1, sum), name + " y at " + j);
        // The softmax of the whole row; x - y is rounded.
        double p = Math.exp(j * STEP - end);
        assertEquals(p, gradient.get(j), (ULP + end) * unit * p, name + " dx at " + j);
      }
    }
  }
}
