package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The first k of rows with many equals, whole and put together from parts, against a sort. */
@Tag("java-path")
class TopKTest {
  private static final int START = 5;

  static List<RowPrimitives> all() {
    return PrimitivesUnderTest.all();
  }

  private static TopK search(RowPrimitives p, float[] array, int k, int from, int n) {
    float[] largest = new float[(n + TopK.PIECE - 1) / TopK.PIECE];
    for (int i = 0; i < largest.length; i++) {
      int at = from + i * TopK.PIECE;
      largest[i] = p.floats().max(array, START + at, Math.min(TopK.PIECE, from + n - at));
    }
    TopK top = new TopK(k);
    top.search(p.floats(), array, START, from, n, largest);
    return top;
  }

  @ParameterizedTest
  @MethodSource("all")
  void isThatOfASort(RowPrimitives p) {
    Random random = new Random(7);
    for (int n : new int[] {1, 2, 20, 255, 256, 257, 1000, 5000, 40_000}) {
      for (int different : new int[] {1, 3, 50, 1_000_000}) {
        float[] array = new float[START + n + 3];
        for (int j = 0; j < array.length; j++) {
          int value = random.nextInt(different);
          array[j] = value % 5 == 4 ? Float.NEGATIVE_INFINITY : value;
        }
        List<Integer> sorted =
            IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.comparing((Integer j) -> -array[START + j]))
                .toList();
        for (int k : new int[] {1, 2, 7, 20, 128}) {
          if (k > n) {
            continue;
          }
          TopK top = search(p, array, k, 0, n);
          int first = 1 + random.nextInt(n);
          int second = first + (n - first) / 3;
          TopK parts = search(p, array, k, 0, first);
          if (second > first) {
            parts = parts.with(search(p, array, k, first, second - first));
          }
          if (n > second) {
            parts = parts.with(search(p, array, k, second, n - second));
          }
          top.sort();
          parts.sort();
          for (int place = 0; place < k; place++) {
            String what = n + " columns, " + different + " values, place " + place + " of " + k;
            assertEquals(sorted.get(place), top.index(place), what);
            assertEquals(sorted.get(place), parts.index(place), what + " of parts");
            assertEquals(array[START + sorted.get(place)], top.value(place), what);
          }
        }
      }
    }
  }
}
