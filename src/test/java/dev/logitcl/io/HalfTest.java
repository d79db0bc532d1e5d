package dev.logitcl.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HalfTest {

  @Test
  void everyHalfSurvivesTheWayThereAndBack() {
    for (int bits = 0; bits <= 0xffff; bits++) {
      float value = Half.toFloat((short) bits);
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(Half.toFloat(Half.fromFloat(value))));
      } else {
        assertEquals((short) bits, Half.fromFloat(value), () -> "half " + value);
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
      assertEquals(even, Half.fromFloat(middle), () -> "middle " + middle);
      assertEquals((short) bits, Half.fromFloat(Math.nextDown(middle)));
      assertEquals((short) (bits + 1), Half.fromFloat(Math.nextUp(middle)));
      assertEquals((short) (even | 0x8000), Half.fromFloat(-middle));
    }
  }

  @Test
  void valuesThatAreTooLargeBecomeInfinite() {
    assertEquals((short) 0x7bff, Half.fromFloat(65519.996f));
    assertEquals((short) 0x7c00, Half.fromFloat(65520f));
    assertEquals((short) 0xfc00, Half.fromFloat(-Float.MAX_VALUE));
    assertEquals((short) 0x8000, Half.fromFloat(-0f));
    assertEquals((short) 0, Half.fromFloat(Float.MIN_VALUE));
  }
}
