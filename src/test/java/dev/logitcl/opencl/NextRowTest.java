package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import dev.logitcl.Heard;
import dev.logitcl.backend.KernelBuildException;
import dev.logitcl.backend.Options;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cl.BinaryCache;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.LogSoftmax;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A row of the table whose kernel a device cannot build is passed over for the next one. */
@Tag("kernels")
@Tag("turn-0")
final class NextRowTest {
  private static final String ROWS =
      """
      *\tlog_softmax_forward\t*\t*\trow_per_group\tGROUP=4 ITEMS=2 V=4
      *\tlog_softmax_forward\t*\t*\trow_per_item\tV=8
      *\tlog_softmax_forward\t*\t*\trow_per_item\tV=1
      """;

  private static OpenClBackend device(UnaryOperator<String> compiled) {
    return Opening.of(TestDevices.device(), Options.DEFAULT.withVariants(ROWS))
        .withCache(BinaryCache.OFF)
        .compiling(compiled)
        .open();
  }

  /** A compiler that takes no vectors of so many lanes. */
  private static String without(String source, String condition) {
    return "#if " + condition + "\n#error this compiler refuses it\n#endif\n" + source;
  }

  private static float[] logSoftmax(OpenClBackend backend, List<RunReport> reports) {
    float[] y = new float[6];
    try (Matrix x = backend.upload(new float[6], 2, 3)) {
      reports.add(backend.run(new LogSoftmax(x, x)));
      x.read(y);
    }
    return y;
  }

  @Test
  void theNextRowServesAndTheReasonIsLoggedOnce() {
    List<RunReport> reports = new ArrayList<>();
    float right = (float) -Math.log(3);
    try (OpenClBackend backend = device(source -> without(source, "V > 2"));
        Heard heard = Heard.by(Programs.class)) {
      for (int again = 0; again < 2; again++) {
        assertArrayEquals(
            new float[] {right, right, right, right, right, right},
            logSoftmax(backend, reports),
            1e-6f);
      }
      assertEquals(
          List.of("row_per_item V=1", "row_per_item V=1"),
          reports.stream().map(RunReport::variant).toList());
      List<String> lines = heard.take(Level.WARN);
      List<VariantTable.Step> steps = explain(backend);
      assertEquals(2, lines.size(), lines.toString());
      assertTrue(
          lines
              .get(0)
              .endsWith(
                  " passes over row_per_group GROUP=4 ITEMS=2 V=4 (options:1) for"
                      + " log_softmax_forward: "
                      + steps.get(0).refusal()),
          lines.get(0));
      assertTrue(lines.get(1).contains("this compiler refuses it"), lines.get(1));
    }
  }

  private static List<VariantTable.Step> explain(OpenClBackend backend) {
    try (Matrix x = backend.allocate(new Shape(2, 3))) {
      return backend.explain(new LogSoftmax(x, x), x.shape());
    }
  }

  @Test
  void explainSaysWhy() {
    try (OpenClBackend backend = device(source -> without(source, "V > 2"))) {
      logSoftmax(backend, new ArrayList<>());
      List<VariantTable.Step> steps = explain(backend);
      assertEquals(3, steps.size());
      for (VariantTable.Step step : steps.subList(0, 2)) {
        String refusal = String.valueOf(step.refusal());
        assertTrue(
            refusal.startsWith("its build failed with CL_BUILD_PROGRAM_FAILURE (")
                && refusal.endsWith("this compiler refuses it)"),
            refusal);
      }
      assertNull(steps.get(2).refusal());
    }
  }

  /**
   * Before any call, so that the rows are built for that; those of other operations are no help.
   */
  @Test
  void explainListsTheRowsThatAreMeantForTheCall() {
    String others =
        """
        *\tsoftmax_forward\t*\t*\trow_per_item\tV=2
        gpu driver nobody\tlog_softmax_forward\t*\t*\trow_per_item\tV=2
        """;
    try (OpenClBackend backend =
        Opening.of(TestDevices.device(), Options.DEFAULT.withVariants(others + ROWS))
            .withCache(BinaryCache.OFF)
            .compiling(source -> without(source, "V > 2"))
            .open()) {
      assertEquals(
          List.of("options:3", "options:4", "options:5"),
          explain(backend).stream().map(step -> step.variant().origin()).toList());
    }
  }

  /** No row is left: the exception names every one, with what the compiler said of it. */
  @Test
  void whereNothingCanBeBuiltTheExceptionListsAll() {
    try (OpenClBackend backend = device(source -> without(source, "1"));
        Matrix x = backend.allocate(new Shape(2, 3))) {
      LogSoftmax op = new LogSoftmax(x, x);
      for (int again = 0; again < 2; again++) {
        KernelBuildException e = assertThrows(KernelBuildException.class, () -> backend.run(op));
        assertEquals("CL_BUILD_PROGRAM_FAILURE", e.code());
        assertTrue(
            e.getMessage()
                .matches("(?s)none of \\d+ kernels for log_softmax_forward 2 x 3 can be built .*"),
            e.getMessage());
        assertTrue(e.getMessage().contains("row_per_group with"), e.getMessage());
        assertTrue(e.getMessage().contains("row_per_item with"), e.getMessage());
        assertTrue(e.log().contains("this compiler refuses it"), e.log());
        assertTrue(e.getSuppressed().length >= 2, "the others' failures are kept");
      }
    }
  }
}
