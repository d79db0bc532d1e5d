package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A driver between the loader and pocl whose calls fail or hang: without a double, in JVMs of their
 * own. Needs a C compiler.
 */
@Tag("once")
@Tag("turn-1")
@EnabledOnOs(OS.LINUX)
final class FaultyIcdTest {
  @TempDir private Path folder;
  private FaultyIcd driver;

  @BeforeEach
  void compile() throws IOException, InterruptedException {
    driver = FaultyIcd.in(folder);
  }

  @Test
  void everyFaultIsAnExceptionAndTheProcessGoesOn() throws Exception {
    String printed = driver.child().run(Scenario.FAULTY_DRIVER, 0);
    assertTrue(printed.contains("FAULTS ") && printed.contains("DONE"), printed);
  }

  @Test
  void aCallThatNeverReturnsDoesNotKeepTheProcess() throws Exception {
    String printed =
        driver.child().flags("-Dlogitcl.exit.seconds=1").run(Scenario.HANGING_DRIVER, 7);
    assertTrue(printed.contains("takes too long; the process ends without it"), printed);
  }
}
