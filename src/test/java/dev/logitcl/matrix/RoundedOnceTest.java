package dev.logitcl.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From double precision to 16 bits without a stop at float32. */
class RoundedOnceTest {

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void besideATieTheNearerOneWins(DType type) {
    int largest = type == DType.F16 ? 0x7bff : 0x7f7f;
    for (int bits = 0; bits < largest; bits++) {
      // The middle is a float; a double a hair beside it is the same float, and no tie.
      double middle = ((double) type.ofBits((short) bits) + type.ofBits((short) (bits + 1))) / 2;
      short even = (short) ((bits & 1) == 0 ? bits : bits + 1);
      assertEquals(even, type.toBits(middle));
      assertEquals((short) bits, type.toBits(Math.nextDown(middle)), "below " + middle);
      assertEquals((short) (bits + 1), type.toBits(Math.nextUp(middle)), "above " + middle);
      assertEquals((short) (bits + 1 | 0x8000), type.toBits(-Math.nextUp(middle)));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void theEndsOfTheRange(DType type) {
    short infinite = type.toBits(Double.POSITIVE_INFINITY);
    double largest = type.ofBits((short) (infinite - 1));
    double beyond = largest + (largest - type.ofBits((short) (infinite - 2))) / 2;
    assertEquals(infinite, type.toBits(beyond));
    assertEquals(infinite - 1, type.toBits(Math.nextDown(beyond)));
    assertEquals(infinite, type.toBits(Double.MAX_VALUE));
    assertEquals(0, type.toBits(Double.MIN_VALUE));
    assertEquals((short) 0x8000, type.toBits(-Double.MIN_VALUE));
    double smallest = type.ofBits((short) 1);
    assertEquals(0, type.toBits(smallest / 2));
    assertEquals(1, type.toBits(Math.nextUp(smallest / 2)));
    assertTrue(Float.isNaN(type.ofBits(type.toBits(Double.NaN))));
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void everyTypeTakesItsOwnBuffersOnly(DType type) {
    type.require(type.buffer(3));
    assertEquals(3, type.buffer(3).capacity());
    if (type == DType.F32) {
      return;
    }
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> type.require(FloatBuffer.allocate(1)));
    assertTrue(e.getMessage().startsWith("float values for a matrix of " + type), e.getMessage());
  }
}
