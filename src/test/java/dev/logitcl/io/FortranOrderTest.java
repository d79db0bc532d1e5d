package dev.logitcl.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FortranOrderTest {
  @TempDir private Path folder;

  /** Every index by its definition, one by one. */
  private static float[] inC(List<Long> shape, float[] fortran) {
    float[] result = new float[fortran.length];
    for (int c = 0; c < result.length; c++) {
      long rest = c;
      long f = 0;
      for (int axis = shape.size() - 1; axis >= 0; axis--) {
        f += rest % shape.get(axis) * NpyHeader.product(shape.subList(0, axis));
        rest /= shape.get(axis);
      }
      result[c] = fortran[(int) f];
    }
    return result;
  }

  private void check(List<Long> shape, int tile) throws IOException {
    float[] values = new float[(int) NpyHeader.product(shape)];
    IntStream.range(0, values.length).forEach(k -> values[k] = k);
    Path file = Npys.floats(folder.resolve("f.npy"), true, NpyHeader.text(shape), values);
    try (NpyReader reader = NpyReader.open(file)) {
      HostMatrix matrix = new HostMatrix(values.length, 1);
      reader.readInto(matrix, tile);
      assertArrayEquals(inC(shape, values), matrix.values, () -> shape + ", tile " + tile);
    }
  }

  @Test
  void anyShapeInTilesOfAnySize() throws IOException {
    Random random = new Random(1);
    for (int k = 0; k < 300; k++) {
      int dimensions = random.nextInt(6);
      List<Long> shape = random.longs(dimensions, 0, 40 / (dimensions + 1) + 2).boxed().toList();
      check(shape, 1 + random.nextInt(60));
    }
  }

  @Test
  void fewLongRunsAreMovedAtOnce() throws IOException {
    for (String shape : List.of("(2, 3000)", "(3000, 2)", "(3000, 2, 3)")) {
      float[] values = new float[shape.endsWith("3)") ? 18000 : 6000];
      Path file = Npys.floats(folder.resolve("f.npy"), true, shape, values);
      try (NpyReader reader = NpyReader.open(file)) {
        HostMatrix matrix = new HostMatrix(values.length, 1);
        reader.readInto(matrix);
        assertTrue(matrix.calls <= 2, shape + ": " + matrix.calls);
      }
    }
  }

  @Test
  void integersAreBroughtIntoCOrder() {
    FortranOrder order = FortranOrder.of(List.of(2L, 1L, 3L));
    assertEquals(
        List.of(0L, 3L, 1L, 4L, 2L, 5L),
        IntStream.range(0, 6).mapToObj(k -> order.toC(k)).toList());
    assertTrue(FortranOrder.of(List.of(1L, 7L, 1L)).isAlsoC());
    assertTrue(FortranOrder.of(List.of(3L, 0L, 4L)).isAlsoC());
  }
}
