package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Verify;
import dev.logitcl.contract.BackendContract;
import dev.logitcl.contract.Facts;
import dev.logitcl.contract.Scope;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A second implementation of OpenCL: Mesa's rusticl on llvmpipe, whose compiler goes through SPIR-V
 * and NIR and has nothing in common with pocl's but clang. Started by scripts/rusticl, never by a
 * plain test run (the name does not end in Test).
 */
@Tag("rusticl")
final class RusticlRun {
  /** Operations whose kernels every other one resembles. */
  private static final Set<String> CORE =
      Set.of(
          "log_sum_exp_forward",
          "log_sum_exp_backward",
          "log_softmax_forward",
          "log_softmax_backward",
          "softmax_forward",
          "softmax_backward",
          "cross_entropy_forward",
          "cross_entropy_backward",
          "token_log_probs");

  /** What a GPU runs, so small that llvmpipe allows it: 32 work-items in a group. */
  private static final String SMALL_GROUPS =
      """
      *\ttoken_log_probs\t*\t*\ttop_group\tGROUP=16 ITEMS=1 PIECE=1 ROOM=256 V=1
      *\t*\t*\t..32\trow_per_group\tGROUP=16 ITEMS=2 V=1
      """;

  private static final String OF_THE_TABLE = "";

  /** Less than a vector, a vector and one, more rows than workers, columns beyond a block. */
  private static final List<Shape> SHAPES =
      List.of(new Shape(1, 1), new Shape(300, 3), new Shape(33, 17), new Shape(5, 32));

  private static final Shape LONG = new Shape(3, 1003);

  /** More columns than a work-item could walk: Mesa 22.3 ends its loops after 65535 passes. */
  private static final Shape LONGER = new Shape(2, 20_011);

  private static final Set<String> ON_LONGER = Set.of("log_sum_exp_forward", "token_log_probs");

  private static final Map<String, Backend> OPEN = new LinkedHashMap<>();

  @AfterAll
  static void close() {
    OPEN.values().forEach(Backend::close);
    OPEN.clear();
  }

  private static DeviceInfo llvmpipe() {
    List<DeviceInfo> devices = Backends.available();
    return devices.stream()
        .filter(device -> device.usable() && device.name().startsWith("llvmpipe"))
        .findFirst()
        .orElseGet(() -> fail("llvmpipe is not among " + devices));
  }

  @Test
  void isListedWithItsLimits() {
    DeviceInfo device = llvmpipe();
    assertEquals(DeviceInfo.Kind.CPU, device.kind());
    assertTrue(device.driver().endsWith("rusticl"), device.driver());
    assertTrue(device.computeUnits() > 0 && device.memory() > 0, device.toString());
    assertTrue(device.maxGroup() > 0 && device.localMemory() > 0, device.toString());
  }

  static Stream<Arguments> cases() {
    List<Arguments> all = new ArrayList<>();
    List<Arguments> core = new ArrayList<>();
    Set<String> programs = new HashSet<>();
    for (OpCase opCase : OpCase.all()) {
      String kernel = Facts.of(opCase).kernel();
      // Of the cases of a kernel, the first: others differ by options.
      boolean first = programs.add(kernel);
      for (String rows : List.of(SMALL_GROUPS, OF_THE_TABLE)) {
        Arguments arguments =
            Arguments.of(opCase, rows.equals(SMALL_GROUPS) ? "small groups" : "the table's", rows);
        all.add(arguments);
        if (first && CORE.contains(kernel)) {
          core.add(arguments);
        }
      }
    }
    return Scope.ofThisRun().select(all, Scope.ofThisRun().turn(core, 5)).stream();
  }

  @ParameterizedTest(name = "{0} in {1} geometry")
  @MethodSource("cases")
  void agreesWithDoublePrecision(OpCase opCase, String name, String rows) {
    Backend backend =
        OPEN.computeIfAbsent(
            name, key -> Backends.openCl(llvmpipe(), Options.DEFAULT.withVariants(rows)));
    assertTrue(checkAll(backend, opCase, rows) > 0, "never ran");
  }

  private static int checkAll(Backend backend, OpCase opCase, String rows) {
    int served = 0;
    for (Shape shape : SHAPES) {
      if (opCase.accepts(shape.rows(), shape.cols())) {
        served += check(backend, opCase, shape, List.of(Fill.values()));
      }
    }
    if (rows.equals(OF_THE_TABLE) && opCase.accepts(LONG.rows(), LONG.cols())) {
      served += check(backend, opCase, LONG, List.of(Fill.RANDOM, Fill.MASKED));
      if (Scope.ofThisRun().isAll() || ON_LONGER.contains(Facts.of(opCase).kernel())) {
        served += check(backend, opCase, LONGER, List.of(Fill.RISING));
      }
    }
    return served;
  }

  private static int check(Backend backend, OpCase opCase, Shape shape, List<Fill> fills) {
    for (Fill fill : fills) {
      RunReport report = BackendContract.check(backend, opCase, new Inputs(shape, fill, 1));
      assertTrue(!report.entryPoints().isEmpty(), "ran elsewhere: " + report);
    }
    return fills.size();
  }

  /** Rules of what hangs on the last digits of log1p. */
  private static final Set<String> OF_LOG1P =
      Set.of(
          "one element far above the rest hides no digits of it",
          "the entropy of such a row has its digits");

  /**
   * Whether a rule is missed by digits that Mesa's exp and log1p do not give, as the page on
   * drivers says: 36 ulp of an exponential in place of 33; a wrong result is off by millions.
   */
  private static boolean isKnown(Verify.Line line) {
    return OF_LOG1P.contains(line.rule())
        ? line.worstAbsolute() < 3e-7
        : line.rule().equals("agrees with double precision") && line.worstUlp() < 37;
  }

  /** Everything that verify --quick looks at; with the whole alone, for it takes minutes. */
  @Test
  void verifies() {
    if (!Scope.ofThisRun().isAll()) {
      return;
    }
    try (Backend backend = Backends.openCl(llvmpipe(), Options.DEFAULT)) {
      List<Verify.Line> missed =
          Verify.run(backend, new Verify.Settings(true, Set.of(), 1), new Verify.Listener() {})
              .stream()
              .filter(line -> !line.ok())
              .toList();
      assertTrue(missed.stream().allMatch(RusticlRun::isKnown), missed.toString());
    }
  }
}
