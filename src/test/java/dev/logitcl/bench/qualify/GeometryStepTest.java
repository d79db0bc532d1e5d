package dev.logitcl.bench.qualify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.bench.tune.FakeDevice;
import dev.logitcl.kernel.Geometry;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which geometries are tried, in which order, on a device whose calls take a second each. */
@Tag("once")
class GeometryStepTest {
  private static final long SECOND = 1_000_000_000L;
  private static final String GROUPS = "row_per_group GROUP=2 ITEMS=2 ROWS=32 V=4";

  private static QualifyReport run(FakeDevice device, Duration time) throws IOException {
    return Qualification.run(
        new Qualification.Settings("1", Map.of(), time),
        List.of(new GeometryStep(() -> device)),
        device::nanoTime,
        report -> {});
  }

  private static FakeDevice device() {
    return new FakeDevice((label, op) -> SECOND);
  }

  private static List<Checked> checks(QualifyReport report) {
    return report.results(Checked.class);
  }

  private static Set<String> geometries(List<Checked> checks) {
    return checks.stream()
        .map(checked -> checked.variant().split(" ", 2)[0])
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Ten minutes are enough for one row of each geometry, and more. */
  @Test
  void everyGeometryIsTriedBeforeASecondRow() throws IOException {
    QualifyReport report = run(device(), Duration.ofMinutes(60));
    Set<String> all =
        Arrays.stream(Geometry.values())
            .map(Geometry::label)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(all, geometries(checks(report)));
    for (Checked checked : checks(report)) {
      assertEquals("ok", checked.outcome(), checked.toString());
      assertEquals(SECOND, checked.firstNs(), checked.toString());
    }
    // The device's own kind first.
    assertTrue(checks(report).get(0).variant().startsWith("short_rows_item"), report.toString());
    assertTrue(report.good());
  }

  @Test
  void aVariantThatFailsIsARowWithItsReason() throws IOException {
    FakeDevice device =
        device()
            .failing(GROUPS, "CL_BUILD_PROGRAM_FAILURE")
            .failing("split_row_group GROUP=256 ITEMS=4 SEGS=256 V=4", "CL_OUT_OF_RESOURCES")
            .wrong(label -> label.startsWith("scan_group"));
    QualifyReport report = run(device, Duration.ofMinutes(60));
    List<Checked> bad =
        checks(report).stream().filter(checked -> !checked.outcome().equals("ok")).toList();
    assertEquals(
        Map.of("row_per_group", "failed", "split_row_group", "refused", "scan_group", "wrong"),
        bad.stream()
            .collect(
                Collectors.toMap(
                    checked -> checked.variant().split(" ", 2)[0],
                    Checked::outcome,
                    (one, other) -> one)));
    for (Checked checked : bad) {
      assertFalse(checked.reason().isEmpty(), checked.toString());
    }
    assertTrue(bad.toString().contains("CL_BUILD_PROGRAM_FAILURE"), bad.toString());
    assertFalse(report.good());
    assertEquals(Geometry.values().length, geometries(checks(report)).size());
  }

  @Test
  void whatThereIsNoTimeForIsListed() throws IOException {
    QualifyReport report = run(device(), Duration.ofSeconds(20));
    StepReport step = report.step("geometries");
    assertEquals("partial", step.status());
    assertTrue(step.results().size() >= 2 && step.results().size() <= 20, step.toString());
    assertFalse(step.leftOut().isEmpty());
    assertTrue(report.good());
    // An item takes as many calls as there are fills; the last may begin just before the end.
    assertTrue(step.seconds() >= 20 && step.seconds() < 40, step.toString());
  }
}
