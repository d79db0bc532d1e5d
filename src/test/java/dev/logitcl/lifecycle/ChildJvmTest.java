package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.opencl.TestDevices;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each of these would end the JVM, or take what is there for what is not. */
@Tag("once")
@Tag("turn-1")
final class ChildJvmTest {
  @TempDir private Path folder;

  private static void requireDevice() {
    TestDevices.first();
  }

  private static void requirePocl() {
    DeviceInfo device = TestDevices.first();
    Assumptions.assumeTrue(
        device.driver().contains("Portable Computing Language"), "no pocl: " + device);
  }

  @Test
  void exitWithCommandsInFlight() throws Exception {
    requireDevice();
    new ChildJvm(folder).run(Scenario.EXIT_IN_FLIGHT, 7);
  }

  @Test
  void exitWhileAnotherThreadEnqueues() throws Exception {
    requireDevice();
    new ChildJvm(folder).run(Scenario.EXIT_WHILE_ENQUEUEING, 7);
  }

  @Test
  void leavingMainWithEverythingOpen() throws Exception {
    requireDevice();
    assertDone(new ChildJvm(folder).run(Scenario.LEAVE_OPEN, 0));
  }

  @Test
  void leavingMainByAnException() throws Exception {
    requireDevice();
    new ChildJvm(folder).run(Scenario.THROW_IN_FLIGHT, 1);
  }

  @Test
  void garbageCollectionWhileKernelsRun() throws Exception {
    requireDevice();
    assertDone(
        new ChildJvm(folder)
            .flags("-Xmx48m", "-XX:MaxDirectMemorySize=192m")
            .run(Scenario.COLLECT_IN_FLIGHT, 0));
  }

  @Test
  void aShutdownHookComputesOnTheJavaPath() throws Exception {
    for (Scenario hook : List.of(Scenario.COMPUTE_AT_THE_END, Scenario.COMPUTE_AFTER_THE_END)) {
      if (hook == Scenario.COMPUTE_AFTER_THE_END) {
        requireDevice();
      }
      String printed = assertDone(new ChildJvm(folder).run(hook, 0));
      assertTrue(printed.contains("ON java"), printed);
      assertTrue(printed.contains("COMPUTED"), printed);
    }
  }

  @Test
  void aStageCompletesInAFullHeap() throws Exception {
    assertDone(new ChildJvm(folder).flags("-Xmx16m").run(Scenario.FULL_HEAP, 0));
  }

  @Test
  void twoDevices() throws Exception {
    requirePocl();
    assertDone(
        new ChildJvm(folder).with("POCL_DEVICES", "pthread basic").run(Scenario.TWO_DEVICES, 0));
  }

  @Test
  void allocationBeyondTheLimit() throws Exception {
    requirePocl();
    assertDone(new ChildJvm(folder).with("POCL_MEMORY_LIMIT", "1").run(Scenario.SMALL_MEMORY, 0));
  }

  /** A JVM that checks native code passes copies of arrays, and reports handlers of signals. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @EnabledOnOs(OS.LINUX)
  void checkedJni(boolean signalChaining) throws Exception {
    DeviceInfo device = TestDevices.first();
    ChildJvm child =
        new ChildJvm(folder)
            .flags("-Xcheck:jni")
            .with("LOGITCL_CACHE_DIR", folder.resolve("cache").toString());
    Path jsig = Path.of(System.getProperty("java.home"), "lib", "libjsig.so");
    if (signalChaining) {
      child.with("LD_PRELOAD", jsig.toString());
    }
    for (int time = 0; time < 2; time++) {
      String printed = assertDone(child.run(Scenario.BOTH_KINDS_OF_MEMORY, 0));
      assertTrue(printed.contains("DEVICE " + device), printed);
      if (signalChaining) {
        assertFalse(printed.contains("handler modified"), printed);
        assertFalse(printed.contains("WARNING in native method"), printed);
      }
    }
    try (Stream<Path> files = Files.list(folder.resolve("cache"))) {
      assertTrue(
          files.anyMatch(file -> file.toString().endsWith(".bin")), "compiled programs are cached");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"NO_OPEN_CL", "NO_OPEN_CL_WITH_EXCEPTIONS"})
  @EnabledOnOs(OS.LINUX)
  @Tag("java-path")
  void noDriver(Scenario scenario) throws Exception {
    String printed =
        assertDone(new ChildJvm(folder).with("OCL_ICD_VENDORS", "/nonexistent").run(scenario, 0));
    assertTrue(printed.contains("PROBLEM "), printed);
  }

  /** An empty file where the loader is looked for first. */
  @Test
  @EnabledOnOs(OS.LINUX)
  @Tag("java-path")
  void noLoader() throws Exception {
    Files.createFile(folder.resolve("libOpenCL.so"));
    Files.createFile(folder.resolve("libOpenCL.so.1"));
    String printed =
        assertDone(
            new ChildJvm(folder)
                .with("LD_LIBRARY_PATH", folder.toString())
                .run(Scenario.NO_OPEN_CL, 0));
    assertTrue(printed.contains("PROBLEM the OpenCL loader is missing"), printed);
  }

  private static String assertDone(String printed) {
    assertTrue(printed.contains("DONE"), printed);
    return printed;
  }
}
