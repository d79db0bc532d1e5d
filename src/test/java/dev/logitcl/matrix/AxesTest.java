package dev.logitcl.matrix;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

final class AxesTest {
  private static final long[] NCHW = {2, 3, 4, 5};

  private static void assertShape(long rows, long cols, long inner, Axes axes) {
    assertTrue(axes.areAdjacent(), axes.toString());
    assertEquals(new Shape(rows, cols, inner), axes.shape(), axes.toString());
  }

  @Test
  void adjacentAxesLieWhereTheyAre() {
    assertShape(24, 5, 1, Axes.of(NCHW, -1));
    assertShape(40, 3, 20, Axes.of(NCHW, 1));
    assertShape(60, 2, 60, Axes.of(NCHW, 0));
    assertShape(10, 12, 5, Axes.of(NCHW, 2, 1));
    assertShape(10, 12, 5, Axes.of(NCHW, -3, -2));
    assertShape(1, 120, 1, Axes.all(NCHW));
    assertShape(120, 1, 1, Axes.of(NCHW));
    assertShape(1, 1, 1, Axes.of(new long[0]));
    assertShape(1, 1, 1, Axes.all());
  }

  @Test
  void sizesOfOneAreKeptAndInNobodysWay() {
    long[] dims = {1, 3, 1, 4, 1};
    assertShape(1, 12, 1, Axes.of(dims, 1, 3));
    assertArrayEquals(new long[] {1, 1, 1}, Axes.of(dims, 1, 3).reduced(false));
    assertArrayEquals(new long[] {1, 1, 1, 1, 1}, Axes.of(dims, 1, 3).reduced(true));
    assertShape(12, 1, 1, Axes.of(dims, 0, 2));
    assertArrayEquals(new long[] {3, 4, 1}, Axes.of(dims, 0, 2).reduced(false));
    assertShape(4, 3, 4, Axes.of(dims, 1, 4));
  }

  @Test
  void axesApartAreBroughtTogether() {
    Axes axes = Axes.of(NCHW, 0, 2);
    assertFalse(axes.areAdjacent());
    assertEquals(new Shape(15, 8), axes.shape());
    assertArrayEquals(new long[] {3, 5}, axes.reduced(false));
    assertArrayEquals(new long[] {1, 3, 1, 5}, axes.reduced(true));
    assertEquals("[C 2, 3, C 4, 5]", axes.toString());
  }

  @Test
  void withoutElementsNothingIsApart() {
    assertShape(15, 0, 1, Axes.of(new long[] {3, 0, 5}, 1));
    assertShape(0, 3, 1, Axes.of(new long[] {3, 0, 5}, 0));
    assertTrue(Axes.of(new long[] {3, 0, 5}, 0, 2).areAdjacent());
    assertEquals(new Shape(0, 15), Axes.of(new long[] {3, 0, 5}, 0, 2).shape());
  }

  @Test
  void badAxesAreRefused() {
    assertRefused("axis 4 of a tensor of [2, 3, 4, 5], expected -4 to 3", () -> Axes.of(NCHW, 4));
    assertRefused("axis -5 of a tensor of [2, 3, 4, 5]", () -> Axes.of(NCHW, -5));
    assertRefused("axis -3 of a tensor of [2, 3, 4, 5] is given twice", () -> Axes.of(NCHW, 1, -3));
    assertRefused("axis 0 of a tensor of [], expected none", () -> Axes.of(new long[0], 0));
    assertRefused("9 dimensions, expected at most 8", () -> Axes.of(new long[9], 0));
    assertRefused("tensor of [2, -1]: sizes must be >= 0", () -> Axes.of(new long[] {2, -1}, 0));
    assertRefused("at most 2147483647 columns", () -> Axes.all(1L << 40));
    assertRefused(
        "more rows than can be counted", () -> Axes.of(new long[] {1L << 40, 1L << 40, 0}, 2));
    assertRefused("order [0, 0] for a tensor of [2, 3]", () -> order(0, 0));
    assertRefused("expected each axis once", () -> order(0));
  }

  private static void order(int... order) {
    Permutation.of(new long[] {2, 3}, order);
  }

  private static void assertRefused(String part, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(String.valueOf(message).contains(part), message);
  }

  @Test
  void stridedShapesSayWhatTheyAre() {
    assertEquals("2 x 3 x 20", new Shape(40, 3, 20).toString());
    assertEquals(new Shape(40, 3), new Shape(40, 3, 20).dense());
    assertRefused("a divisor of the rows", () -> sized(40, 3, 7));
    assertRefused("expected 1 to", () -> sized(0, 3, 0));
  }

  private static void sized(long rows, long cols, long inner) {
    assertEquals(rows * cols, new Shape(rows, cols, inner).elements());
  }

  /** Every permutation's strides against coordinates taken one by one. */
  @Test
  void permutationsMoveEachElementToItsPlace() {
    Random random = new Random(1);
    for (int n = 0; n < 500; n++) {
      long[] dims = new long[random.nextInt(9)];
      int[] order = new int[dims.length];
      for (int k = 0; k < dims.length; k++) {
        dims[k] = random.nextLong(1, 4);
        order[k] = k;
      }
      for (int k = dims.length - 1; k > 0; k--) {
        int other = random.nextInt(k + 1);
        int swapped = order[k];
        order[k] = order[other];
        order[other] = swapped;
      }
      Permutation permutation = Permutation.of(dims, order);
      int[] expected = new int[(int) Axes.elements(dims)];
      for (int at = 0; at < expected.length; at++) {
        expected[target(at, dims, order)] = at;
      }
      assertArrayEquals(expected, moved(permutation, expected.length));
    }
  }

  private static int target(int at, long[] dims, int[] order) {
    long[] place = new long[dims.length];
    int rest = at;
    for (int k = dims.length - 1; k >= 0; k--) {
      place[k] = rest % dims[k];
      rest /= (int) dims[k];
    }
    int target = 0;
    for (int axis : order) {
      target = target * (int) dims[axis] + (int) place[axis];
    }
    return target;
  }

  private static int[] moved(Permutation permutation, int elements) {
    int[] moved = new int[elements];
    for (int n = 0; n < elements; n++) {
      int rest = n;
      int from = 0;
      int to = 0;
      for (int k = 0; k < Axes.MOST; k++) {
        int size = (int) permutation.sizes()[k];
        from += rest % size * (int) permutation.from()[k];
        to += rest % size * (int) permutation.to()[k];
        rest /= size;
      }
      moved[to] = from;
    }
    return moved;
  }
}
