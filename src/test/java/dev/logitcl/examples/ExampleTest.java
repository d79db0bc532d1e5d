package dev.logitcl.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.opencl.TestDevices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every worked example, on every path. */
class ExampleTest {
  @Test
  void allAreRightOnTheJavaPath() {
    try (Backend backend = Backends.cpu()) {
      allAreRight(backend);
    }
  }

  @Tag("kernels")
  @Tag("turn-3")
  @Test
  void allAreRightOnOpenCl() {
    for (DeviceInfo device : TestDevices.all()) {
      try (Backend backend = Backends.open(device)) {
        allAreRight(backend);
      }
    }
  }

  private static void allAreRight(Backend backend) {
    for (Example example : Example.all()) {
      List<Check> checks = example.run(backend);
      assertTrue(checks.size() > 1, example.name());
      List<Check> wrong = checks.stream().filter(check -> !check.ok()).toList();
      assertEquals(List.of(), wrong, () -> example.name() + " on " + backend.device());
    }
  }

  @Test
  void theirPageListsThem() throws IOException {
    String page = Files.readString(Path.of("src/site/markdown/examples.md"));
    for (Example example : Example.all()) {
      assertTrue(page.contains("\n| `" + example.name() + "` | "), example.name());
    }
  }

  @Test
  void aCheckTellsRightFromWrong() {
    assertTrue(new Check("", 1.1, 1, 0.2).ok());
    assertFalse(new Check("", 1.3, 1, 0.2).ok());
    assertFalse(new Check("", Double.NaN, 1, 0.2).ok());
    assertFalse(new Check("", 1, Double.NaN, 0.2).ok());
  }

  @Test
  void theWorstElementStandsForAll() {
    double[] expected = {1, 2, 3};
    assertEquals("x [1]", Check.all("x", new float[] {1, 4, 2}, expected, 1).what());
    Check broken = Check.all("x", new float[] {9, 2, Float.NaN}, expected, 100);
    assertEquals("x [2]", broken.what());
    assertFalse(broken.ok());
  }

  /** By hand: rows along axis 1 of 2 x 2 x 2, and along axes 0 and 2. */
  @Test
  void plainRows() {
    assertArrayEquals(new int[] {0, 1, 0, 1, 2, 3, 2, 3}, Plain.rowOfEach(new long[] {2, 2, 2}, 1));
    assertArrayEquals(
        new int[] {0, 0, 1, 1, 0, 0, 1, 1}, Plain.rowOfEach(new long[] {2, 2, 2}, 0, -1));
  }

  /** Differences of a function whose derivatives are known. */
  @Test
  void plainDifferences() {
    double[] gradient = Plain.gradient(x -> x[0] * x[0] * x[1], new double[] {3, 2});
    assertEquals(12, gradient[0], 1e-8);
    assertEquals(9, gradient[1], 1e-8);
  }
}
