package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.opencl.TestDevices;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A driver between the loader and pocl whose calls fail or hang: without a double, in JVMs of their
 * own. Needs a C compiler.
 */
@EnabledOnOs(OS.LINUX)
final class FaultyIcdTest {
  @TempDir private Path folder;

  @BeforeEach
  void compile() throws IOException, InterruptedException {
    DeviceInfo device = TestDevices.first();
    Assumptions.assumeTrue(
        device.driver().contains("Portable Computing Language"), "no pocl: " + device);
    Path library = folder.resolve("libfaulty.so");
    Process compiler =
        new ProcessBuilder(
                compiler(),
                "-shared",
                "-fPIC",
                "-O1",
                "-o",
                library.toString(),
                "src/test/native/faulty_icd.c",
                "-ldl",
                "-lpthread")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("compiler").toFile())
            .start();
    assertEquals(0, compiler.waitFor(), () -> read(folder.resolve("compiler")));
    Files.writeString(
        Files.createDirectory(folder.resolve("vendors")).resolve("a.icd"), library + "\n");
    Files.writeString(folder.resolve("faults"), "");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static String compiler() {
    for (String name : List.of("cc", "gcc", "clang", "clang-15")) {
      for (String bin : System.getenv("PATH").split(File.pathSeparator, -1)) {
        if (Files.isExecutable(Path.of(bin, name))) {
          return name;
        }
      }
    }
    if (System.getenv("LOGITCL_REQUIRE_CC") != null) {
      fail("no C compiler for the driver that fails");
    }
    return abort("no C compiler for the driver that fails");
  }

  /** The library that the loader would load. */
  private static String pocl() throws IOException {
    String vendors = System.getenv().getOrDefault("OCL_ICD_VENDORS", "/etc/OpenCL/vendors");
    try (Stream<Path> files = Files.list(Path.of(vendors))) {
      return files
          .filter(file -> file.toString().endsWith(".icd"))
          .map(file -> read(file).strip())
          .filter(library -> library.contains("pocl"))
          .findFirst()
          .orElseThrow();
    }
  }

  private ChildJvm child() throws IOException {
    return new ChildJvm(folder)
        .with("OCL_ICD_VENDORS", folder.resolve("vendors").toString())
        .with("LOGITCL_CACHE_DIR", folder.resolve("cache").toString())
        .with("LOGITCL_FAULTY_DRIVER", pocl())
        .with(IcdFaults.VARIABLE, folder.resolve("faults").toString());
  }

  @Test
  void everyFaultIsAnExceptionAndTheProcessGoesOn() throws Exception {
    String printed = child().run(Scenario.FAULTY_DRIVER, 0);
    assertTrue(printed.contains("FAULTS ") && printed.contains("DONE"), printed);
  }

  @Test
  void aCallThatNeverReturnsDoesNotKeepTheProcess() throws Exception {
    String printed = child().flags("-Dlogitcl.exit.seconds=1").run(Scenario.HANGING_DRIVER, 7);
    assertTrue(printed.contains("takes too long; the process ends without it"), printed);
  }
}
