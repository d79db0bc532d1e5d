package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.lifecycle.Patience;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a user sees who started Java without the Vector API; in a JVM of its own. */
@Tag("java-path")
class MissingModuleTest {
  private static final String FLAG = "--add-modules jdk.incubator.vector";

  /** Opens two backends and tries a third that needs vectors. */
  public static final class Child {
    private Child() {}

    /** Prints what it got. */
    public static void main(String[] args) {
      for (int i = 0; i < 2; i++) {
        try (CpuBackend backend = new CpuBackend()) {
          System.out.println("device: " + backend.device().name());
        }
      }
      try (CpuBackend backend = CpuBackend.vector(1)) {
        System.out.println("device: " + backend.device().name());
      } catch (IllegalStateException e) {
        System.out.println("refused: " + e.getMessage());
      }
    }
  }

  private static String run(String... flags) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    // Surefire may have started this JVM with a jar that only names the class path.
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(Child.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }

  @Test
  @Timeout(Patience.SECONDS)
  void saysOnceWhatToPassAndRunsAnyway() throws IOException, InterruptedException {
    String output = run();
    assertTrue(output.contains("device: Java " + Runtime.version().feature() + " scalar"), output);
    assertTrue(
        output.contains("refused: the Vector API is missing: pass " + FLAG + " to java"), output);
    int advice = output.indexOf("runs without the Vector API");
    assertTrue(advice >= 0, output);
    assertTrue(output.indexOf(FLAG, advice) >= 0, output);
    assertFalse(output.indexOf("runs without the Vector API", advice + 1) >= 0, output);
  }

  @Test
  @Timeout(Patience.SECONDS)
  void usesTheModuleWhereItIs() throws IOException, InterruptedException {
    String output = run("--add-modules", "jdk.incubator.vector");
    assertTrue(output.contains("device: Java " + Runtime.version().feature() + " vector"), output);
    assertFalse(output.contains("runs without"), output);
    assertFalse(output.contains("refused"), output);
  }
}
