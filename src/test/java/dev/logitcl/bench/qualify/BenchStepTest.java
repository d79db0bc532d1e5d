package dev.logitcl.bench.qualify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Measurement;
import dev.logitcl.bench.tune.Tunable;
import dev.logitcl.kernel.Variant;
import dev.logitcl.op.RowOp;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The benchmark within a given time, on the Java path and a clock that each reading moves. */
@Tag("once")
class BenchStepTest {
  private static final long TICK = 200_000_000L;

  private long now;

  @Test
  void whatThereIsNoTimeForIsLeftOut() throws IOException {
    try (Backend java = Backends.cpu()) {
      Tunable device =
          new Tunable() {
            @Override
            public Backend backend() {
              return java;
            }

            @Override
            public RunReport run(RowOp op, Variant variant) {
              throw new AssertionError("the table chooses");
            }
          };
      QualifyReport report =
          Qualification.run(
              new Qualification.Settings("1", Map.of(), Duration.ofSeconds(4)),
              List.of(BenchStep.ofKeyShapes(() -> device)),
              () -> now += TICK,
              each -> {});
      StepReport step = report.step("bench");
      List<Measurement> measured = step.results(Measurement.class);
      assertEquals("partial", step.status());
      assertFalse(measured.isEmpty());
      for (Measurement each : measured) {
        assertEquals("8192x1000", each.rows() + "x" + each.cols());
        assertTrue(each.ok(), each.toString());
      }
      assertTrue(step.leftOut().contains("cross-entropy backward 8192 x 1000"), step.toString());
      assertTrue(step.leftOut().contains("1 x 4194304"), step.toString());
      assertTrue(report.good());
    }
  }
}
