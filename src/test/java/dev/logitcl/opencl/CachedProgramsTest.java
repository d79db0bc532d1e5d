package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.logitcl.Rows;
import dev.logitcl.backend.Options;
import dev.logitcl.cl.BinaryCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backend's programs, cached on disk from one to the next. */
@Tag("once")
final class CachedProgramsTest {
  private static final float[] X = {1, 2, 3, 4, 5, 6};

  @TempDir private Path temp;

  /** Log-softmax on a backend of its own; on memory of the device's, which the defaults avoid. */
  private float[] run(Path folder, Options options) {
    BinaryCache cache = new BinaryCache(folder, 1 << 20);
    try (OpenClBackend backend =
        Opening.of(TestDevices.device(), options).withHostMemory(false).withCache(cache).open()) {
      return Rows.on(backend).logSoftmax(X, 2, 3);
    }
  }

  private static Map<String, FileTime> files(Path folder) throws IOException {
    Map<String, FileTime> files = new TreeMap<>();
    try (Stream<Path> found = Files.list(folder)) {
      for (Path file : found.toList()) {
        files.put(
            file.getFileName().toString(), (FileTime) Files.getAttribute(file, "creationTime"));
      }
    }
    return files;
  }

  @Test
  void theNextBackendLoadsWhatTheFirstCompiled() throws IOException {
    Path folder = temp.resolve("cache");
    float[] expected = run(folder, Options.DEFAULT);
    Map<String, FileTime> stored = files(folder);
    assertEquals(1, stored.size(), stored.toString());
    assertArrayEquals(expected, run(folder, Options.DEFAULT));
    assertEquals(stored, files(folder), "neither dropped nor written anew");
  }

  @Test
  void anotherVariantIsAnotherProgram() throws IOException {
    Path folder = temp.resolve("cache");
    run(folder, Options.DEFAULT.withVariants("*\t*\t*\t*\trow_per_item\tV=4"));
    run(folder, Options.DEFAULT.withVariants("*\t*\t*\t*\trow_per_item\tV=8"));
    run(folder, Options.DEFAULT.withVariants("*\t*\t*\t*\trow_per_item\tV=4 ITEMS_PER_CU=2"));
    assertEquals(2, files(folder).size(), "the host alone reads ITEMS_PER_CU");
  }

  @Test
  void nothingIsCachedOnRequest() {
    Path folder = temp.resolve("cache");
    float[] expected = run(folder, Options.DEFAULT.withoutCachedPrograms());
    assertFalse(Files.exists(folder));
    assertArrayEquals(expected, run(folder, Options.DEFAULT.withoutCachedPrograms().withTraces()));
    assertFalse(Files.exists(folder));
  }
}
