package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
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
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.opencl.OpenClBackend;
import dev.logitcl.opencl.TestDevices;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows along any axis but the last: each strided geometry forced, and the Java path. */
final class StridedTest {
  /** Fewer than a vector, a vector, a whole tile and more. */
  private static final int[] INNER = {1, 3, 17, 100};

  private static final int[] COLS = {0, 2, 17, 300};

  /** Operations that strided kernels serve; others may be gathered. */
  private static final Set<String> SERVED =
      Set.of("logsumexp", "log-softmax", "softmax", "cross-entropy");

  /** Options under which each geometry takes its every path. */
  private static final List<String> GEOMETRIES =
      List.of(
          "strided_item\tITEMS_PER_CU=8 STREAM=0 V=8",
          "strided_item\tITEMS_PER_CU=8 TILE=1 V=16",
          "strided_group\tGROUP=64 V=1",
          "strided_group\tCHUNK=4 GROUP=32 ITEMS=2 TILE=8 V=1");

  private static final Map<String, Backend> OPEN = new HashMap<>();

  /** What is forced here. */
  static Set<String> geometries() {
    return GEOMETRIES.stream()
        .map(row -> row.substring(0, row.indexOf('\t')))
        .collect(Collectors.toSet());
  }

  @AfterAll
  static void close() {
    OPEN.values().forEach(Backend::close);
    OPEN.clear();
  }

  private static Stream<Arguments> cases(List<?> devices) {
    return devices.stream()
        .flatMap(
            on ->
                OpCase.all().stream()
                    .filter(TestBackend::isOneOfItsKind)
                    .filter(opCase -> opCase.type() != MatrixProduct.class) // no rows
                    .map(opCase -> arguments(on, opCase)));
  }

  /**
   * The core under the first options of a geometry; under the others an op with everything and one.
   */
  static Stream<Arguments> forced() {
    return cases(TestDevices.all().isEmpty() ? List.of() : GEOMETRIES)
        .filter(
            test -> {
              String geometry = (String) test.get()[0];
              OpCase opCase = (OpCase) test.get()[1];
              return (GEOMETRIES.indexOf(geometry) % 2 == 0 && SERVED.contains(opCase.op()))
                  || opCase.op().equals("cross-entropy")
                  || opCase.type() == LogSoftmaxBackward.class;
            });
  }

  static Stream<Arguments> javaPath() {
    return cases(TestBackends.java());
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("forced")
  void everyGeometry(String variant, OpCase opCase) {
    Backend backend = open(variant);
    int served = 0;
    for (int inner : INNER) {
      for (int cols : COLS) {
        for (Fill fill :
            cols == 17 && (inner == 3 || inner == 17) ? Fill.values() : new Fill[] {Fill.MASKED}) {
          int outer = cols * inner > 2000 ? 2 : 3;
          if (opCase.accepts((long) outer * inner, cols)) {
            RunReport report = Strided.check(backend, opCase, outer, cols, inner, fill);
            if (report.entryPoints().stream().anyMatch(entry -> entry.contains("__strided"))) {
              assertEquals(variant.replace('\t', ' '), report.variant());
              served++;
            }
          }
        }
      }
    }
    assertTrue(served > 0 || !SERVED.contains(opCase.op()), "never ran");
  }

  private static Backend open(String variant) {
    return OPEN.computeIfAbsent(
        variant,
        row ->
            Backends.openCl(
                TestDevices.all().get(0), Options.DEFAULT.withVariants("*\t*\t*\t*\t" + row)));
  }

  /** On a worker and on a group: a sum, and everything at once. */
  static Stream<Arguments> types() {
    return forced()
        .filter(test -> GEOMETRIES.indexOf(test.get()[0]) % 2 == 0)
        .filter(test -> ElementTypesTest.isCore((OpCase) test.get()[1]))
        .flatMap(
            test ->
                Stream.of(DType.F64, DType.F16, DType.BF16)
                    .map(type -> arguments(test.get()[0], type, test.get()[1])));
  }

  @ParameterizedTest(name = "{2} of {1} on {0}")
  @MethodSource("types")
  void everyType(String variant, DType type, OpCase opCase) {
    Backend backend = open(variant);
    if (type == DType.F64 && !backend.device().fp64()) {
      return;
    }
    for (int inner : new int[] {3, 17}) {
      for (Fill fill : List.of(Fill.MASKED, Fill.NAN_AND_INF)) {
        RunReport report = Strided.check(backend, opCase, 2, 40, inner, type, fill);
        assertEquals(variant.replace('\t', ' '), report.variant());
      }
    }
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
