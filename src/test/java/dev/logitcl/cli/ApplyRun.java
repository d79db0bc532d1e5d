package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.io.Npys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;

/** Runs {@code apply} on a device, with float32 files in a folder. */
abstract class ApplyRun {
  /** Of numbers around 1 in float32: a dozen roundings. */
  static final double TOLERANCE = 2e-6;

  @TempDir private Path folder;
  private final Random random = new Random(7);

  /** Runs the command line on the device. */
  abstract Cli.Result run(Object... arguments);

  final Path at(String name) {
    return folder.resolve(name);
  }

  /**
   * Runs {@code apply OP}, its arguments split at blanks; {@code @name} is a file of the folder.
   */
  final void apply(String arguments) {
    List<Object> words = new ArrayList<>(List.of("apply"));
    for (String word : arguments.split(" ", -1)) {
      words.add(word.startsWith("@") ? at(word.substring(1)) : word);
    }
    Cli.Result result = run(words.toArray());
    assertEquals(0, result.code(), result.err());
    assertEquals("", result.out());
  }

  /** Random float32 numbers in a file. */
  final double[] floats(String name, int... dims) throws IOException {
    double[] values = new double[Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
    float[] floats = new float[values.length];
    for (int k = 0; k < values.length; k++) {
      values[k] = floats[k] = (float) random.nextGaussian();
    }
    Npys.floats(at(name), text(dims), floats);
    return values;
  }

  /** A random mask in a file; the first half takes part, so that no row along axis 0 is empty. */
  final boolean[] mask(String name, int... dims) throws IOException {
    boolean[] mask = new boolean[Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
    int[] bytes = new int[mask.length];
    for (int k = 0; k < mask.length; k++) {
      mask[k] = 2 * k < mask.length || random.nextBoolean();
      bytes[k] = mask[k] ? 1 : 0;
    }
    Npys.booleans(at(name), false, text(dims), bytes);
    return mask;
  }

  static String text(int... dims) {
    return Arrays.stream(dims)
        .mapToObj(size -> size + ",")
        .collect(Collectors.joining("", "(", ")"));
  }

  final void assertFile(String name, List<Long> shape, double... expected) throws IOException {
    assertEquals(shape, Npys.headerOf(at(name)).shape());
    assertArrayEquals(expected, Npys.readDoubles(at(name)), TOLERANCE, name);
  }
}
