package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What the script of all tests makes of Maven's end, for which a shell script stands here. */
@Tag("once")
@Tag("turn-2")
@EnabledOnOs(OS.LINUX)
final class TestScriptTest {
  @TempDir private Path folder;

  /** Runs a copy of the script on one job, with a Maven that prints a line. */
  private int run(String line) throws Exception {
    Path scripts = Files.createDirectories(folder.resolve("scripts"));
    try (Stream<Path> files = Files.list(Path.of("scripts"))) {
      for (Path file : files.toList()) {
        Files.write(scripts.resolve(file.getFileName()), Files.readAllBytes(file));
      }
    }
    for (String name : List.of("setup", "oclgrind", "rusticl", "check-gpu-codegen")) {
      executable(scripts.resolve(name), "exit 0"); // they install
    }
    Path bin = Files.createDirectories(folder.resolve("bin"));
    executable(bin.resolve("mvn"), "echo '" + line + "'");
    ProcessBuilder builder =
        new ProcessBuilder("bash", "scripts/test", "--only", "kernels")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("printed").toFile());
    builder.environment().put("PATH", bin + ":" + System.getenv("PATH"));
    builder.environment().put("LOGITCL_NO_INSTALL", "1");
    builder.environment().put("LOGITCL_JDKS", "");
    return builder.start().waitFor();
  }

  private static void executable(Path file, String script) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  private String printed() throws IOException {
    return Files.readString(folder.resolve("printed"));
  }

  @Test
  void aJobThatIsAskedForRunsTests() throws Exception {
    assertEquals(0, run("[INFO] Tests run: 12, Failures: 0, Errors: 0, Skipped: 0"), printed());
    assertTrue(printed().contains("kernels: passed in"), printed());
  }

  @Test
  void orItFails() throws Exception {
    assertEquals(1, run("[INFO] No tests to run."), printed());
    assertTrue(
        printed().contains("kernels: FAILED: it ran no test, and --only asked for it."), printed());
    assertEquals(1, run("[INFO] Tests run: 0, Failures: 0, Errors: 0, Skipped: 0"), printed());
  }
}
