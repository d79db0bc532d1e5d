package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.lifecycle.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the start scripts make of the end of a JVM, which a shell script stands for here. */
@Tag("once")
@EnabledOnOs(OS.LINUX)
final class StartScriptTest {
  @TempDir private Path folder;

  /** Runs the common part of the start scripts with a JVM that does what {@code script} says. */
  private Process run(String script, String modules) throws IOException {
    return run("", "", script, modules);
  }

  /** The same, after a command and with options for the JVM. */
  private Process run(String first, String javaOptions, String script, String modules)
      throws IOException {
    Files.writeString(
        folder.resolve("release"), "JAVA_VERSION=\"17\"\nMODULES=\"java.base" + modules + "\"\n");
    Path java = Files.createDirectories(folder.resolve("bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwx------"));
    ProcessBuilder builder =
        new ProcessBuilder(
                "bash",
                "-c",
                first + "set -euo pipefail; . scripts/common.sh; run_tool \"$1\" x.jar devices",
                "logitcl",
                folder.toString())
            .redirectError(folder.resolve("stderr").toFile());
    builder.environment().put("JAVA_OPTS", javaOptions);
    return builder.start();
  }

  @ParameterizedTest
  @CsvSource({
    "echo out; exit 100, 0, false",
    "echo out; exit 101, 1, false",
    "echo out; exit 102, 2, false",
    "echo out; exit 0, 1, true",
    "echo out; exit 3, 3, true",
    "echo out; exit 1, 1, true",
    "echo out; kill -ABRT $$, 134, true",
    "echo out; kill -TERM $$, 143, false",
    // What a shell gives for SIGINT, which a job in the background ignores.
    "echo out; exit 130, 130, false",
  })
  void anEndThatIsNotTheToolsIsTold(String script, int code, boolean told) throws Exception {
    for (String modules : new String[] {"", " jdk.incubator.vector"}) {
      Process process = run(script, modules);
      assertEquals("out", process.inputReader().readLine());
      assertEquals(code, process.waitFor());
      String errors = Files.readString(folder.resolve("stderr"));
      assertEquals(told, errors.contains("the tool did not come to its end"), errors);
      assertEquals(told, errors.contains("doctor' tries each driver"), errors);
    }
  }

  /** A service manager may end the script alone, which then must not leave Java running. */
  @ParameterizedTest
  @CsvSource({"HUP, 1", "INT, 2", "TERM, 15"})
  void aSignalGoesOnToJavaWhoseEndIsWaitedFor(String signal, int number) throws Exception {
    // A job in the background ignores INT, and one of nohup HUP, as do all that it starts.
    long ignored =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
            .findFirst()
            .orElse(0);
    Assumptions.assumeTrue((ignored >> (number - 1) & 1) == 0, signal + " is ignored here");
    int code = 128 + number;
    for (String modules : new String[] {"", " jdk.incubator.vector"}) {
      Path done = folder.resolve("done");
      Files.deleteIfExists(done);
      Process process =
          run(
              "trap 'sleep 0.3; echo last words >&2; touch "
                  + done
                  + "; exit "
                  + code
                  + "' "
                  + signal
                  + "\necho out\nwhile true; do sleep 0.1; done",
              modules);
      assertEquals("out", process.inputReader().readLine());
      String[] kill = {"kill", "-s", signal, Long.toString(process.pid())};
      assertEquals(0, new ProcessBuilder(kill).start().waitFor());
      assertTrue(Patience.sees(process), signal + " was not passed on");
      assertEquals(code, process.exitValue());
      assertTrue(Files.exists(done), "Java was still running");
      assertEquals("last words\n", Files.readString(folder.resolve("stderr")));
    }
  }

  @Test
  void javaReadsWhatTheScriptIsGiven() throws Exception {
    for (String modules : new String[] {"", " jdk.incubator.vector"}) {
      Process process = run("read line; echo \"$line\"; exit 100", modules);
      process.outputWriter().append("given\n").flush();
      assertEquals("given", process.inputReader().readLine());
      assertEquals(0, process.waitFor());
    }
  }

  /** Where few may be open, bash gives low numbers to the pipes that it makes. */
  @ParameterizedTest
  @ValueSource(ints = {24, 20, 64})
  void fewFilesMayBeOpen(int files) throws Exception {
    for (String modules : new String[] {"", " jdk.incubator.vector"}) {
      Process process =
          run("ulimit -n " + files + "; ", "", "echo out; echo err >&2; exit 100", modules);
      assertEquals("out", process.inputReader().readLine());
      assertEquals(0, process.waitFor());
      assertEquals("err\n", Files.readString(folder.resolve("stderr")));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-Xmx2m, false",
    "-XX:MaxHeapSize=16383k, false",
    "-Xmx8g -Xmx4096, false",
    "-Xmx16m, true",
    "-Xmx0016384K, true",
    "-Xmx2m -XX:MaxHeapSize=1g, true",
    "-Xmx20000000, true",
    "-Xmx0, true", // as much as there would be without the option
    "-Xmx2x, true", // Java says what is wrong with it
    "-Dx=-Xmx2m, true",
  })
  void aHeapThatJavaCannotStartInIsRefused(String options, boolean taken) throws Exception {
    Process process = run("", options, "echo out; exit 100", "");
    assertEquals(taken ? "out" : null, process.inputReader().readLine());
    assertEquals(taken ? 0 : 2, process.waitFor());
    assertEquals(
        taken
            ? ""
            : "logitcl: JAVA_OPTS gives Java too small a heap to start in: found '"
                + options
                + "', expected -Xmx16m or more, or none.\n",
        Files.readString(folder.resolve("stderr")));
  }

  /** Real Java: in such a heap it starts, and says nothing of what it makes of the options. */
  @ParameterizedTest
  @ValueSource(strings = {"-Xmx16m", "-Xms8m", "-XX:MaxRAM=100m", "-Xmx16m -XX:+UseSerialGC"})
  void aSmallHeapIsNotWarnedOf(String options) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes = System.getProperty("java.class.path");
    // The options come before -jar; the main class takes the jar's place.
    String script =
        "while [ \"$1\" != -jar ]; do set -- \"$@\" \"$1\"; shift; done; shift 3\n"
            + "exec '%s' \"$@\" -cp '%s' %s --version";
    Process process = run("", options, script.formatted(java, classes, Main.class.getName()), "");
    String line = process.inputReader().readLine();
    process.waitFor();
    assertEquals("", Files.readString(folder.resolve("stderr")));
    assertTrue(line.startsWith("logitcl "), line);
    assertEquals(0, process.exitValue());
  }

  /** Without this, every end of the tool would look like a driver's. */
  @Test
  void theToolKnowsItsCodes() throws Exception {
    Process process = run("echo \"$@\"; exit 100", "");
    String arguments = process.inputReader().readLine();
    assertEquals(0, process.waitFor());
    assertTrue(arguments.contains("-Dlogitcl.exit.first=100 "), arguments);
  }
}
