package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.io.Npys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights for which the heap is too small. */
@Tag("once")
@Tag("turn-2")
final class WeightsOnDiskTest {
  /** Weights of 41 MB, of which a heap of 64 MB holds a fourth. */
  private static final int CLASSES = 40_000;

  private static final int WIDTH = 256;
  private static final int ROWS = 24;

  @TempDir private Path folder;

  @BeforeEach
  void writeFiles() throws IOException {
    Random random = new Random(3);
    Npys.floats(at("h"), "(24, 256)", numbers(random, ROWS * WIDTH));
    Npys.floats(at("w"), "(40000, 256)", numbers(random, CLASSES * WIDTH));
    Npys.longs(at("t"), "(24,)", random.longs(ROWS, 0, CLASSES).toArray());
  }

  private static float[] numbers(Random random, int n) {
    float[] numbers = new float[n];
    for (int k = 0; k < n; k++) {
      numbers[k] = (float) random.nextGaussian() / 4;
    }
    return numbers;
  }

  private Path at(String name) {
    return folder.resolve(name + ".npy");
  }

  private List<String> command(String out, String gradient) {
    return List.of(
        "apply",
        "linear-cross-entropy",
        "--hidden",
        at("h").toString(),
        "--weights",
        at("w").toString(),
        "--target",
        at("t").toString(),
        "--reduction",
        "none",
        "--out",
        at(out).toString(),
        "--grad-hidden",
        at(gradient).toString(),
        "--part-rows",
        "10",
        "--device",
        "cpu",
        "-v");
  }

  private static String inSmallHeap(List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx64m", "--add-modules", "jdk.incubator.vector"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.logitcl.cli.Main"));
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() + " " + printed;
  }

  @Test
  void haveTheResultsOfThoseInTheHeap() throws Exception {
    Cli.Result all = Cli.run(command("y", "dh").toArray());
    assertEquals(0, all.code(), all::toString);
    String printed = inSmallHeap(command("small-y", "small-dh"));
    assertTrue(printed.startsWith("0 "), printed);
    assertTrue(printed.contains("w.npy stays on the disk: the heap is too small"), printed);
    for (String name : List.of("y", "dh")) {
      double[] expected = Npys.readDoubles(at(name));
      assertTrue(Arrays.stream(expected).anyMatch(value -> value != 0));
      // A BLAS may have multiplied weights that are one array.
      assertArrayEquals(expected, Npys.readDoubles(at("small-" + name)), 1e-6, name);
    }
  }
}
