package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** How the script of releases refuses one, before it does anything. */
@Tag("once")
@EnabledOnOs(OS.LINUX)
final class ReleaseScriptTest {
  @TempDir private Path folder;

  private String run(int expected, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", "scripts/release"));
    command.addAll(List.of(arguments));
    Path printed = folder.resolve("printed");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(printed.toFile());
    builder.environment().remove("LOGITCL_SIGNING_KEY");
    int code = builder.start().waitFor();
    assertEquals(expected, code, Files.readString(printed));
    return Files.readString(printed);
  }

  @Test
  void aReleaseSaysInOneSentenceWhatIsMissing() throws Exception {
    String printed = run(1, "--version", "9.9.9");
    assertEquals(1, printed.lines().count(), printed);
    for (String missing : List.of("'## 9.9.9'", "LOGITCL_SIGNING_KEY")) {
      assertTrue(printed.contains(missing), printed);
    }
    boolean nowhere = Files.readString(Path.of("pom.xml")).contains(".invalid/");
    assertEquals(nowhere, printed.contains("public.url"), printed);
  }

  @Test
  void argumentsAreChecked() throws Exception {
    for (String version : List.of("1.0", "1.0.0-SNAPSHOT", "01.0.0", "")) {
      assertTrue(run(2, "--version", version).contains("expected three numbers"), version);
    }
    assertTrue(run(2, "--dryrun").contains("unknown argument '--dryrun'"));
    assertFalse(run(0, "--help").contains("set -euo"));
  }
}
