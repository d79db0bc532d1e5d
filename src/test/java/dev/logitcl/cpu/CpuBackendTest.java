package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.contract.Views;
import dev.logitcl.lifecycle.Patience;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.Softmax;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Matrices, their lifetime, reports and messages of the Java backend. */
@Tag("java-path")
class CpuBackendTest {

  private static float[] counting(int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = i;
    }
    return values;
  }

  @Test
  void reportsWhatRan() {
    try (CpuBackend backend = CpuBackend.scalar(1);
        Matrix x = backend.upload(counting(6), 2, 3);
        Matrix none = backend.upload(new float[0], 0, 3);
        Matrix lse = backend.allocateColumn(2)) {
      RunReport report = backend.run(new LogSoftmax(x, x));
      assertEquals(
          new RunReport("scalar threads=1", List.of("log_softmax_forward__java_scalar")), report);
      assertEquals(
          List.of("log_sum_exp_forward__java_scalar"),
          backend.run(new LogSumExp(x, lse)).entryPoints());
      assertEquals(List.of(), backend.run(new LogSoftmax(none, none)).entryPoints());
    }
    RowWalk.Sizes small = new RowWalk.Sizes(10, 10, 10);
    try (CpuBackend backend = new CpuBackend(Primitives.scalar(), 2, small, 1 << 20);
        Matrix few = backend.upload(counting(60), 2, 30);
        Matrix many = backend.upload(counting(60), 30, 2)) {
      assertEquals("scalar threads=2 split", backend.run(new LogSoftmax(few, few)).variant());
      assertEquals("scalar threads=2", backend.run(new LogSoftmax(many, many)).variant());
    }
  }

  @Test
  void describesItself() {
    try (CpuBackend backend = new CpuBackend()) {
      DeviceInfo device = backend.device();
      assertEquals("java", device.id());
      assertEquals(DeviceInfo.Kind.JAVA, device.kind());
      assertTrue(device.usable());
      assertTrue(device.name().startsWith("Java " + Runtime.version().feature()), device.name());
      assertEquals(PrimitivesUnderTest.hasVector(), device.name().contains("vector"));
    }
  }

  @Test
  void sharedArrayIsTheMatrix() {
    float[] values = {1, 2, 3, 4};
    try (CpuBackend backend = CpuBackend.scalar(1);
        Matrix x = backend.share(values, 2, 2);
        Matrix same = backend.share(values, 2, 2);
        Matrix other = backend.allocate(new Shape(2, 2))) {
      backend.run(new LogSoftmax(x, x));
      assertEquals((float) -Math.log1p(Math.exp(-1)), values[1], 1e-7f);
      assertTrue(x.sharesMemoryWith(same));
      assertTrue(x.sharesMemoryWith(x));
      assertFalse(x.sharesMemoryWith(other));
      x.write(values);
      x.read(values);
      other.write(values);
      float[] copy = new float[4];
      other.read(copy);
      assertArrayEquals(values, copy);
      assertThrows(IllegalArgumentException.class, () -> x.write(new float[3]));
      assertThrows(IllegalArgumentException.class, () -> x.read(new float[5]));
      assertThrows(IllegalArgumentException.class, () -> backend.share(values, 2, 3));
    }
  }

  @Test
  void sharedDoublesAreTheMatrix() {
    double[] values = {1, 2, 3, 4};
    try (CpuBackend backend = CpuBackend.scalar(1);
        Matrix x = backend.share(values, 2, 2)) {
      x.write(values);
      backend.run(new LogSoftmax(x, x));
      x.read(values);
      assertEquals(-Math.log1p(Math.exp(-1)), values[1], 1e-15);
      double[] copy = new double[4];
      x.read(copy);
      assertArrayEquals(values, copy);
      x.write(2, DoubleBuffer.wrap(values, 0, 2)); // another place of its own array
      assertArrayEquals(new double[] {copy[0], copy[1], copy[0], copy[1]}, values);
      assertThrows(IllegalArgumentException.class, () -> backend.share(values, 2, 3));
    }
  }

  static List<OpCase> cases() {
    return OpCase.all();
  }

  /** Rows of a matrix that lies in several arrays: within one of them, and across. */
  @ParameterizedTest
  @MethodSource("cases")
  void viewsOfRowsAcrossArrays(OpCase opCase) {
    try (CpuBackend backend =
        new CpuBackend(Primitives.scalar(), 2, RowWalk.Sizes.DEFAULT, 3 * 37 + 5)) {
      for (int cols : new int[] {37, 5}) {
        for (int gap : new int[] {1, 4}) {
          Views.check(backend, opCase, new Inputs(new Shape(7, cols), Fill.RANDOM, 1), gap, false);
        }
      }
    }
  }

  @Test
  void writesAndReadsAcrossArrays() {
    int rows = 11;
    int cols = 7;
    // Two rows to an array, the last one alone.
    try (CpuBackend backend =
            new CpuBackend(Primitives.scalar(), 1, RowWalk.Sizes.DEFAULT, 2 * cols + 3);
        Matrix x = backend.upload(counting(rows * cols), rows, cols);
        Matrix y = backend.allocate(x.shape());
        Matrix sums = backend.allocateColumn(rows)) {
      for (int from = 0; from <= rows * cols; from++) {
        for (int n = 0; from + n <= rows * cols; n++) {
          FloatBuffer target = FloatBuffer.allocate(n + 2).position(1).limit(n + 1);
          x.read(from, target);
          assertEquals(1, target.position());
          for (int k = 0; k < n; k++) {
            assertEquals(from + k, target.get(1 + k));
          }
        }
      }
      x.write(20, FloatBuffer.wrap(new float[] {-1, -2, -3}));
      float[] all = new float[rows * cols];
      backend.bandwidthProbe().copy(x, y);
      y.read(all);
      float[] expected = counting(rows * cols);
      expected[20] = -1;
      expected[21] = -2;
      expected[22] = -3;
      assertArrayEquals(expected, all);
      backend.bandwidthProbe().rowSums(x, sums);
      float[] perRow = new float[rows];
      sums.read(perRow);
      assertEquals(0 + 1 + 2 + 3 + 4 + 5 + 6, perRow[0]);
      assertThrows(
          IllegalArgumentException.class, () -> x.read(rows * cols - 1, FloatBuffer.allocate(2)));
      assertThrows(IllegalArgumentException.class, () -> x.read(-1, FloatBuffer.allocate(2)));
    }
  }

  @Test
  void refusesWhatTheHeapCannotHold() {
    try (CpuBackend backend = new CpuBackend()) {
      Shape huge = new Shape(1L << 40, 1000);
      DeviceMemoryException e =
          assertThrows(DeviceMemoryException.class, () -> backend.allocate(huge));
      assertEquals((1L << 40) * 4000, e.asked());
      assertEquals(Runtime.getRuntime().maxMemory(), e.limit());
      // Filling a large heap takes long, and page by page from the machine.
      assumeTrue(Runtime.getRuntime().maxMemory() <= 4L << 30);
      // Less than the heap's size, yet more than fits beside what is there: the JVM finds out.
      long rows = Runtime.getRuntime().maxMemory() / 4 / 1024;
      DeviceMemoryException tight =
          assertThrows(DeviceMemoryException.class, () -> backend.allocate(new Shape(rows, 1024)));
      assertTrue(tight.getCause() instanceof OutOfMemoryError);
      try (Matrix small = backend.allocate(new Shape(1, 1))) {
        assertEquals(1, small.cols());
      }
    }
  }

  @Test
  void refusesOperandsOfAnotherBackend() {
    try (CpuBackend one = CpuBackend.scalar(1);
        CpuBackend other = CpuBackend.scalar(1);
        Matrix x = one.upload(new float[6], 2, 3);
        Matrix y = other.allocate(x.shape());
        Matrix loss = one.allocateColumn(1);
        Labels target = other.upload(new int[2])) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> one.run(new LogSoftmax(x, y)));
      assertTrue(
          e.getMessage().startsWith("LogSoftmax: y belongs to another backend"), e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class,
              () -> one.run(new CrossEntropy(x, target, CrossEntropyOptions.DEFAULT, loss)));
      assertTrue(e.getMessage().startsWith("CrossEntropy: target belongs"), e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> one.bandwidthProbe().copy(x, y));
    }
  }

  @Test
  void findsTargetsThatWentOutOfRange() {
    try (CpuBackend backend = CpuBackend.scalar(1);
        Matrix x = backend.upload(new float[6], 2, 3);
        Matrix loss = backend.allocateColumn(1);
        Labels target = backend.upload(new int[2])) {
      CrossEntropy op = new CrossEntropy(x, target, CrossEntropyOptions.DEFAULT, loss);
      backend.run(op);
      target.write(new int[] {0, 3});
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> backend.run(op));
      assertTrue(e.getMessage().startsWith("target[1] is 3"), e.getMessage());
    }
  }

  @Test
  void closedIsClosed() {
    CpuBackend backend = CpuBackend.scalar(1);
    Matrix first = backend.upload(new float[6], 2, 3);
    Matrix second = backend.upload(new float[6], 2, 3);
    Labels labels = backend.upload(new long[] {1, 2});
    LogSoftmax op = new LogSoftmax(first, second);
    first.close();
    first.close();
    assertTrue(first.isClosed());
    assertThrows(IllegalStateException.class, () -> first.read(new float[6]));
    assertThrows(IllegalStateException.class, () -> first.write(0, FloatBuffer.allocate(1)));
    assertTrue(
        assertThrows(IllegalStateException.class, () -> backend.run(op))
            .getMessage()
            .contains("x"));
    backend.close();
    backend.close();
    assertTrue(backend.isClosed());
    assertTrue(second.isClosed());
    assertTrue(labels.isClosed());
    assertThrows(IllegalStateException.class, () -> labels.write(new int[2]));
    assertThrows(IllegalStateException.class, () -> backend.allocate(new Shape(1, 1)));
    assertThrows(IllegalStateException.class, () -> backend.upload(new int[1]));
    assertThrows(IllegalStateException.class, () -> backend.run(op));
    assertThrows(IllegalStateException.class, backend::finish);
  }

  @Test
  @Timeout(Patience.SECONDS)
  void partsThatFailStopTheJob() {
    Workers workers = new Workers(4);
    for (int i = 0; i < 100; i++) {
      ArithmeticException e =
          assertThrows(
              ArithmeticException.class,
              () ->
                  workers.run(
                      50,
                      part -> {
                        if (part == 17) {
                          throw new ArithmeticException("part 17");
                        }
                      }));
      assertEquals("part 17", e.getMessage());
    }
  }

  /** So many rows that walking them would take days. */
  @Test
  void rowsWithoutElementsAreNotWalked() {
    try (CpuBackend java = new CpuBackend();
        Matrix x = java.allocate(new Shape(1L << 40, 0))) {
      RunReport report =
          assertTimeoutPreemptively(
              Duration.ofSeconds(Patience.SECONDS), () -> java.run(new Softmax(x, x)));
      assertEquals(List.of(), report.entryPoints());
    }
  }
}
