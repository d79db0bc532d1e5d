package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.logitcl.lifecycle.FaultyIcd;
import dev.logitcl.lifecycle.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What {@code qualify} leaves behind when its process does not come to its end. */
@EnabledOnOs(OS.LINUX)
@Tag("once")
@Tag("turn-2")
final class QualifyInterruptedTest {
  /** Nothing is compiled before the memory is measured. */
  private static final String IN_MEMORY = "clBuildProgram 1+ ";

  @TempDir private Path folder;

  private Path report() {
    return folder.resolve("report");
  }

  private Path output() {
    return folder.resolve("output");
  }

  private Process java(List<String> before, @Nullable FaultyIcd driver, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("-Dlogitcl.exit.seconds=1", "-XX:-CreateCoredumpOnCrash"));
    // It is gone before its code is worth optimising.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.add("-XX:ErrorFile=" + folder.resolve("hs_err.log"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output().toFile());
    if (driver != null) {
      builder.environment().putAll(driver.environment());
    }
    return builder.start();
  }

  private Process qualify(FaultyIcd driver) throws IOException {
    return java(
        List.of(),
        driver,
        Main.class.getName(),
        "qualify",
        "--minutes",
        "1",
        "--out",
        report().toString());
  }

  private int exit(Process process) throws Exception {
    try {
      assertTrue(Patience.sees(process), () -> text(output()));
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(report().resolve(QualifyFolder.JSON).toFile());
  }

  /** The first step is done, and the second had begun. */
  private void assertEndedInMemory() throws IOException {
    JsonNode json = json();
    assertFalse(json.path("ended").asBoolean(true), json.toString());
    assertFalse(json.path("complete").asBoolean(true), json.toString());
    assertEquals("memory: roofs", json.path("doing").asText(), json.toString());
    JsonNode steps = json.path("steps");
    assertEquals("done", steps.path(0).path("status").asText(), json.toString());
    assertFalse(steps.path(0).path("results").isEmpty(), json.toString());
    assertEquals("running", steps.path(1).path("status").asText(), json.toString());
    assertEquals("waiting", steps.path(2).path("status").asText(), json.toString());
    String page = Files.readString(report().resolve(QualifyFolder.PAGE));
    assertTrue(page.contains("\"ended\":false"), "the page says so");
    assertTrue(page.contains("\"name\":\"memory\",\"status\":\"running\""), "and at which step");
  }

  @Test
  void aDriverThatEndsTheProcessLeavesWhatWasWritten() throws Exception {
    FaultyIcd driver = FaultyIcd.in(Files.createDirectory(folder.resolve("driver")));
    driver.tell(IN_MEMORY + "abort");
    assertEquals(134, exit(qualify(driver)), () -> text(output()));
    assertEndedInMemory();
  }

  /** As Ctrl-C does; here while the driver hangs. */
  @Test
  void whoStopsItIsToldWhereTheReportIs() throws Exception {
    FaultyIcd driver = FaultyIcd.in(Files.createDirectory(folder.resolve("driver")));
    driver.tell(IN_MEMORY + "hang");
    Process process = qualify(driver);
    while (process.isAlive() && Files.notExists(driver.hung())) {
      Thread.sleep(10);
    }
    process.destroy();
    assertEquals(143, exit(process), () -> text(output()));
    String printed = text(output());
    assertTrue(printed.contains("logitcl: stopped; the report so far is in " + report()), printed);
    assertEndedInMemory();
  }

  /** Runs with devices that fail; in a process whose files cannot grow, as on a full disk. */
  static final class OnAFullDisk {
    private OnAFullDisk() {}

    public static void main(String[] arguments) {
      Cli.Result result =
          Cli.run(Cli.NOTHING_WORKS, "qualify", "--device", "opencl:1", "--out", arguments[0]);
      System.out.print(result.out() + result.err());
      System.exit(result.code());
    }
  }

  /** The page is larger than a file may be, and {@code qualify.json} is not. */
  @Test
  void aFullDiskIsSaidAndLosesNothing() throws Exception {
    List<String> limited = List.of("sh", "-c", "ulimit -f 150; exec \"$@\"", "sh");
    Process process = java(limited, null, OnAFullDisk.class.getName(), report().toString());
    assertEquals(1, exit(process), () -> text(output()));
    String printed = text(output());
    assertTrue(printed.contains("qualify.html cannot be written: "), printed);
    assertFalse(printed.contains("\tat "), printed);
    assertFalse(json().path("ended").asBoolean(true));
    assertTrue(Files.notExists(report().resolve(QualifyFolder.PAGE)), "whole or not at all");
    try (var files = Files.list(report())) {
      assertFalse(files.anyMatch(file -> file.toString().endsWith(".tmp")), "nothing half written");
    }
  }
}
