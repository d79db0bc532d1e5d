package dev.logitcl.cl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.KernelBuildException;
import dev.logitcl.lifecycle.Patience;
import dev.logitcl.opencl.TestDevices;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that come out of the cache, on a real device. */
@Tag("once")
@Tag("turn-4")
final class ProgramCacheTest {
  private static final String SOURCE =
      "kernel void twice(global float *a) { a[get_global_id(0)] *= FACTOR; }";
  private static final String OPTIONS = "-cl-std=CL1.2 -DFACTOR=2";

  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void requireDevice() {
    TestDevices.first();
    folder = temp.resolve("cache");
  }

  private static ClDevice device() {
    return ClDevice.all().stream().filter(d -> d.info().usable()).findFirst().orElseThrow();
  }

  private static ClQueue queue(Path folder) {
    return ClQueue.open(device(), false, new BinaryCache(folder, 1 << 20));
  }

  /** Opens a queue, doubles 21 and closes the queue. */
  private static void run(Path folder, String options) {
    try (ClQueue queue = queue(folder)) {
      assertArrayEquals(new float[] {42}, launch(queue, build(queue, options)));
    }
  }

  private static ClKernel build(ClQueue queue, String options) {
    return queue.build("twice", SOURCE, options, List.of("twice")).get(0);
  }

  private static float[] launch(ClQueue queue, ClKernel kernel) {
    try (ClBuffer buffer = queue.allocate(4)) {
      buffer.write(0, FloatBuffer.wrap(new float[] {21}));
      float[] result = new float[1];
      synchronized (queue) {
        kernel.set(0, buffer);
        kernel.enqueue(1, 1);
      }
      buffer.read(0, FloatBuffer.wrap(result));
      return result;
    }
  }

  private List<Path> files() throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private Path onlyFile() throws IOException {
    assertEquals(1, files().size(), files().toString());
    return files().get(0);
  }

  /** Which file it is, whatever it is called: another one if it was written anew. */
  private static Object identity(Path file) throws IOException {
    return Map.of(
        "key", String.valueOf(Files.getAttribute(file, "fileKey")),
        "made", Files.getAttribute(file, "creationTime"));
  }

  @Test
  void aProgramIsStoredOnceAndThenLoaded() throws IOException {
    run(folder, OPTIONS);
    Object stored = identity(onlyFile());
    run(folder, OPTIONS);
    assertEquals(stored, identity(onlyFile()), "neither dropped nor written anew");
    run(folder, OPTIONS + ".f");
    assertEquals(2, files().size(), "other options, another binary");
  }

  @Test
  void nothingIsStoredOfAProgramThatWasNeverLaunched() throws IOException {
    try (ClQueue queue = queue(folder)) {
      build(queue, OPTIONS);
    }
    assertEquals(List.of(), files());
  }

  @Test
  void aProgramThatIsBuiltTwiceAtOnceIsStoredOnce() throws IOException {
    try (ClQueue queue = queue(folder)) {
      ClKernel first = build(queue, OPTIONS);
      ClKernel second = build(queue, OPTIONS);
      assertArrayEquals(new float[] {42}, launch(queue, first));
      assertArrayEquals(new float[] {42}, launch(queue, second));
    }
    onlyFile();
  }

  /** Whose checksum or key is another: the driver never sees it. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPoisonedBinaryDoesNotReachTheDriver(boolean anotherKey) throws IOException {
    run(folder, OPTIONS);
    byte[] whole = Files.readAllBytes(onlyFile());
    ClDevice device = device();
    String key = BinaryFile.key(device.info(), device.platformVersion(), OPTIONS, SOURCE);
    byte[] binary = BinaryFile.unpack(key, whole);
    byte[] poisoned = whole.clone();
    poisoned[whole.length - 100] ^= 1;
    Files.write(
        onlyFile(), anotherKey ? BinaryFile.pack(key.replace("=2", "=3"), binary) : poisoned);
    assertEquals(Map.of("clCreateProgramWithSource", 1), programsMade());
    assertEquals(Map.of("clCreateProgramWithBinary", 1), programsMade(), "mended");
  }

  private Map<String, Integer> programsMade() {
    try (FaultyDriver driver = FaultyDriver.install()) {
      run(folder, OPTIONS);
      Map<String, Integer> calls = driver.calls();
      calls.keySet().removeIf(name -> !name.startsWith("clCreateProgram"));
      return calls;
    }
  }

  /** A file in perfect order, whose binary no driver knows. */
  @Test
  void aBinaryThatTheDriverRefusesIsBuiltFromSource() throws IOException {
    run(folder, OPTIONS);
    ClDevice device = device();
    String key = BinaryFile.key(device.info(), device.platformVersion(), OPTIONS, SOURCE);
    byte[] garbage = new byte[5000];
    Files.write(onlyFile(), BinaryFile.pack(key, garbage));
    run(folder, OPTIONS);
    byte[] mended = BinaryFile.unpack(key, Files.readAllBytes(onlyFile()));
    assertFalse(mended == null || mended.length == garbage.length, "stored anew");
    run(folder, OPTIONS);
  }

  /** Taken for this program's: the driver accepts it, but the entry point is not there. */
  @Test
  void aBinaryWithoutTheEntryPointIsBuiltFromSource() throws IOException {
    run(folder, OPTIONS);
    ClDevice device = device();
    String other = SOURCE.replace("twice", "thrice");
    try (ClQueue queue = queue(folder)) {
      launch(queue, queue.build("thrice", other, OPTIONS, List.of("thrice")).get(0));
    }
    String key = BinaryFile.key(device.info(), device.platformVersion(), OPTIONS, SOURCE);
    String otherKey = BinaryFile.key(device.info(), device.platformVersion(), OPTIONS, other);
    byte[] wrong =
        BinaryFile.unpack(otherKey, Files.readAllBytes(folder.resolve(BinaryFile.name(otherKey))));
    Files.write(folder.resolve(BinaryFile.name(key)), BinaryFile.pack(key, wrong));
    run(folder, OPTIONS);
    assertEquals(2, files().size());
    run(folder, OPTIONS);
  }

  @Test
  void damageIsRepairedFromSource() throws IOException {
    run(folder, OPTIONS);
    byte[] whole = Files.readAllBytes(onlyFile());
    byte[] flipped = whole.clone();
    flipped[whole.length - 100] ^= 1;
    Files.write(onlyFile(), flipped);
    run(folder, OPTIONS);
    assertEquals(whole.length, Files.size(onlyFile()));
  }

  @Test
  void aFolderThatCannotBeMadeIsNoError() throws IOException {
    run(Files.writeString(temp.resolve("file"), "").resolve("cache"), OPTIONS);
  }

  @Test
  void aProgramThatDoesNotBuildLeavesNothing() throws IOException {
    try (ClQueue queue = queue(folder)) {
      assertThrows(KernelBuildException.class, () -> build(queue, "-cl-std=CL1.2"));
    }
    assertEquals(List.of(), files());
  }

  /**
   * Prints how many compiled kernels pocl has in its own cache after the build, the first launch
   * and the end; in a process of its own, because pocl reads where its cache is once.
   */
  static final class Counted {
    private Counted() {}

    public static void main(String[] arguments) throws IOException {
      ClQueue queue = queue(Path.of(arguments[0]));
      ClKernel kernel = build(queue, OPTIONS);
      long built = compiled();
      float[] result = launch(queue, kernel);
      long launched = compiled();
      queue.close();
      assertArrayEquals(new float[] {42}, result);
      System.out.println(built + " " + launched + " " + compiled());
    }

    private static long compiled() throws IOException {
      try (Stream<Path> files = Files.walk(Path.of(System.getenv("POCL_CACHE_DIR")))) {
        return files.filter(file -> file.toString().endsWith(".so")).count();
      }
    }
  }

  @Test
  void theFirstLaunchOfABinaryCompilesNothing() throws Exception {
    DeviceInfo device = TestDevices.first();
    Assumptions.assumeTrue(
        device.driver().contains("Portable Computing Language"), "no pocl: " + device);
    int[] cold = count("cold");
    assertTrue(cold[0] < cold[1], "pocl compiles at the first launch: " + Arrays.toString(cold));
    int all = cold[2];
    assertArrayEquals(
        new int[] {all, all, all}, count("warm"), "all there after the build, nothing added");
  }

  private int[] count(String run) throws Exception {
    Path poclCache = Files.createDirectories(temp.resolve("pocl " + run));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Counted.class.getName(), folder.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(temp.resolve("errors " + run).toFile());
    builder.environment().put("POCL_CACHE_DIR", poclCache.toString());
    Process child = builder.start();
    try {
      String line = child.inputReader().readLine();
      assertTrue(Patience.sees(child), "ended");
      return Arrays.stream(String.valueOf(line).split(" ", -1))
          .mapToInt(Integer::parseInt)
          .toArray();
    } finally {
      child.destroyForcibly();
    }
  }
}
