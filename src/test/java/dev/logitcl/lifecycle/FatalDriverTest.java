package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A driver that ends the process, or that hangs until somebody ends it: two starts are lost, and
 * the third takes what is left. Each start is a JVM of its own.
 */
@EnabledOnOs(OS.LINUX)
@Tag("once")
@Tag("turn-1")
final class FatalDriverTest {
  private static final int ABORTED = 134;

  /** Pocl lists the device with the most threads last. */
  private static final String FIRST = "opencl:1 (pthread-";

  private static final String SECOND = "opencl:0 (basic-";
  private static final String PASSING_OVER = "WARN  Backends: Passing over ";

  @TempDir private Path folder;
  private FaultyIcd driver;

  @BeforeEach
  void compile() throws IOException, InterruptedException {
    driver = FaultyIcd.in(folder);
  }

  private String run(Scenario scenario, int exit) throws IOException, InterruptedException {
    return driver.child().with("POCL_DEVICES", "pthread basic").run(scenario, exit);
  }

  private long marks() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("cache"))) {
      return files.filter(file -> file.toString().endsWith(".mark")).count();
    }
  }

  private static long count(String text, String part) {
    return text.lines().filter(line -> line.contains(part)).count();
  }

  @Test
  void aCompilerThatAbortsCostsTwoStartsAndNoOtherDevice() throws Exception {
    driver.tell("clBuildProgram 1+ abort");
    assertTrue(run(Scenario.BEST, ABORTED).contains("ON " + FIRST));
    assertTrue(run(Scenario.BEST, ABORTED).contains("ON " + FIRST), "one death may be chance");
    driver.tell("");
    String third = run(Scenario.BEST, 0);
    assertTrue(third.contains("ON " + SECOND) && third.contains("DONE"), third);
    assertEquals(1, count(third, PASSING_OVER), third);
    assertTrue(third.contains(PASSING_OVER + FIRST), third);
    assertTrue(
        third.contains(
            "it ended the process 2 times, the last time while compiling log_softmax_forward "),
        third);
    assertTrue(third.contains("'logitcl doctor' tries it again"), third);
    assertTrue(third.contains(folder.resolve("cache").toString()), third);

    String asked = run(Scenario.PASSED_OVER, 0); // it is opened, and the program proves itself
    assertTrue(asked.contains("PROBLEM Backends.best() passes it over: it ended"), asked);
    assertTrue(asked.contains("ON " + FIRST) && asked.contains("DONE"), asked);
    assertEquals(0, marks());
    String again = run(Scenario.BEST, 0);
    assertTrue(again.contains("ON " + FIRST) && count(again, PASSING_OVER) == 0, again);
  }

  /** The first launch is where some drivers compile. */
  @Test
  void aFirstRunThatEndsTheProcessIsADeathToo() throws Exception {
    driver.tell("clEnqueueNDRangeKernel 1 exit0");
    run(Scenario.BEST, 0);
    driver.tell("clCreateContext 1 exit3");
    run(Scenario.BEST, 3);
    driver.tell("");
    String third = run(Scenario.BEST, 0);
    assertTrue(third.contains("2 times, the last time while opening the device;"), third);
  }

  @Test
  void aLibraryThatExitsWhileItIsLoaded() throws Exception {
    driver.tell("load 1 exit0");
    assertEquals("", run(Scenario.BEST, 0));
    String second = run(Scenario.BEST, 0);
    assertTrue(
        second.startsWith("WARN  Loading: An earlier process ended while it loaded"), second);
    assertEquals(1, second.lines().count(), second);
    String third = run(Scenario.BEST, 0);
    assertTrue(third.contains("ON java ") && third.contains("DONE"), third);
    assertEquals(1, count(third, PASSING_OVER), third);
    assertTrue(
        third.contains("one of the drivers ended the process 2 times, the last time while loading"),
        third);
    assertTrue(third.contains("OCL_ICD_VENDORS"), third);
    String listed = run(Scenario.DEVICES, 0);
    assertTrue(listed.contains("opencl (OpenCL): Backends.best() passes it over:"), listed);

    driver.tell("");
    assertTrue(run(Scenario.BEST, 0).contains("ON java "), "nobody has tried it again");
    Path update = Files.copy(driver.library(), folder.resolve("update"));
    Files.move(update, driver.library(), StandardCopyOption.ATOMIC_MOVE);
    String updated = run(Scenario.BEST, 0);
    assertTrue(updated.contains("ON " + FIRST), "another file of that name: " + updated);
  }

  /** Two users of one driver that hangs: the one who loses patience at once condemns nobody. */
  @Test
  void aDriverThatHangs() throws Exception {
    driver.tell("clBuildProgram 1+ hang");
    Process patient = hang();
    Process hasty = hang();
    try {
      assertEquals(2, marks());
      hasty.destroy();
      assertTrue(Patience.sees(hasty));
      assertEquals(1, marks());
    } finally {
      List.of(hasty, patient).forEach(Process::destroyForcibly);
    }
    assertTrue(Patience.sees(patient));
    Process second = hang();
    second.destroyForcibly();
    assertTrue(Patience.sees(second));
    assertEquals(2, marks());
    driver.tell("");
    String third = run(Scenario.BEST, 0);
    assertTrue(third.contains(PASSING_OVER + FIRST), third);
    assertFalse(third.contains("ON " + FIRST), third);
  }

  private Process hang() throws IOException, InterruptedException {
    Files.deleteIfExists(driver.hung());
    Process process =
        driver
            .child()
            .with("POCL_DEVICES", "pthread basic")
            .flags("-Dlogitcl.exit.seconds=1")
            .start(Scenario.BEST);
    while (process.isAlive() && Files.notExists(driver.hung())) {
      Thread.sleep(10);
    }
    return process;
  }
}
