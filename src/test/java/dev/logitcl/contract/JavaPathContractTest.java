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

/** The contract on the Java path. */
@Tag("java-path")
@Tag("second-jdk-0")
final class JavaPathContractTest {
  private static final List<TestBackend> BACKENDS = TestBackends.java();

  static List<TestBackend> backends() {
    return BACKENDS;
  }

  /** On two threads the listed cases; all, and on one thread, as the scope says. */
  static Stream<Arguments> casesOfLongRows() {
    List<List<Object>> all = new ArrayList<>();
    List<List<Object>> chosen = new ArrayList<>();
    for (TestBackend backend : BACKENDS) {
      for (OpCase opCase : OpCase.all()) {
        all.add(List.of(backend, opCase));
        if (opCase.isListed() && backend == BACKENDS.get(1)) {
          chosen.add(List.of(backend, opCase));
        }
      }
    }
    return Scope.ofThisRun().select(all, chosen).stream()
        .map(each -> arguments(each.get(0), each.get(1)));
  }

  /** Small shapes; on one thread, where nothing is divided, {@link #longRows} is enough. */
  static Stream<Arguments> casesOnTwoThreads() {
    return casesOn(BACKENDS.subList(1, 2));
  }

  private static Stream<Arguments> casesOn(List<TestBackend> backends) {
    return backends.stream().flatMap(b -> OpCase.all().stream().map(c -> arguments(b, c)));
  }

  @AfterAll
  static void close() {
    BACKENDS.forEach(TestBackend::close);
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("casesOnTwoThreads")
  void agreesWithDoublePrecision(TestBackend backend, OpCase opCase) {
    BackendContract.agrees(backend, opCase, cols -> true);
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("casesOnTwoThreads")
  void everyFill(TestBackend backend, OpCase opCase) {
    BackendContract.everyFill(backend, opCase, cols -> true);
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("casesOfLongRows")
  void longRows(TestBackend backend, OpCase opCase) {
    BackendContract.longRows(backend, opCase);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("backends")
  void keepsTheRules(TestBackend backend) {
    BackendContract.rules(backend);
  }
}
