package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.opencl.OpenBackends;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The calls that the roofs are measured with: copy, row sums, triad. */
@Tag("once")
final class MemoryCallsTest {
  @AutoClose private static final OpenBackends OPEN = new OpenBackends();

  /** Less than a vector, one more than a vector, more than an unrolled block, one long row. */
  @Tag("java-path")
  @ParameterizedTest
  @CsvSource({"1,1", "3,15", "5,17", "7,1025", "2,4097", "1,300001"})
  void onTheJavaPath(int rows, int cols) {
    for (TestBackend backend : TestBackends.java()) {
      try (backend) {
        check(backend.get(), rows, cols);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1", "3,15", "5,17", "7,1025", "2,4097", "1,300001"})
  void onADevice(int rows, int cols) {
    check(OPEN.get(""), rows, cols);
  }

  private static void check(Backend backend, int rows, int cols) {
    float[] a = new float[rows * cols];
    float[] b = new float[rows * cols];
    float[] triad = new float[rows * cols];
    float[] squares = new float[rows * cols];
    float[] sums = new float[rows];
    for (int k = 0; k < a.length; k++) {
      // Small integers: every sum and product is exact.
      a[k] = k % 7 - 3;
      b[k] = k % 5 - 2;
      triad[k] = a[k] * (b[k] - 4);
      squares[k] = a[k] * a[k];
      sums[k / cols] += a[k];
    }
    try (Matrix x = backend.upload(a, rows, cols);
        Matrix other = backend.upload(b, rows, cols);
        Matrix y = backend.allocate(x.shape());
        Matrix column = backend.allocateColumn(rows)) {
      backend.bandwidthProbe().triad(x, other, 4, y);
      assertArrayEquals(triad, read(y));
      backend.bandwidthProbe().triad(x, x, 0, y);
      assertArrayEquals(squares, read(y));
      backend.bandwidthProbe().copy(x, y);
      assertArrayEquals(a, read(y));
      backend.bandwidthProbe().rowSums(x, column);
      assertArrayEquals(sums, read(column));
    }
  }

  private static float[] read(Matrix matrix) {
    float[] values = new float[(int) matrix.shape().elements()];
    matrix.read(values);
    return values;
  }

  @Tag("java-path")
  @Test
  void whatTriadRefusesOnTheJavaPath() {
    try (Backend backend = new CpuBackend();
        Backend other = new CpuBackend()) {
      refusals(backend, other);
    }
  }

  @Test
  void whatTriadRefusesOnADevice() {
    try (Backend other = new CpuBackend()) {
      refusals(OPEN.get(""), other);
    }
  }

  private static void refusals(Backend backend, Backend other) {
    try (Matrix a = backend.upload(new float[6], 2, 3);
        Matrix b = backend.upload(new float[6], 3, 2);
        Matrix y = backend.upload(new float[6], 2, 3);
        Matrix others = other.upload(new float[6], 2, 3)) {
      for (Matrix[] operands :
          List.of(
              new Matrix[] {a, b, y},
              new Matrix[] {a, a, a},
              new Matrix[] {y, a, y},
              new Matrix[] {a, y, y},
              new Matrix[] {a, others, y})) {
        IllegalArgumentException e =
            assertThrows(
                IllegalArgumentException.class,
                () -> backend.bandwidthProbe().triad(operands[0], operands[1], 1, operands[2]));
        assertTrue(e.getMessage().startsWith("triad: "), e.getMessage());
      }
    }
  }
}
