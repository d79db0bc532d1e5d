package dev.logitcl.contract;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.bench.OpCase;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The contract on every OpenCL device with each geometry forced, and with each row of the table
 * that ships. A class apart from {@link OpenClContractTest}, so that the two can run side by side.
 */
@Tag("kernels")
final class OpenClGeometriesTest {
  private static final List<TestBackend> BACKENDS = new ArrayList<>();

  private static List<TestBackend> backends() {
    if (BACKENDS.isEmpty()) {
      BACKENDS.addAll(TestBackends.geometriesForced());
    }
    return BACKENDS;
  }

  /** On each geometry the cases that make a difference there; scripts/oclgrind runs all of them. */
  static Stream<Arguments> cases() {
    return backends().stream()
        .flatMap(
            backend ->
                OpCase.all().stream()
                    .filter(TestBackend::isForEachGeometry)
                    .map(opCase -> arguments(backend, opCase)));
  }

  static List<TestBackend> shippedVariants() {
    return TestBackends.shippedVariants();
  }

  @AfterAll
  static void close() {
    BACKENDS.forEach(TestBackend::close);
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("cases")
  void agreesWithDoublePrecision(TestBackend backend, OpCase opCase) {
    BackendContract.agrees(backend, opCase);
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("cases")
  void everyFill(TestBackend backend, OpCase opCase) {
    BackendContract.everyFill(backend, opCase);
  }

  /** No row of the table that ships is there untried. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("shippedVariants")
  void everyShippedVariant(TestBackend backend) {
    try (backend) {
      BackendContract.shipped(backend);
    }
  }
}
