package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each geometry once with each element type: a sum, and everything at once. */
@Tag("kernels")
final class OpenClElementTypesTest {
  private static final List<TestBackend> BACKENDS = new ArrayList<>();

  static Stream<Arguments> cases() {
    if (BACKENDS.isEmpty()) {
      BACKENDS.addAll(TestBackends.geometriesForced());
    }
    return BACKENDS.stream()
        .flatMap(
            backend ->
                Stream.of(DType.F64, DType.F16, DType.BF16)
                    .filter(type -> ElementTypesTest.has(backend, type))
                    .flatMap(
                        type ->
                            OpCase.listed().stream()
                                .filter(opCase -> opCase.name().equals(caseFor(type)))
                                .map(opCase -> arguments(backend, type, opCase))));
  }

  /** Halves are loaded and stored; doubles are computed with, too. */
  private static String caseFor(DType type) {
    return type.isHalf() ? "log-softmax backward" : "cross-entropy forward+backward";
  }

  @AfterAll
  static void close() {
    BACKENDS.forEach(TestBackend::close);
  }

  @ParameterizedTest(name = "{2} of {1} on {0}")
  @MethodSource("cases")
  void agreesWithDoublePrecision(TestBackend backend, DType type, OpCase opCase) {
    for (Shape shape :
        List.of(new Shape(37, 17), new Shape(65, 3), new Shape(7, 257), new Shape(3, 4099))) {
      if (!backend.isFor(opCase, shape)) {
        continue;
      }
      for (Fill fill : List.of(Fill.MASKED, Fill.NAN_AND_INF, Fill.RISING)) {
        RunReport report =
            BackendContract.check(backend.get(), opCase, new Inputs(shape, type, fill, 1));
        String geometry = TestBackends.forcedGeometry(backend);
        boolean keepsHalves = geometry.equals("row_per_item_keep") && type.isHalf();
        boolean ran =
            report.entryPoints().stream()
                .allMatch(entry -> entry.substring(entry.indexOf("__") + 2).startsWith(geometry));
        assertTrue(ran != keepsHalves, geometry + " of " + type + ": " + report);
      }
    }
  }
}
