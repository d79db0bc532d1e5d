package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.backend.Options;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.ComputeRowStats;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.Softmax;
import dev.logitcl.opencl.TestDevices;
import dev.logitcl.split.Small;
import dev.logitcl.split.SplitBackend;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation in parts, on two backends, and on devices that are too small for it. */
@Tag("once")
final class SplitTest {
  /** Bytes of a part: one row of 257 float32, whatever comes with it; a few of 64. */
  private static final long PART = 600;

  static List<OpCase> cases() {
    return OpCase.all();
  }

  private static SplitBackend two(long partBytes) {
    return SplitBackend.over(List.of(new CpuBackend(), new CpuBackend()), partBytes);
  }

  private static int parts(RunReport report) {
    String[] words = report.variant().split(" parts=", -1);
    return words.length == 1 ? 1 : Integer.parseInt(words[1]);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithDoublePrecision(OpCase opCase) {
    try (SplitBackend backend = two(PART)) {
      int most = 0;
      for (Shape shape :
          List.of(
              new Shape(17, 64),
              new Shape(65, 3),
              new Shape(5, 257),
              new Shape(1, 5000),
              new Shape(0, 3),
              new Shape(3, 0))) {
        if (opCase.accepts(shape.rows(), shape.cols())) {
          for (Fill fill : List.of(Fill.RANDOM, Fill.MASKED)) {
            Inputs inputs = new Inputs(shape, fill, 1);
            most = Math.max(most, parts(BackendContract.check(backend, opCase, inputs)));
          }
        }
      }
      assertTrue(most > 1 || opCase.type() == MatrixProduct.class, "never cut");
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void stridedRows(OpCase opCase) {
    try (SplitBackend backend = two(PART)) {
      if (opCase.accepts(96, 7) && opCase.type() != MatrixProduct.class) {
        RunReport report = Strided.check(backend, opCase, 24, 7, 4, Fill.RANDOM);
        assertTrue(parts(report) > 1 || report.variant().contains("gathered"), report.toString());
      }
    }
  }

  /** The devices there are, with their own kernels. */
  @Test
  void onOpenCl() {
    for (DeviceInfo device : TestDevices.all()) {
      try (Backend one = Backends.openCl(device, Options.DEFAULT);
          Backend other = Backends.openCl(device, Options.DEFAULT);
          SplitBackend backend = SplitBackend.over(List.of(one, other), 100_000)) {
        for (OpCase opCase : OpCase.listed()) {
          if (opCase.type() == LogSoftmax.class || opCase.type() == CrossEntropy.class) {
            Inputs inputs = new Inputs(new Shape(65, 1000), Fill.RANDOM, 1);
            assertTrue(parts(BackendContract.check(backend, opCase, inputs)) > 1);
          }
        }
      }
    }
  }

  /** Whatever the parts, the same bits, also of what is added up over all rows. */
  @Test
  void bitsDoNotDependOnTheBackends() {
    float[] x = random(50 * 40);
    int[] target = new int[50];
    float[][] results = new float[2][];
    for (int count = 1; count <= 2; count++) {
      List<Backend> who = List.<Backend>of(new CpuBackend(), new CpuBackend()).subList(0, count);
      try (SplitBackend backend = SplitBackend.over(who, PART)) {
        results[count - 1] =
            Rows.on(backend).crossEntropy(x, target, 50, 40, CrossEntropyOptions.DEFAULT);
      }
    }
    assertArrayEquals(results[0], results[1]);
  }

  /**
   * With the variant chosen by the columns alone, a row's bits don't depend on the size of parts.
   */
  @Test
  void bitsDoNotDependOnTheParts() {
    float[] x = random(90 * 1000);
    for (DeviceInfo device : TestDevices.all()) {
      try (Backend single = Backends.openCl(device, Options.DEFAULT.withBatchInvariance())) {
        float[] whole = Rows.on(single).logSoftmax(x, 90, 1000);
        for (long part : new long[] {8_000, 100_000, 1 << 20}) {
          try (SplitBackend backend = SplitBackend.over(List.of(single), part)) {
            assertArrayEquals(whole, Rows.on(backend).logSoftmax(x, 90, 1000));
          }
        }
      }
    }
  }

  /** A mean is over all rows that count, whichever part they are in. */
  @Test
  void meansAreOverAllRows() {
    CrossEntropyOptions options = new CrossEntropyOptions(Reduction.MEAN, OptionalInt.of(-1));
    int[] target = {0, -1, -1, -1, 1, 2, -1, -1};
    float[] x = random(8 * 3);
    try (Backend whole = new CpuBackend();
        SplitBackend backend = two(1)) {
      assertArrayEquals(
          Rows.on(whole).crossEntropy(x, target, 8, 3, options),
          Rows.on(backend).crossEntropy(x, target, 8, 3, options),
          1e-6f);
      assertArrayEquals(
          Rows.on(whole).crossEntropyBackward(x, target, 8, 3, options),
          Rows.on(backend).crossEntropyBackward(x, target, 8, 3, options),
          1e-6f);
      float[] probabilities = new float[24];
      java.util.Arrays.fill(probabilities, 1 / 3f);
      assertArrayEquals(
          Rows.on(whole).crossEntropy(x, probabilities, 8, 3, CrossEntropyOptions.DEFAULT),
          Rows.on(backend).crossEntropy(x, probabilities, 8, 3, CrossEntropyOptions.DEFAULT),
          1e-6f);
    }
  }

  @Test
  void targetsAreCheckedBeforeAnythingRuns() {
    try (SplitBackend backend = two(1);
        Matrix x = backend.upload(random(24), 8, 3);
        Matrix loss = backend.allocateColumn(1);
        Labels target = backend.upload(new int[] {0, 1, 2, 0, 1, 2, 3, 0})) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> new CrossEntropy(x, target, CrossEntropyOptions.DEFAULT, loss));
      assertTrue(e.getMessage().contains("target[6] is 3"), e.getMessage());
    }
  }

  /** Rows of 4 KB on a device whose largest buffer has 1 KB. */
  @Test
  void rowsThatAreTooLongAreCutByColumns() {
    Backend small = Small.backend(new CpuBackend(), "small", 1000, 0);
    try (SplitBackend backend = SplitBackend.over(List.of(small))) {
      for (OpCase opCase : OpCase.all()) {
        boolean served =
            (opCase.type() == LogSumExp.class
                    || opCase.type() == LogSoftmax.class
                    || opCase.type() == Softmax.class
                    || opCase.type() == ComputeRowStats.class)
                && !opCase.variant().contains("zero");
        if (served) {
          for (Fill fill : Fill.values()) {
            if (fill == Fill.LEADING || fill == Fill.PEAKED) {
              continue; // parts know their sums, not what a sum is above 1
            }
            RunReport report =
                BackendContract.check(backend, opCase, new Inputs(new Shape(3, 1001), fill, 1));
            assertTrue(parts(report) > 3, report.toString());
          }
        }
      }
    }
  }

  @Test
  void aRowThatNothingCutsIsRefusedWithNumbers() {
    Backend small = Small.backend(new CpuBackend(), "small", 1000, 0);
    try (SplitBackend backend = SplitBackend.over(List.of(small));
        Matrix x = backend.allocate(new Shape(2, 1001));
        Matrix y = backend.allocate(new Shape(2, 1001))) {
      DeviceMemoryException e =
          assertThrows(DeviceMemoryException.class, () -> backend.run(new LogCumSumExp(x, y)));
      assertEquals(4004, e.asked());
      assertEquals(1000, e.limit());
      assertTrue(e.getMessage().contains("small"), e.getMessage());
    }
  }

  /** {@link Rows} cuts what is larger than the largest buffer, or a quarter of the memory. */
  @Test
  void arraysLargerThanTheDevice() {
    float[] x = random(100 * 64);
    float[] expected;
    try (Backend java = new CpuBackend()) {
      expected = Rows.on(java).softmax(x, 100, 64);
    }
    for (long[] limits : new long[][] {{10_000, 0}, {0, 40_000}}) {
      Backend small = Small.backend(new CpuBackend(), "small", limits[0], limits[1]);
      assertArrayEquals(expected, Rows.on(small).softmax(x, 100, 64));
      assertArrayEquals(expected, Rows.on(small).softmax(x, 100, 64));
    }
  }

  /** Operands of the devices themselves are others' matrices. */
  @Test
  void takesItsOwnMatricesOnly() {
    try (Backend single = new CpuBackend();
        SplitBackend backend = SplitBackend.over(List.of(single));
        Matrix x = single.allocate(new Shape(2, 3));
        Matrix y = backend.allocate(new Shape(2, 3))) {
      assertThrows(IllegalArgumentException.class, () -> backend.run(new Softmax(x, y)));
    }
  }

  @Test
  void afterClosing() {
    CpuBackend single = new CpuBackend();
    SplitBackend backend = SplitBackend.of(List.of(single));
    Matrix x = backend.allocate(new Shape(2, 3));
    backend.close();
    assertTrue(single.isClosed() && x.isClosed() && backend.isClosed());
    assertThrows(IllegalStateException.class, () -> backend.allocate(new Shape(1, 1), DType.F32));
    SplitBackend.over(List.of(new CpuBackend())).close();
  }

  @Test
  void allDevicesAsOne() {
    float[] x = random(300 * 64);
    try (Backend all = Backends.all(Options.DEFAULT, true);
        Backend java = new CpuBackend()) {
      assertTrue(all.device().id().contains("java"), all.device().toString());
      assertArrayEquals(
          Rows.on(java).logSoftmax(x, 300, 64), Rows.on(all).logSoftmax(x, 300, 64), 1e-5f);
    }
  }

  private static float[] random(int length) {
    Random random = new Random(length);
    float[] values = new float[length];
    for (int k = 0; k < length; k++) {
      values[k] = (float) random.nextGaussian() * 3;
    }
    return values;
  }
}
