package dev.logitcl.bench.qualify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.bench.tune.FakeDevice;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tuning in little time, on a device with a clock of its own. */
@Tag("once")
class TuneStepTest {
  private static final double SLOW = 1e7;
  private static final String FASTER = "row_per_item ITEMS_PER_CU=8 PREFETCH=1024 STREAM=24 V=8";

  @Test
  void eachOperationHasItsRowsAtOnce() throws IOException {
    FakeDevice device = new FakeDevice((label, op) -> label.equals(FASTER) ? SLOW / 2 : SLOW);
    QualifyReport report =
        Qualification.run(
            new Qualification.Settings("1", Map.of(), Duration.ofSeconds(8)),
            List.of(new TuneStep(() -> device, "today")),
            device::nanoTime,
            each -> {});
    StepReport step = report.step("tune");
    Tuned first = step.results(Tuned.class).get(0);
    assertEquals("log-softmax", first.op());
    assertEquals("8192x1000", first.shape());
    assertTrue(first.measured() > 0, first.toString());
    assertTrue(
        first.rows().contains("\tlog_softmax_forward\t4096..16384\t500..2000\t"), first.rows());
    assertTrue(
        first.rows().contains("\trow_per_item\tITEMS_PER_CU=8 PREFETCH=1024 STREAM=24 V=8"),
        first.rows());
    assertEquals(0, first.faults());
    assertEquals("partial", step.status());
    assertTrue(step.leftOut().contains("logsumexp 1x4194304"), step.leftOut().toString());
    assertFalse(step.leftOut().contains("log-softmax 8192x1000"));
    assertTrue(step.seconds() < 20, step.toString());
  }
}
