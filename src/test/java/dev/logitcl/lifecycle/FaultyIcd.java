package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.opencl.TestDevices;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * The driver of {@code src/test/native/faulty_icd.c} between the loader and pocl, in a folder. It
 * needs a C compiler.
 *
 * @param folder where it is, with its {@code .icd} file and its faults
 */
public record FaultyIcd(Path folder) {
  /** Compiles the driver. Without pocl or a C compiler the test is skipped. */
  public static FaultyIcd in(Path folder) throws IOException, InterruptedException {
    DeviceInfo device = TestDevices.first();
    Assumptions.assumeTrue(
        device.driver().contains("Portable Computing Language"), "no pocl: " + device);
    FaultyIcd driver = new FaultyIcd(folder);
    Process compiler =
        new ProcessBuilder(
                compiler(),
                "-shared",
                "-fPIC",
                "-O1",
                "-o",
                driver.library().toString(),
                "src/test/native/faulty_icd.c",
                "-ldl",
                "-lpthread")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("compiler").toFile())
            .start();
    assertEquals(0, compiler.waitFor(), () -> read(folder.resolve("compiler")));
    Files.writeString(
        Files.createDirectory(folder.resolve("vendors")).resolve("a.icd"), driver.library() + "\n");
    driver.tell("");
    return driver;
  }

  /** The driver's library. */
  public Path library() {
    return folder.resolve("libfaulty.so");
  }

  /** Tells the driver what to do: a line that its source explains, empty for nothing. */
  public void tell(String fault) throws IOException {
    Files.writeString(folder.resolve("faults"), fault);
  }

  /** The file that is there once a call never returns. */
  public Path hung() {
    return folder.resolve("faults.hung");
  }

  /** The environment of a process that is to find this driver and no other. */
  public Map<String, String> environment() throws IOException {
    return Map.of(
        "OCL_ICD_VENDORS",
        folder.resolve("vendors").toString(),
        "LOGITCL_CACHE_DIR",
        folder.resolve("cache").toString(),
        "LOGITCL_FAULTY_DRIVER",
        pocl(),
        IcdFaults.VARIABLE,
        folder.resolve("faults").toString());
  }

  /** A JVM that finds this driver. */
  ChildJvm child() throws IOException {
    ChildJvm child = new ChildJvm(folder);
    environment().forEach(child::with);
    return child;
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

  /** The library of pocl, as the loader is told of it. */
  public static String pocl() throws IOException {
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
}
