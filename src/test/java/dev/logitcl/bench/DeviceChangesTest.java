package dev.logitcl.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.bench.Change.Verdict;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceChangesTest {
  private static final Roofs ROOFS = new Roofs(40, 50, 30);

  /** Log-softmax of 8 KiB a row: a copy. Times in microseconds. */
  private static Measurement measured(long rows, long min, long median, long p90) {
    double gbps = 8192.0 * rows / (1000 * median);
    return new Measurement(
            "log-softmax",
            "forward",
            rows,
            1024,
            "f32",
            "row",
            1000 * median,
            1000 * min,
            1000 * p90,
            9,
            0,
            gbps,
            0,
            0,
            "copy",
            0,
            0,
            true,
            true)
        .against(ROOFS);
  }

  private static DeviceResult device(
      String id, String kind, String name, Roofs roofs, Measurement... results) {
    return new DeviceResult(
        id,
        kind,
        name,
        "1.0",
        roofs.copyGBps(),
        roofs.readGBps(),
        roofs.triadGBps(),
        List.of(results));
  }

  private static Report report(DeviceResult... devices) {
    return new Report(Report.SCHEMA, "1", "2026-01-01T00:00:00Z", "17", "os", List.of(devices));
  }

  private static Change change(Measurement before, Measurement after) {
    return Change.of(before, ROOFS, after, ROOFS);
  }

  @Test
  void aMedianOutsideTheOtherSpanOnBothSidesIsBeyondTheNoise() {
    Measurement before = measured(8, 90, 100, 120);
    Change slower = change(before, measured(8, 130, 150, 160));
    assertEquals(Verdict.SLOWER, slower.verdict());
    assertEquals(100.0 / 150, slower.ratio(), 1e-12);
    assertEquals(Verdict.FASTER, change(measured(8, 130, 150, 160), before).verdict());
    // The new median is within the old span; the old median is within the new span.
    assertEquals(Verdict.SAME, change(before, measured(8, 110, 119, 125)).verdict());
    assertEquals(Verdict.SAME, change(before, measured(8, 99, 150, 160)).verdict());
    assertEquals(
        Verdict.SAME, change(measured(8, 130, 150, 160), measured(8, 90, 135, 140)).verdict());
    assertEquals(
        Verdict.SAME, change(measured(8, 130, 150, 160), measured(8, 90, 100, 155)).verdict());
  }

  @Test
  void lessThanFivePercentIsNeverToldFromNoise() {
    Measurement before = measured(8, 1000, 1000, 1000);
    assertEquals(Verdict.SAME, change(before, measured(8, 1050, 1050, 1050)).verdict());
    assertEquals(Verdict.SLOWER, change(before, measured(8, 1060, 1060, 1060)).verdict());
    assertEquals(Verdict.SAME, change(before, measured(8, 951, 951, 951)).verdict());
    assertEquals(Verdict.FASTER, change(before, measured(8, 940, 940, 940)).verdict());
  }

  /** 64 MiB in 2.2 ms at 30 GB/s: three quarters of the roof. */
  @Test
  void nearTheRoofItIsTheFractionOfTheRoofThatCounts() {
    Measurement before = measured(8192, 2200, 2230, 2250);
    Measurement after = measured(8192, 4400, 4460, 4500);
    Change slowMachine = Change.of(before, ROOFS, after, new Roofs(20, 25, 15));
    assertTrue(slowMachine.roofDecides());
    assertEquals(0.5, slowMachine.time(), 1e-12);
    assertEquals(1, slowMachine.ratio(), 1e-12);
    assertEquals(Verdict.SAME, slowMachine.verdict());
    Change fastMachine =
        Change.of(before, ROOFS, measured(8192, 2400, 2500, 2600), new Roofs(80, 100, 60));
    assertEquals(0.446, fastMachine.ratio(), 1e-12);
    assertEquals(Verdict.SLOWER, fastMachine.verdict());
    assertEquals(Verdict.SLOWER, change(before, after).verdict());
  }

  @Test
  void whereTheRatiosContradictEachOtherTheMachineHasChanged() {
    Roofs half = new Roofs(20, 25, 15);
    Roofs twice = new Roofs(80, 100, 60);
    Measurement near = measured(8192, 2200, 2230, 2250);
    assertEquals(Verdict.SAME, Change.of(near, ROOFS, near, twice).verdict());
    assertEquals(Verdict.SAME, Change.of(near, twice, near, ROOFS).verdict());
    Measurement far = measured(8, 100, 100, 100);
    Measurement slower = measured(8, 130, 130, 130);
    assertEquals(Verdict.SAME, Change.of(far, ROOFS, slower, half).verdict());
    assertEquals(Verdict.SAME, Change.of(slower, half, far, ROOFS).verdict());
    assertEquals(Verdict.SLOWER, Change.of(far, ROOFS, slower, twice).verdict());
  }

  @Test
  void farFromTheRoofOrInACacheTheTimeCounts() {
    Roofs half = new Roofs(20, 25, 15);
    Measurement slow = measured(8192, 22000, 22300, 22500);
    Change computing = Change.of(slow, ROOFS, slow, half);
    assertFalse(computing.roofDecides());
    assertEquals(2, computing.fraction(), 1e-12);
    assertEquals(1, computing.ratio());
    Measurement cached = measured(8, 1, 1, 1);
    assertFalse(Change.of(cached, ROOFS, cached, half).roofDecides());
    Measurement fast = measured(8192, 2200, 2230, 2250);
    Change unknown = Change.of(fast, new Roofs(0, 0, 0), fast, ROOFS);
    assertFalse(unknown.roofDecides());
    assertEquals(0, unknown.fraction());
  }

  @Test
  void casesAreMatchedByOperationShapeAndType() {
    Measurement kept = measured(8, 90, 100, 120);
    Measurement gone = measured(16, 90, 100, 120);
    Measurement fresh = measured(32, 90, 100, 120);
    List<DeviceChanges> devices =
        DeviceChanges.between(
            report(device("java", "java", "Java", ROOFS, gone, kept)),
            report(device("java", "java", "Java", ROOFS, kept, fresh)));
    assertEquals(1, devices.size());
    assertEquals(kept, devices.get(0).changes().get(0).after());
    assertEquals(List.of(fresh), devices.get(0).added());
    assertEquals(List.of(gone), devices.get(0).missing());
  }

  @Test
  void aCaseThatFailedCannotBeCompared() {
    Measurement ran = measured(8, 90, 100, 120);
    Measurement failed = measured(8, 0, 0, 0);
    DeviceChanges changes =
        DeviceChanges.between(
                report(device("java", "java", "Java", ROOFS, ran)),
                report(device("java", "java", "Java", ROOFS, failed)))
            .get(0);
    assertTrue(changes.changes().isEmpty());
    assertEquals(List.of(ran), changes.missing());
  }

  @Test
  void devicesAreMatchedByKindAndNameFirstUnderTheirOldId() {
    Report before =
        report(
            device("opencl:0", "gpu", "Twin", ROOFS),
            device("opencl:1", "gpu", "Twin", ROOFS),
            device("opencl:2", "gpu", "Moved", ROOFS),
            device("opencl:3", "gpu", "Gone", ROOFS),
            device("java", "java", "Java 17", ROOFS));
    Report after =
        report(
            device("opencl:1", "gpu", "Twin", ROOFS),
            device("opencl:3", "gpu", "Moved", ROOFS),
            device("opencl:4", "cpu", "Gone", ROOFS),
            device("java", "java", "Java 25", ROOFS));
    assertEquals(
        List.of("opencl:1 opencl:1", "opencl:2 opencl:3", "java java"),
        DeviceChanges.between(before, after).stream()
            .map(device -> device.before().id() + " " + device.after().id())
            .toList());
  }

  @Test
  void devicesAlikeInEverythingAreTwo() {
    DeviceResult twin = device("opencl:0", "gpu", "Twin", ROOFS);
    Report both = report(twin, device("opencl:1", "gpu", "Twin", ROOFS));
    assertEquals(
        Arrays.asList("opencl:0", "opencl:1"),
        DeviceChanges.between(both, both).stream().map(d -> d.before().id()).toList());
  }
}
