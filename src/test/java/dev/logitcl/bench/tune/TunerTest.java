package dev.logitcl.bench.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.bench.tune.Tuner.Result;
import dev.logitcl.bench.tune.Tuner.Settings;
import dev.logitcl.contract.Scope;
import dev.logitcl.kernel.Overlay;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Operand;
import dev.logitcl.opencl.OpenClBackend;
import dev.logitcl.opencl.TestDevices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole course of a tuning run, on a device whose times are scripted. */
@Tag("once")
@Tag("turn-0")
final class TunerTest {
  private static final String FAST =
      "row_per_item BLOCK=64 ITEMS_PER_CU=8 PREFETCH=1024 STREAM=24 V=16";
  private static final Shape SHAPE = new Shape(16, 100);

  private final List<String> notes = new ArrayList<>();

  /** For one operation; for all of them without its name. */
  private static Settings settings(String op, Shape... shapes) {
    Set<String> ops = op == null ? Set.of() : Set.of(op);
    return new Settings(List.of(shapes), false, ops, Duration.ofHours(1), 1);
  }

  private Result tune(FakeDevice device, Settings settings) {
    return Tuner.run(
        device,
        settings,
        "today",
        new Tuner.Listener() {
          @Override
          public void note(String note) {
            notes.add(note);
          }
        },
        device::nanoTime);
  }

  private static List<String> rows(Result result) {
    return result.rows().lines().filter(line -> line.startsWith("\"")).toList();
  }

  private boolean noted(String... parts) {
    return notes.stream().anyMatch(note -> List.of(parts).stream().allMatch(note::contains));
  }

  @Test
  void theFastestCandidateBecomesARowForItsDeviceAndDriver() {
    FakeDevice device = new FakeDevice((label, op) -> label.equals(FAST) ? 8e5 : 1e6);
    Result result = tune(device, settings("log-softmax", SHAPE));
    assertEquals(
        List.of(
            "\"Fake CPU\" driver \"3.1, Portable Computing Language\"\tlog_softmax_forward\t8..32\t50..200\t"
                + FAST.replaceFirst(" ", "\t"),
            "\"Fake CPU\" driver \"3.1, Portable Computing Language\"\tlog_softmax_backward\t8..32\t50..200\t"
                + FAST.replaceFirst(" ", "\t"),
            "\"Fake CPU\" driver \"3.1, Portable Computing Language\"\tlog_softmax_jvp\t8..32\t50..200\t"
                + FAST.replaceFirst(" ", "\t")),
        rows(result));
    assertTrue(
        result
            .rows()
            .startsWith(
                "# log_softmax_forward on Fake CPU, driver 3.1, Portable Computing Language, today"),
        result.rows());
    assertTrue(
        result.rows().contains("\n# forward 16x100 500.000 (625.000 with row_per_item"),
        result.rows());
    assertTrue(result.rows().contains("; -20.0 %, noise 2.0 %)\n"), result.rows());
    assertEquals(
        Set.of("log_softmax_backward", "log_softmax_forward", "log_softmax_jvp"), result.kernels());
    assertEquals(3, result.measured());
    assertEquals(0, result.faults());
    assertTrue(noted("log-softmax forward 16 x 100", "wins", FAST, "-20.0 %"), notes.toString());
  }

  @Test
  void aGainWithinTheNoiseIsNone() {
    // Faster by a tenth on average, and slower every third time.
    int[] turn = {0};
    FakeDevice noisy =
        new FakeDevice((label, op) -> !label.equals(FAST) ? 1e6 : turn[0]++ % 3 == 0 ? 1.1e6 : 8e5);
    assertEquals(List.of(), rows(tune(noisy, settings("log-softmax", SHAPE))));
    assertTrue(noted("does not win", FAST), notes.toString());
    // Always faster, by less than is worth a row.
    FakeDevice slight = new FakeDevice((label, op) -> label.equals(FAST) ? 0.985e6 : 1e6);
    assertEquals(List.of(), rows(tune(slight, settings("log-softmax", SHAPE))));
  }

  @Test
  void aWrongCandidateIsRejectedBeforeItIsTimed() {
    FakeDevice device =
        new FakeDevice((label, op) -> label.equals(FAST) ? 1e5 : 1e6).wrong(FAST::equals);
    Result result = tune(device, settings("logsumexp", SHAPE));
    assertEquals(List.of(), rows(result));
    // One run for each case showed it.
    assertEquals(4, device.runs(FAST));
    assertEquals(4, result.faults());
    assertEquals(4, result.measured(), "the others are measured all the same");
    assertTrue(
        noted("logsumexp forward: rejected " + FAST, "lse[0,0] is 1234.0, expected"),
        notes.toString());
  }

  @Test
  void anotherVariantInItsPlaceIsRejected() {
    FakeDevice device = new FakeDevice((label, op) -> 1e6).lying(FAST);
    assertEquals(4, tune(device, settings("logsumexp", SHAPE)).faults());
    assertTrue(noted("rejected " + FAST, "another ran in its place"), notes.toString());
  }

  @Test
  void aCandidateThatAsksTooMuchOfTheDeviceIsNoFault() {
    FakeDevice device = new FakeDevice((label, op) -> 1e6).failing(FAST, "CL_OUT_OF_RESOURCES");
    Result result = tune(device, settings("logsumexp", SHAPE));
    assertEquals(0, result.faults());
    assertTrue(noted("rejected " + FAST, "CL_OUT_OF_RESOURCES"), notes.toString());
    FakeDevice broken =
        new FakeDevice((label, op) -> 1e6).failing(FAST, "CL_BUILD_PROGRAM_FAILURE");
    assertEquals(4, tune(broken, settings("logsumexp", SHAPE)).faults());
  }

  @Test
  void aWrongStandardLeavesItsOldRowsAlone() {
    FakeDevice device =
        new FakeDevice((label, op) -> 1e6)
            .wrong(
                label -> label.equals("row_per_item ITEMS_PER_CU=8 PREFETCH=1024 STREAM=24 V=16"));
    Result result = tune(device, settings("log-softmax", SHAPE));
    assertEquals(0, result.measured());
    assertEquals(Set.of(), result.kernels());
    assertTrue(result.faults() > 0);
  }

  @Test
  void slowCandidatesLeaveAfterTheFirstRound() {
    String slow = "row_per_item ITEMS_PER_CU=8 PREFETCH=1024 STREAM=24 V=8";
    FakeDevice device = new FakeDevice((label, op) -> label.equals(slow) ? 1.6e6 : 1e6);
    tune(device, settings("logsumexp", SHAPE));
    String fair = "row_per_item ITEMS_PER_CU=4 PREFETCH=1024 STREAM=24 V=16";
    assertTrue(device.runs(slow) < device.runs(fair), device.runs(slow) + " runs");
  }

  @Test
  void withoutTimeTheLikelyCandidatesAreTried() {
    FakeDevice device = new FakeDevice((label, op) -> 1e6);
    Settings none =
        new Settings(List.of(new Shape(64, 100)), false, Set.of("log-softmax"), Duration.ZERO, 1);
    Result result = tune(device, none);
    assertEquals(3, result.measured());
    assertTrue(noted("log-softmax forward: no time for"), notes.toString());
    assertEquals(
        Set.of(
            "row_per_item ITEMS_PER_CU=4 PREFETCH=1024 STREAM=24 V=16",
            "row_per_item ITEMS_PER_CU=8 PREFETCH=1024 STREAM=24 V=16",
            "row_per_item ITEMS_PER_CU=16 PREFETCH=1024 STREAM=24 V=16"),
        device.ran(),
        "one program for each case");
  }

  @Test
  void neighboursWithTheSameWinnerShareARow() {
    // Where two are as good, the one that is good elsewhere too.
    String other = "row_per_item BLOCK=8 ITEMS_PER_CU=8 PREFETCH=1024 STREAM=24 V=16";
    FakeDevice device =
        new FakeDevice(
            (label, op) ->
                label.equals(FAST)
                    ? 8e5
                    : label.equals(other) && op.shape().cols() == 100 ? 7.95e5 : 1e6);
    Settings settings =
        new Settings(
            List.of(new Shape(6, 100), new Shape(60, 100), new Shape(1, 400), new Shape(10, 400)),
            true,
            Set.of("logsumexp"),
            Duration.ofHours(1),
            1);
    Result result = tune(device, settings);
    assertEquals(4, rows(result).size(), result.rows());
    for (String row : rows(result)) {
      assertTrue(row.contains("\t*\t*\t" + FAST.replaceFirst(" ", "\t")), row);
    }
  }

  @Test
  void whatTheFusedPassNeedsIsKeptFromTheLossAlone() {
    // Both passes of cross-entropy are rows of one op; keeping serves the fused one alone.
    String keep = "row_per_item_keep ITEMS_PER_CU=8 PREFETCH=1024 V=8";
    FakeDevice device =
        new FakeDevice((label, op) -> label.equals(keep) ? 7e5 : label.equals(FAST) ? 8e5 : 1e6);
    List<String> forward =
        rows(tune(device, settings("cross-entropy", SHAPE))).stream()
            .filter(row -> row.contains("\tcross_entropy_forward\t"))
            .toList();
    assertEquals(2, forward.size(), forward.toString());
    assertTrue(forward.get(0).contains("row_per_item_keep"), forward.toString());
    assertTrue(forward.get(1).contains("BLOCK=64"), forward.toString());
  }

  @Test
  void aRowThatWouldCostTheOtherPassTimeIsNotWritten() {
    // The fused pass gains, the loss alone would lose, and one row serves both.
    FakeDevice device =
        new FakeDevice(
            (label, op) -> {
              boolean fused =
                  op.operands().stream().anyMatch(o -> o.role() == Operand.Role.MATRIX_OUT);
              return label.equals(FAST) ? (fused ? 8e5 : 13e5) : 1e6;
            });
    List<String> forward =
        rows(tune(device, settings("cross-entropy", SHAPE))).stream()
            .filter(row -> row.contains("\tcross_entropy_forward\t"))
            .toList();
    assertEquals(List.of(), forward);
  }

  @Test
  void theRowsAreATableThatCanBeRead(@TempDir Path folder) throws IOException {
    FakeDevice device = new FakeDevice((label, op) -> label.equals(FAST) ? 8e5 : 1e6);
    // All operations take half a minute; with few the rows are of as many kinds.
    Result result =
        tune(device, settings(Scope.ofThisRun().isAll() ? null : "cross-entropy", SHAPE));
    Path file = Files.writeString(folder.resolve("tuned.tsv"), result.rows());
    Overlay.Contents contents = Overlay.read(file);
    assertEquals(List.of(), contents.problems());
    assertEquals(rows(result).size(), contents.rows().size());
    assertFalse(contents.rows().isEmpty());
  }

  @Test
  void aRealDevice() {
    try (OpenClBackend backend = TestDevices.open()) {
      // No time at all: one program, the likely one.
      Settings settings =
          new Settings(List.of(new Shape(8, 100)), false, Set.of("logsumexp"), Duration.ZERO, 1);
      Result result = Tuner.run(Tunable.of(backend), settings, "today", new Tuner.Listener() {});
      assertEquals(4, result.measured());
      assertEquals(0, result.faults());
    }
  }
}
