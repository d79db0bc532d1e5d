package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.OpCase;
import dev.logitcl.kernel.Geometry;
import dev.logitcl.kernel.Range;
import dev.logitcl.kernel.Variant;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.opencl.OpenClBackend;
import dev.logitcl.opencl.TestDevices;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rows along any axis except the last, on the Java path, and where no strided kernel serves; {@link
 * OpenClGeometriesTest} has the kernels.
 */
@Tag("once")
final class StridedTest {
  private static final int[] COLS = {0, 2, 17, 300};

  static Stream<Arguments> javaPath() {
    List<TestBackend> backends = TestBackends.java();
    List<TestBackend> chosen = backends.subList(1, 2);
    return (Scope.ofThisRun().isAll() ? backends : chosen)
        .stream()
            .flatMap(
                java ->
                    OpCase.all().stream()
                        .filter(opCase -> opCase.type() != MatrixProduct.class) // no rows
                        .map(opCase -> arguments(java, opCase)));
  }

  static List<DeviceInfo> devices() {
    return TestDevices.all();
  }

  /** Where no row of the table takes strided rows they are gathered, in place too. */
  @ParameterizedTest
  @MethodSource("devices")
  void withoutAStridedRowOfTheTable(DeviceInfo device) {
    Range any = new Range("*", new Range.Bound(0, false), new Range.Bound(Long.MAX_VALUE, false));
    Variant dense = new Variant("test", "*", "*", any, any, Geometry.ROW_PER_ITEM, Map.of("V", 4));
    float[] values = new float[2 * 5 * 3];
    for (int k = 0; k < values.length; k++) {
      values[k] = k % 7;
    }
    Shape shape = new Shape(6, 5, 3);
    float[] expected = new float[values.length];
    float[] gathered = new float[values.length];
    try (Backend java = Backends.cpu();
        Matrix x = java.upload(values, shape)) {
      java.run(new LogSoftmax(x, x));
      x.read(expected);
    }
    try (OpenClBackend backend = (OpenClBackend) Backends.openCl(device, Options.DEFAULT);
        Matrix x = backend.upload(values, shape)) {
      RunReport report = backend.run(new LogSoftmax(x, x), VariantTable.only(dense));
      assertEquals(List.of("log_softmax_forward__row_per_item"), report.entryPoints());
      assertEquals("row_per_item V=4, gathered", report.variant());
      x.read(gathered);
    }
    assertArrayEquals(expected, gathered, 1e-6f);
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("javaPath")
  @Tag("java-path")
  void javaPath(TestBackend java, OpCase opCase) {
    try (java) {
      for (int inner : new int[] {2, 17, 100}) {
        for (int cols : COLS) {
          if (opCase.accepts(3L * inner, cols)) {
            Strided.check(java.get(), opCase, 3, cols, inner, Fill.MASKED);
          }
        }
      }
    }
  }
}
