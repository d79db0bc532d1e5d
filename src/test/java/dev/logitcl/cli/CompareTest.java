package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.logitcl.bench.DeviceResult;
import dev.logitcl.bench.Measurement;
import dev.logitcl.bench.Report;
import dev.logitcl.io.Printable;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code bench --compare}, on reports made up here; nothing about the times of a run is asserted.
 */
@Tag("once")
@Tag("turn-0")
class CompareTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir private Path folder;

  /** A read of 64 KiB; times in microseconds. */
  private static Measurement lse(int rows, long median) {
    return lse(rows, median, true);
  }

  private static Measurement lse(int rows, long median, boolean settled) {
    return new Measurement(
        "logsumexp",
        "forward",
        rows,
        1000,
        "f32",
        "row",
        1000 * median,
        900 * median,
        1100 * median,
        9,
        1000 * median,
        65.536 / median,
        0,
        10,
        "read",
        10,
        1e-7,
        true,
        settled);
  }

  private static Report report(String java, Measurement... results) {
    DeviceResult device =
        new DeviceResult("java", "java", java, "VM", 20, 25, 22, List.of(results));
    return new Report(Report.SCHEMA, "1.2", "2026-01-01T00:00:00Z", "17", "os", List.of(device));
  }

  private Path written(String name, Object report) throws IOException {
    return Files.writeString(folder.resolve(name), Json.text(report));
  }

  @Test
  void theTextTellsWhatChanged() {
    Report before = report("Java 17", lse(1, 100), lse(2, 100), lse(3, 100), lse(4, 100));
    Report after = report("Java 25", lse(1, 200), lse(2, 50), lse(3, 101), lse(5, 100));
    String text = CompareText.text("old.json", before, after, true);
    assertEquals(
        """

        Compared with old.json: LogitCL 1.2, Java 17, 2026-01-01T00:00:00Z

        java  then Java 17, now Java 25  (VM)
          roofs then and now: read 25.0 and 25.0, copy 20.0 and 20.0, triad 22.0 and 22.0 GB/s
                | op        | pass |  shape |   then |     now | speed | of roof | decides\s
        --------+-----------+------+--------+--------+---------+-------+---------+---------
         slower | logsumexp | fwd  | 1x1000 | 100 us |  200 us |  50 % |    50 % | speed  \s
         faster | logsumexp | fwd  | 2x1000 | 100 us | 50.0 us | 200 % |   200 % | speed  \s
          1 of 3 cases within the noise
          new: logsumexp forward 5x1000
          missing: logsumexp forward 4x1000
        """,
        text);
    String part = CompareText.text("old.json", before, after, false);
    assertFalse(part.contains("missing"), part);
  }

  @Test
  void devicesOfOneReportOnlyAreNamed() {
    DeviceResult gpu = new DeviceResult("opencl:0", "gpu", "GPU", "", 0, 0, 0, List.of());
    Report with =
        new Report(Report.SCHEMA, "1.2", "2026-01-01T00:00:00Z", "17", "os", List.of(gpu));
    String text = CompareText.text("old.json", with, report("Java"), true);
    assertTrue(text.contains("\nnew device: java  Java\n"), text);
    assertTrue(text.contains("\nmissing device: opencl:0  GPU\n"), text);
  }

  /** One operation on one small shape, on the Java path. */
  private static Cli.Result bench(Object... options) {
    Object[] run = {"bench", "--quick", "--device", "cpu", "--op", "logsumexp", "--shape", "8x10"};
    Object[] all = new Object[run.length + options.length];
    System.arraycopy(run, 0, all, 0, run.length);
    System.arraycopy(options, 0, all, run.length, options.length);
    return Cli.run(all);
  }

  /** A report of this machine's Java path, in which every call took that long. */
  private Path claiming(long nanoseconds) throws IOException {
    Path file = folder.resolve("run.json");
    Cli.Result run = bench("--json", file);
    assertEquals(0, run.code(), run.err());
    JsonNode root = MAPPER.readTree(file.toFile());
    for (JsonNode result : root.path("devices").path(0).path("results")) {
      for (String field : List.of("medianNs", "minNs", "p90Ns")) {
        ((ObjectNode) result).put(field, nanoseconds);
      }
    }
    return written("claim.json", root);
  }

  @Test
  void aRunBelowTheLimitFails() throws IOException {
    Path old = claiming(1);
    Cli.Result run = bench("--compare", old, "--fail-below", 90);
    assertEquals(1, run.code(), run.err());
    assertTrue(run.out().contains("Compared with " + old), run.out());
    // On a busy machine some times or all may not settle: theGate() knows them.
    if (!run.out().contains("~") && !run.err().contains("nothing to compare")) {
      assertTrue(
          run.err().contains("logitcl: 4 of 4 cases below 90.0 % of the speed in " + old),
          run.err());
      assertTrue(run.out().contains(" slower | logsumexp | bwd"), run.out());
    }
  }

  /** What a gate says of a report: whether it passes, and on standard error why not. */
  private String gate(@Nullable Double failBelow, Report before, Report after) throws IOException {
    StringWriter err = new StringWriter();
    Baseline baseline = Baseline.of(written("old.json", before), failBelow);
    boolean passes =
        baseline.compare(after, true, new PrintWriter(new StringWriter()), new PrintWriter(err));
    assertEquals(passes, err.toString().isEmpty(), err.toString());
    return err.toString();
  }

  @Test
  void theGate() throws IOException {
    Report before = report("Java 17", lse(1, 100), lse(2, 100));
    Report after = report("Java 17", lse(1, 125), lse(2, 50));
    assertEquals("", gate(80.0, before, after));
    String message = gate(80.1, before, after);
    assertTrue(message.contains("1 of 2 cases below 80.1 % of the speed in "), message);
    assertTrue(message.contains("the worst: logsumexp forward 1x1000 at 80 %"), message);
    assertEquals("", gate(null, before, after));
    // Below the limit, and yet within the noise.
    assertEquals("", gate(100.0, before, report("Java 17", lse(1, 103), lse(2, 100))));
    // A gate that compares nothing does not pass.
    String nothing = gate(90.0, before, report("Java 17", lse(3, 100)));
    assertTrue(nothing.contains("nothing to compare"), nothing);
    // A time that has not settled is none to compare.
    String unsettled = gate(90.0, before, report("Java 17", lse(1, 1000, false)));
    assertTrue(unsettled.contains("with times that have settled in both"), unsettled);
    assertEquals("", gate(90.0, before, report("Java 17", lse(1, 1000, false), lse(2, 100))));
    Report slow = report("Java 17", lse(1, 1000, false));
    String text = CompareText.text("old.json", before, slow, true);
    assertTrue(text.contains(" unsettled | logsumexp | fwd "), text);
  }

  @Test
  void aReportOfAnEarlierVersionIsRead() throws IOException {
    ObjectNode root = (ObjectNode) MAPPER.readTree(Json.text(report("Java", lse(1, 100))));
    ObjectNode device = (ObjectNode) root.path("devices").path(0);
    device.remove("triadGBps");
    device.put("later", true);
    ObjectNode result = (ObjectNode) device.path("results").path(0);
    result.remove(List.of("roof", "percentOfRoof", "settled"));
    Report read = OldReport.read(written("early.json", root));
    assertEquals(0, read.devices().get(0).triadGBps());
    assertEquals("", read.devices().get(0).results().get(0).roof());
    assertEquals(100_000, read.devices().get(0).results().get(0).medianNs());
    assertTrue(read.devices().get(0).results().get(0).settled());
  }

  @Test
  void whatIsNoReportIsRefused() throws IOException {
    String expected = "expected a report of bench --json";
    bench("--compare", folder.resolve("none.json"))
        .assertRefused("none.json: found no such file or folder, " + expected);
    bench("--compare", folder).assertRefused(": found a folder, " + expected);
    Path text = Files.writeString(folder.resolve("text.json"), "\n\nspeed: high");
    bench("--compare", text).assertRefused("text.json: found no JSON at line 3, " + expected);
    Path empty = Files.writeString(folder.resolve("empty.json"), "");
    bench("--compare", empty).assertRefused("empty.json: found no \"schema\", " + expected);
    Path other =
        Files.writeString(folder.resolve("other.json"), "{\"schema\": \"logitcl-bench/7\"}");
    bench("--compare", other)
        .assertRefused("found schema 'logitcl-bench/7', " + expected, "'logitcl-bench/1'");
  }

  @Test
  void jsonBeyondTheBoundsOfTheParserIsRefused() throws IOException {
    for (String json : List.of("[".repeat(5000), "{\"schema\": " + "1".repeat(5000) + "}")) {
      Path file = Files.writeString(folder.resolve("bounds.json"), json);
      bench("--compare", file).assertRefused("bounds.json: found JSON beyond the bounds of");
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void devicesAndPipesAreNotRead() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    for (Path file : List.of(pipe, Path.of("/dev/zero"))) {
      bench("--compare", file)
          .assertRefused(file + ": found a device or a pipe, expected a report");
      Cli.run("tune", "--out", file).assertRefused(file + ": found a device or a pipe, expected");
      Cli.run("apply", "softmax", "--x", file, "--out", folder.resolve("y"))
          .assertRefused(file + ": found a device or a pipe, expected an .npy file");
    }
  }

  @Test
  void namesInAReportDoNotSteerTheTerminal() throws IOException {
    String hostile = "\u001b[31mred\u202e\u2066\u200f\u061c";
    ObjectNode root = (ObjectNode) MAPPER.readTree(Json.text(report("Java", lse(1, 100))));
    root.put("version", hostile).put("java", hostile).put("started", hostile);
    ObjectNode device = (ObjectNode) root.path("devices").path(0);
    device.put("name", hostile).put("driver", hostile);
    ((ObjectNode) device.path("results").path(0)).put("pass", hostile);
    ((ArrayNode) root.path("devices")).addObject().setAll(device.deepCopy().put("id", hostile));
    Report before = OldReport.read(written("hostile.json", root));
    String text = CompareText.text("old.json", before, report("Java", lse(1, 100)), true);
    assertTrue(text.contains("?[31mred????"), text);
    assertEquals(text, text.lines().map(Printable::of).collect(Collectors.joining("\n", "", "\n")));
  }

  @Test
  void digitsAreAsciiInEveryLocale() throws IOException {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("hi-IN-u-nu-deva"));
      assertEquals("\u0967", String.format("%d", 1), "the locale has digits of its own");
      theTextTellsWhatChanged();
      theGate();
      Cli.Result run = bench();
      assertEquals(0, run.code(), run.err());
      assertTrue(run.out().chars().noneMatch(c -> c > 127 && Character.isDigit(c)), run.out());
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void aReportWithAHoleIsRefused() throws IOException {
    ObjectNode root = (ObjectNode) MAPPER.readTree(Json.text(report("Java", lse(1, 100))));
    ObjectNode result = (ObjectNode) root.path("devices").path(0).path("results").path(0);
    result.remove("medianNs");
    bench("--compare", written("hole.json", root))
        .assertRefused("hole.json: found nothing at devices[java].results[].medianNs", "a number");
    result.put("medianNs", -1);
    bench("--compare", written("hole.json", root)).assertRefused("found -1 at devices[java]");
    result.put("medianNs", 1).put("minNs", "fast");
    bench("--compare", written("hole.json", root)).assertRefused("found \"fast\" at devices[java]");
    root.putObject("devices");
    bench("--compare", written("hole.json", root))
        .assertRefused("found a list or an object at devices, expected a list");
  }

  @Test
  void theLimitIsAPercentageOfSomething() throws IOException {
    Path old = written("old.json", report("Java", lse(1, 100)));
    bench("--fail-below", 90).assertRefused("--fail-below: found no --compare, expected");
    for (String limit : List.of("0", "-5", "100.5", "NaN")) {
      bench("--compare", old, "--fail-below", limit)
          .assertRefused("--fail-below: found ", "expected a percentage up to 100");
    }
    bench("--compare", old, "--fail-below", "slow").assertRefused("--fail-below", "'slow'");
  }
}
