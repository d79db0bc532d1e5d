package dev.logitcl.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HalfTest {

  @Test
  void everyHalfSurvivesTheWayThereAndBack() {
    for (int bits = 0; bits <= 0xffff; bits++) {
      float value = Half.toFloat((short) bits);
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(Half.toFloat(Half.of(value))));
      } else {
        assertEquals((short) bits, Half.of(value), () -> "half " + value);
      }
    }
  }

  @Test
  void everyHalfHasTheValueOfItsDefinition() {
    for (int bits = 0; bits < 0x7c00; bits++) {
      int exponent = bits >> 10;
      int fraction = bits & 0x3ff;
      double value =
          exponent == 0 ? fraction * 0x1p-24 : (1024 + fraction) * Math.scalb(1.0, exponent - 25);
      assertEquals((float) value, Half.toFloat((short) bits));
      assertEquals(-(float) value, Half.toFloat((short) (bits | 0x8000)));
    }
  }

  @Test
  void valuesBetweenHalvesGoToTheNearestAndTiesToEven() {
    for (int bits = 0; bits < 0x7bff; bits++) {
      float low = Half.toFloat((short) bits);
      float high = Half.toFloat((short) (bits + 1));
      float middle = (low + high) / 2; // exact
      short even = (short) ((bits & 1) == 0 ? bits : bits + 1);
      assertEquals(even, Half.of(middle), () -> "middle " + middle);
      assertEquals((short) bits, Half.of(Math.nextDown(middle)));
      assertEquals((short) (bits + 1), Half.of(Math.nextUp(middle)));
      // Rounded to float32 first, these would be ties.
      assertEquals((short) bits, Half.of(Math.nextDown((double) middle)));
      assertEquals((short) (bits + 1), Half.of(Math.nextUp((double) middle)));
      assertEquals((short) (even | 0x8000), Half.of(-middle));
    }
  }

  @Test
  void valuesThatAreTooLargeBecomeInfinite() {
    assertEquals((short) 0x7bff, Half.of(65519.996f));
    assertEquals((short) 0x7c00, Half.of(65520f));
    assertEquals((short) 0xfc00, Half.of(-Float.MAX_VALUE));
    assertEquals((short) 0x8000, Half.of(-0f));
    assertEquals((short) 0, Half.of(Float.MIN_VALUE));
  }
}
