package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceLostException;
import dev.logitcl.backend.ForwardingBackend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.qualify.Goal;
import dev.logitcl.bench.qualify.QualifyReport;
import dev.logitcl.bench.qualify.StepReport;
import dev.logitcl.bench.qualify.Tuned;
import dev.logitcl.bench.tune.FakeDevice;
import dev.logitcl.bench.tune.Tunable;
import dev.logitcl.kernel.Variant;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.RowOp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code qualify} writes and says, without a device and without time. */
@Tag("once")
class QualifyCommandTest {
  private static final long MINUTE = 60_000_000_000L;

  @TempDir private Path folder;

  /** An OpenCL device that computes on the Java path until it is lost. */
  private static final class Losing extends ForwardingBackend implements Tunable {
    private int calls;

    Losing(int calls) {
      super(Backends.cpu());
      this.calls = calls;
    }

    @Override
    public Backend backend() {
      return this;
    }

    @Override
    public DeviceInfo device() {
      return FakeDevice.INFO;
    }

    @Override
    public RunReport run(RowOp op, Variant variant) {
      return run(op);
    }

    @Override
    public RunReport run(RowOp op) {
      if (calls-- <= 0) {
        throw new DeviceLostException("CL_DEVICE_NOT_AVAILABLE", "clFinish", "Fake CPU", null);
      }
      return super.run(op);
    }
  }

  /** A machine with that device; a minute passes each time that the clock was read so often. */
  private static DeviceSource machine(int calls, int readings) {
    return new DeviceSource() {
      private long read;

      @Override
      public List<DeviceInfo> available() {
        try (Backend java = Backends.cpu()) {
          return List.of(Cli.BROKEN, FakeDevice.INFO, java.device());
        }
      }

      @Override
      public Backend open(DeviceInfo device) {
        return new Losing(calls);
      }

      @Override
      public Backend best() {
        throw new AssertionError("the device is chosen by its facts");
      }

      @Override
      public LongSupplier clock() {
        return () -> ++read * (MINUTE / readings);
      }

      @Override
      public Optional<Tunable> tunable(Backend backend) {
        return Optional.of((Tunable) backend);
      }

      @Override
      public List<String> explain(Backend backend, RowOp like, Shape shape) {
        return List.of();
      }
    };
  }

  private static JsonNode json(Path report) throws IOException {
    return new ObjectMapper().readTree(report.resolve("qualify.json").toFile());
  }

  private static Map<String, String> statuses(JsonNode json) {
    Map<String, String> statuses = new LinkedHashMap<>();
    json.path("steps")
        .forEach(step -> statuses.put(step.path("name").asText(), step.path("status").asText()));
    return statuses;
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  @Test
  void aDeviceThatIsLostLeavesWhatWasFound() throws IOException {
    Path report = folder.resolve("report");
    Cli.Result result =
        Cli.run(
            machine(2 * Fill.values().length + 1, 100_000),
            "qualify",
            "--minutes",
            "1.5",
            "--out",
            report);
    assertEquals(1, result.code(), result.err());
    JsonNode json = json(report);
    assertEquals("logitcl-qualify/1", json.path("schema").asText());
    assertEquals(1.5, json.path("minutes").asDouble());
    assertEquals("Fake CPU", json.path("device").path("name").asText());
    assertTrue(json.path("ended").asBoolean());
    assertFalse(json.path("complete").asBoolean());
    assertEquals(
        Map.of(
            "device", "done",
            "memory", "done",
            "verify", "failed",
            "geometries", "left out",
            "bench", "left out",
            "neighbours", "left out",
            "tune", "left out"),
        statuses(json));
    JsonNode verify = json.path("steps").path(2);
    assertTrue(verify.path("why").asText().contains("the device is lost"), verify.toString());
    assertEquals(2, verify.path("results").size(), verify.toString());
    assertEquals("ok", verify.path("results").path(0).path("outcome").asText());
    assertEquals(
        List.of("qualify.html", "qualify.json", "tuned.tsv"),
        list(report).stream().map(file -> file.getFileName().toString()).toList());
    assertTrue(
        Files.readString(report.resolve("tuned.tsv")).lines().allMatch(l -> l.startsWith("#")));
    for (String part :
        List.of(
            "s: clFinish failed with CL_DEVICE_NOT_AVAILABLE",
            "tune: left out: the step verify failed",
            "NOT EVERYTHING IS RIGHT",
            "open an issue in the project's tracker")) {
      assertTrue(result.out().contains(part), () -> part + " is not in " + result.out());
    }
    assertFalse(result.out().contains("LOGITCL_TUNED"), "there are no rows");
  }

  @Test
  void whatThereIsNoTimeForIsLeftOut() throws IOException {
    Path report = folder.resolve("report");
    // The machine's findings alone read the clock more often than that.
    Cli.Result result = Cli.run(machine(0, 8), "qualify", "--minutes", "1", "--out", report);
    assertEquals(0, result.code(), result.out() + result.err());
    assertTrue(json(report).path("ended").asBoolean());
    assertFalse(json(report).path("complete").asBoolean(true), "much was left out");
    Map<String, String> statuses = statuses(json(report));
    assertEquals("left out", statuses.get("verify"));
    assertEquals("left out", statuses.get("tune"));
    assertTrue(result.out().contains("tune: left out: there was no time for it"), result.out());
    assertTrue(result.out().contains("The report is not complete: 6 steps"), result.out());
  }

  @Test
  void aDeviceThatCannotBeOpenedIsReported() throws IOException {
    Path report = folder.resolve("report");
    Cli.Result result =
        Cli.run(Cli.NOTHING_WORKS, "qualify", "--device", "opencl:1", "--out", report);
    assertEquals(1, result.code());
    JsonNode json = json(report);
    assertEquals("failed", json.path("steps").path(0).path("status").asText());
    assertTrue(
        json.path("steps").path(0).path("why").asText().contains("CL_OUT_OF_RESOURCES"),
        json.toString());
    assertEquals("left out", json.path("steps").path(1).path("status").asText());
  }

  @Test
  void anOpenClDeviceIsNeeded() {
    Cli.run("qualify", "--device", "cpu")
        .assertRefused("--device: found java", "the Java path, which has no kernels, expected");
    Cli.run("qualify")
        .assertRefused("found opencl:0 (Broken GPU), which cannot be used (it has no compiler)");
    Cli.run(machine(0, 1), "qualify", "--device", "nothing")
        .assertRefused("found 'nothing', expected an OpenCL device: opencl:0 (Fake CPU)");
  }

  @Test
  void theTimeIsAMinuteOrMore() {
    for (String minutes : List.of("0", "0.5", "-8", "NaN", "1441", "Infinity")) {
      Cli.run("qualify", "--minutes", minutes).assertRefused("--minutes: found ", "1 to 1440");
    }
    Cli.run("qualify", "--minutes", "soon").assertRefused("--minutes");
  }

  /** A former report, or anything else that lies there, is not touched. */
  @Test
  void aFolderWithFilesIsRefused() throws IOException {
    DeviceSource source = machine(0, 1);
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nothing"));
    Cli.run(source, "qualify", "--out", link)
        .assertRefused("link: found a link to nothing, expected a folder, new or empty");
    Files.delete(link);
    Cli.run(source, "qualify", "--out", "").assertRefused("--out: found ");
    Path full = Files.createDirectory(folder.resolve("full"));
    Path former = Files.writeString(full.resolve("qualify.json"), "{}");
    Cli.run(source, "qualify", "--out", full).assertRefused("full: found a folder with files");
    assertEquals("{}", Files.readString(former));
    Cli.run(source, "qualify", "--out", former)
        .assertRefused("qualify.json: found a file, expected a folder, new or empty");
    Cli.run(source, "qualify", "--out", folder.resolve("none/report"))
        .assertRefused("none/report: found no such file or folder");
    Cli.run(source, "qualify", "--out", "/dev/null").assertRefused("/dev/null: found a file");
    assertEquals(List.of(full), list(folder));
    assertEquals(List.of(former), list(full));
  }

  private static QualifyReport report(String name, List<Object> results) {
    StepReport step =
        new StepReport("bench", "done", 1, "", 0, List.of("<left>"), List.of(), results);
    return new QualifyReport(
        QualifyReport.SCHEMA,
        "1",
        "2026-01-01T00:00:00Z",
        "17",
        "os",
        Map.of("id", "opencl:0", "kind", "gpu", "name", name, "driver", "1"),
        8,
        60,
        true,
        true,
        "",
        List.of(step),
        List.of(new Goal("fast", 1, List.of("slow"))));
  }

  @Test
  void thePageIsWholeAndNamesCannotLeaveTheirPlace() throws IOException {
    String html = QualifyPage.html(report("</script><script>alert(1)</script> {{x}}", List.of()));
    assertTrue(html.startsWith("<!DOCTYPE html>") && html.endsWith("</html>\n"));
    assertFalse(html.contains("<script>alert"));
    assertTrue(html.contains("Permission is hereby granted, free of charge"));
    for (String reference : List.of("<link", "src=", "url(", "@import", "sourceMappingURL")) {
      assertFalse(html.contains(reference), reference);
    }
    for (String id : List.of("devices", "charts", "results", "run", "units", "report")) {
      assertTrue(html.contains("id=\"" + id + "\""), "bench.js draws into " + id);
    }
  }

  @Test
  void rowsAreWrittenAsTheyAreFound() throws IOException {
    QualifyFolder written = QualifyFolder.create(folder.resolve("report"), FakeDevice.INFO);
    List<Object> results = new ArrayList<>();
    Path rows = written.path().resolve("tuned.tsv");
    for (String row : List.of("# a\nrow a\n", "", "# b\nrow b\n")) {
      results.add(new Tuned("softmax", "2x2", row, 1, 0, List.of()));
      written.write(report("x", results));
      assertTrue(Files.readString(rows).endsWith(row.isEmpty() ? "row a\n" : row));
    }
    assertEquals(
        List.of("row a", "row b"),
        Files.readString(rows).lines().filter(l -> !l.startsWith("#") && !l.isEmpty()).toList());
    assertEquals(2, list(written.path()).size(), "nothing beside qualify.json and tuned.tsv");
  }
}
