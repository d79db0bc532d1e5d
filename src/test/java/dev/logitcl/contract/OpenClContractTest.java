package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.backend.Backend;
import dev.logitcl.bench.OpCase;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogSoftmax;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The contract on every OpenCL device as shipped; {@link OpenClGeometriesTest} forces what is not
 * chosen here. Without a device all of it is skipped, or fails where LOGITCL_REQUIRE_OPENCL is set.
 */
@Tag("as-shipped")
final class OpenClContractTest {
  private static final List<TestBackend> BACKENDS = new ArrayList<>();

  static List<TestBackend> backends() {
    if (BACKENDS.isEmpty()) {
      BACKENDS.addAll(TestBackends.asShipped());
    }
    return BACKENDS;
  }

  static Stream<Arguments> cases() {
    return backends().stream()
        .flatMap(
            backend ->
                Scope.ofThisRun().select(OpCase.all(), chosen()).stream()
                    .map(opCase -> arguments(backend, opCase)));
  }

  /**
   * A quarter of the core's listed cases and one in six of the others, which take turns: the case
   * of each kernel that is listed, and one with many options. {@link OpenClGeometriesTest} has
   * every program, unoptimised.
   */
  private static List<OpCase> chosen() {
    List<OpCase> all =
        Covering.of(
            OpCase.all(),
            opCase -> {
              String kernel = Facts.of(opCase).kernel();
              return opCase.isListed() || opCase.variant().contains("all options")
                  ? Set.of(kernel, opCase.type() + " " + opCase.pass() + opCase.variant())
                  : Set.of(kernel);
            });
    List<OpCase> core = all.stream().filter(each -> each.isCore() && each.isListed()).toList();
    List<OpCase> others = new ArrayList<>(all);
    others.removeAll(core);
    List<OpCase> chosen = new ArrayList<>(Scope.ofThisRun().turn(core, 4));
    chosen.addAll(Scope.ofThisRun().turn(others, 6));
    return chosen;
  }

  /**
   * Rows of up to 32 columns are another program for each number of columns, which takes pocl a
   * second to build: 17 columns are tried with the core.
   */
  private static IntPredicate columns(OpCase opCase) {
    return cols -> cols == 0 || cols > 32 || (cols == 17 && opCase.isCore());
  }

  @AfterAll
  static void close() {
    BACKENDS.forEach(TestBackend::close);
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("cases")
  void agreesWithDoublePrecision(TestBackend backend, OpCase opCase) {
    BackendContract.agrees(backend, opCase, columns(opCase));
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("cases")
  void everyFill(TestBackend backend, OpCase opCase) {
    BackendContract.everyFill(backend, opCase, columns(opCase));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("backends")
  void keepsTheRules(TestBackend backend) {
    BackendContract.rules(backend);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("backends")
  void longRows(TestBackend backend) {
    // What is reduced, what reads a gradient, and what does all at once.
    Set<String> chosen =
        Set.of("logsumexp forward", "log-softmax backward", "cross-entropy forward+backward");
    List<OpCase> core = OpCase.listed().stream().filter(OpCase::isCore).toList();
    Scope.ofThisRun()
        .select(core, core.stream().filter(each -> chosen.contains(each.name())).toList())
        .forEach(opCase -> BackendContract.longRows(backend, opCase));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("backends")
  void anOperandOfAnotherBackendIsRefused(TestBackend backend) {
    try (Backend java = new CpuBackend();
        Matrix own = backend.get().upload(new float[4], 2, 2);
        Matrix others = java.upload(new float[4], 2, 2)) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> backend.get().run(new LogSoftmax(own, others)));
      assertTrue(e.getMessage().contains("y belongs to another backend"), e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> java.run(new LogSoftmax(own, others)));
    }
  }
}
