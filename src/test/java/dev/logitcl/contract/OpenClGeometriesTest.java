package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.kernel.Geometry;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import dev.logitcl.opencl.OpenBackends;
import dev.logitcl.opencl.TestDevices;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Operations in geometries that the device would not choose, in every element type: each kernel and
 * each geometry once, their pairs in twelve runs, and more of the product as the {@link Scope}
 * says. Each is proven to have run.
 */
@Tag("kernels")
final class OpenClGeometriesTest {
  /** Less than a vector, a vector and one, a group and one, beyond a chunk; many rows and few. */
  private static final List<Shape> SHAPES =
      List.of(
          new Shape(33, 17),
          new Shape(65, 3),
          new Shape(4, 64),
          new Shape(9, 257),
          new Shape(3, 1000),
          new Shape(2, 4097),
          new Shape(1, 20_011));

  /** Rows side by side, and columns: less than a vector, a vector and one, tiles and more. */
  private static final List<Shape> STRIDED =
      List.of(new Shape(3, 17), new Shape(17, 17), new Shape(100, 2), new Shape(1, 300));

  @AutoClose private static final OpenBackends OPEN = new OpenBackends();

  static Stream<Arguments> combinations() {
    return TestDevices.all().stream()
        .flatMap(
            device ->
                Combination.ofThisRun().stream()
                    .filter(each -> each.dtype() != DType.F64 || device.fp64())
                    .filter(each -> each.isOf(System.getProperty("logitcl.test.of", "")))
                    .map(each -> arguments(each, device)));
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("combinations")
  void agreesWithDoublePrecision(Combination combination, DeviceInfo device) {
    Forced forced = combination.forced();
    Backend backend = OPEN.get(device, Options.DEFAULT.withVariants(forced.rows()));
    int served =
        forced.geometry().isStrided() ? strided(backend, combination) : dense(backend, combination);
    assertTrue(served > 0, "never ran");
  }

  private static int dense(Backend backend, Combination combination) {
    Forced forced = combination.forced();
    OpCase opCase = combination.opCase();
    int served = 0;
    for (Shape shape : SHAPES) {
      Shape held = forced.columns() > 0 ? new Shape(shape.rows(), forced.columns()) : shape;
      if (!forced.holds(held) || !opCase.accepts(held.rows(), held.cols())) {
        continue;
      }
      for (Fill fill : served == 0 ? List.of(Fill.values()) : List.of(Fill.RANDOM, Fill.MASKED)) {
        RunReport report =
            BackendContract.check(backend, opCase, new Inputs(held, combination.dtype(), fill, 1));
        provesThatItRan(combination, report);
        served++;
      }
    }
    return served;
  }

  private static int strided(Backend backend, Combination combination) {
    OpCase opCase = combination.opCase();
    int served = 0;
    for (Shape shape : STRIDED) {
      int inner = (int) shape.rows();
      int cols = (int) shape.cols();
      if (!opCase.accepts(3L * inner, cols)) {
        continue;
      }
      for (Fill fill : served == 0 ? List.of(Fill.values()) : List.of(Fill.RANDOM, Fill.MASKED)) {
        RunReport report =
            Strided.check(backend, opCase, 3, cols, inner, combination.dtype(), fill);
        provesThatItRan(combination, report);
        served++;
      }
    }
    return served;
  }

  /** Each kernel that ran is of the forced geometry, under its options. */
  private static void provesThatItRan(Combination combination, RunReport report) {
    Forced forced = combination.forced();
    assertEquals(forced.variant(), report.variant(), combination.toString());
    List<String> entries = report.entryPoints();
    assertTrue(!entries.isEmpty(), combination.toString());
    for (String entry : entries) {
      assertTrue(isOf(entry, forced.geometry()), combination + ": " + report);
    }
  }

  private static boolean isOf(String entryPoint, Geometry geometry) {
    int at = entryPoint.indexOf("__" + geometry.label());
    String rest = at < 0 ? "none" : entryPoint.substring(at + 2 + geometry.label().length());
    return List.of("", "__partial", "__finish").contains(rest);
  }

  static Stream<Arguments> shipped() {
    List<Forced> chosen = Covering.of(Forced.shipped(), forced -> Set.of(forced.geometry()));
    return TestDevices.all().stream()
        .flatMap(
            device ->
                Scope.ofThisRun().select(Forced.shipped(), chosen).stream()
                    .map(forced -> arguments(forced, device)));
  }

  /**
   * Rows of the table that ships, with the op that needs most of them: one of each geometry, and
   * others as the scope says.
   */
  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("shipped")
  void everyShippedVariant(Forced forced, DeviceInfo device) {
    OpCase opCase = fusedCrossEntropy();
    if (!forced.serves(Facts.of(opCase), DType.F32)) {
      return;
    }
    Options options = Options.DEFAULT.withVariants(forced.rows());
    try (Backend backend = Backends.openCl(device, options)) {
      Combination combination = new Combination(opCase, forced, DType.F32);
      if (forced.geometry().isStrided()) {
        assertTrue(strided(backend, combination) > 0, "never ran");
        return;
      }
      int served = 0;
      for (int cols : new int[] {1, 13, 16, 63, 64, 255, 256, 1023, 1024, 4093, 16384, 70_001}) {
        Shape shape = new Shape(cols < 10_000 ? 5 : 1, cols);
        // Hundreds of groups of hundreds of work-items to a row take a CPU a second each.
        boolean quick = !forced.geometry().isSplit() || cols == 63 || cols == 4093;
        if (forced.holds(shape) && quick) {
          RunReport report =
              BackendContract.check(backend, opCase, new Inputs(shape, Fill.MASKED, 1));
          provesThatItRan(combination, report);
          served++;
        }
      }
      assertTrue(served > 0, "never ran");
    }
  }

  private static OpCase fusedCrossEntropy() {
    return OpCase.listed().stream()
        .filter(each -> each.name().equals("cross-entropy forward+backward"))
        .findFirst()
        .orElseThrow();
  }
}
