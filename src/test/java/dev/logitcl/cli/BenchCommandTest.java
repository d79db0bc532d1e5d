package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.logitcl.bench.DeviceResult;
import dev.logitcl.bench.Measurement;
import dev.logitcl.bench.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
@Tag("turn-0")
class BenchCommandTest {
  @TempDir private Path folder;

  private static Report report(boolean ok) {
    return report(ok, true);
  }

  private static Report report(boolean ok, boolean settled) {
    Measurement result =
        new Measurement(
            "softmax",
            "forward",
            4096,
            1000,
            "f32",
            "row V=16, \"x\"",
            1_234_567,
            1_000_000,
            2_000_000,
            9,
            5_000_000,
            26.5,
            12.5,
            75.7,
            "copy",
            76.25,
            1.2e-7,
            ok,
            settled);
    DeviceResult device =
        new DeviceResult("opencl:0", "gpu", "Broken GPU", "1.0", 35, 30.5, 33, List.of(result));
    return new Report(Report.SCHEMA, "1.2", "2025-01-01T00:00:00Z", "17", "Linux", List.of(device));
  }

  @Test
  void theTableTellsWhatPeopleWantToKnow() {
    String text = BenchTable.text(report(true), List.of(Cli.BROKEN));
    for (String part :
        List.of(
            "opencl:0  Broken GPU  (1.0)",
            "2 compute units, measured: read 30.5, copy 35.0, triad 33.0 GB/s",
            "softmax | fwd  | 4096x1000 | 1.23 ms | 2.00 ms | 26.5 |    12.5 | 76.3 copy |    5.00 ms | 1.2e-7 | row ")) {
      assertTrue(text.contains(part), () -> part + " is not in\n" + text);
    }
    assertTrue(BenchTable.text(report(false), List.of()).contains("| 1.2e-7 WRONG |"));
    assertFalse(text.contains("~"), text);
    String unsettled = BenchTable.text(report(true, false), List.of());
    assertTrue(unsettled.contains("| ~1.23 ms |"), unsettled);
    assertTrue(unsettled.contains("\n  ~ This time has not settled:"), unsettled);
  }

  @Test
  void csvIsQuoted() {
    List<String> lines = BenchCsv.text(report(true)).lines().toList();
    assertEquals(2, lines.size());
    assertEquals(
        "opencl:0,gpu,Broken GPU,1.0,35.0,30.5,33.0,softmax,forward,4096,1000,f32,"
            + "\"row V=16, \"\"x\"\"\",1234567,1000000,2000000,9,5000000,26.5,12.5,75.7,copy,76.25,1.2E-7,true,true",
        lines.get(1));
  }

  @Test
  void aRunHasTheFormatOfTheContract() throws IOException {
    Path json = folder.resolve("b.json");
    Path csv = folder.resolve("b.csv");
    Cli.Result result =
        Cli.run(
            "bench",
            "--quick",
            "--device",
            "cpu",
            "--op",
            "softmax",
            "--shape",
            "8x10",
            "--json",
            json,
            "--csv",
            csv);
    assertEquals(0, result.code(), result.err());
    assertTrue(result.out().contains("8x10"), result.out());
    JsonNode root = new ObjectMapper().readTree(json.toFile());
    assertEquals("logitcl-bench/1", root.path("schema").asText());
    for (String field : List.of("version", "started", "java", "os")) {
      assertFalse(root.path(field).asText().isEmpty(), field);
    }
    JsonNode device = root.path("devices").path(0);
    assertEquals("java", device.path("id").asText());
    assertEquals("java", device.path("kind").asText());
    assertTrue(device.path("copyGBps").asDouble() > 0, root.toString());
    assertTrue(device.path("readGBps").asDouble() > 0, root.toString());
    assertTrue(device.path("triadGBps").asDouble() > 0, root.toString());
    JsonNode first = device.path("results").path(0);
    assertEquals("softmax", first.path("op").asText());
    assertEquals("forward", first.path("pass").asText());
    assertEquals("copy", first.path("roof").asText());
    assertEquals("triad", device.path("results").path(1).path("roof").asText());
    assertEquals("f32", first.path("dtype").asText());
    assertEquals(8, first.path("rows").asLong());
    assertEquals(10, first.path("cols").asLong());
    assertTrue(first.path("ok").asBoolean());
    assertTrue(first.path("settled").isBoolean());
    assertFalse(first.path("variant").asText().isEmpty());
    for (String field :
        List.of(
            "medianNs",
            "minNs",
            "p90Ns",
            "samples",
            "endToEndNs",
            "gbps",
            "percentOfCopy",
            "percentOfRoof",
            "maxError")) {
      assertTrue(first.path(field).isNumber(), field);
    }
    assertEquals(1L + device.path("results").size(), Files.readString(csv).lines().count());
  }

  @Test
  void opsAndShapesMayBeGivenSeveralTimes() {
    Cli.Result result =
        Cli.run(
            "bench",
            "--quick",
            "--device",
            "cpu",
            "--op",
            "nll",
            "--op=row-stats",
            "--shape",
            "8x10,4x3",
            "--shape",
            "2x2");
    assertEquals(0, result.code(), result.err());
    for (String shape : List.of("8x10", "4x3", "2x2")) {
      assertEquals(
          3, result.out().lines().filter(line -> line.contains(" " + shape + " ")).count());
    }
    Cli.run("bench", "--op", "nll", "--op", "x").assertRefused("--op: found 'x', expected");
    Cli.run("bench", "--shape", "2x2,0x3").assertRefused("--shape: found 0 x 3, expected 1 to");
  }

  @Test
  void aFolderThatIsMissingIsToldBeforeTheRun() {
    Cli.run("bench", "--json", folder.resolve("none/b.json"))
        .assertRefused("none/b.json: found no such file or folder, expected");
    assertFalse(Files.exists(folder.resolve("none")));
  }

  @Test
  void nothingMeasuredIsAFailure() {
    assertEquals(1, Cli.run(Cli.NOTHING_WORKS, "bench", "--quick").code());
  }
}
