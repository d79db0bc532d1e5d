package dev.logitcl.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BFloat16Test {

  @Test
  void everyBfloat16SurvivesTheWayThereAndBack() {
    for (int bits = 0; bits <= 0xffff; bits++) {
      float value = BFloat16.toFloat((short) bits);
      assertEquals(bits << 16, Float.floatToRawIntBits(value));
      if (Float.isNaN(value)) {
        assertTrue(Float.isNaN(BFloat16.toFloat(BFloat16.of(value))), "NaN " + bits);
      } else {
        assertEquals((short) bits, BFloat16.of(value), () -> "bfloat16 " + value);
      }
    }
  }

  @Test
  void valuesBetweenTwoGoToTheNearestAndTiesToEven() {
    for (int bits = 0; bits < 0x7f80; bits++) {
      float middle = Float.intBitsToFloat(bits << 16 | 0x8000);
      short even = (short) ((bits & 1) == 0 ? bits : bits + 1);
      assertEquals(even, BFloat16.of(middle), () -> "middle " + middle);
      assertEquals((short) bits, BFloat16.of(Math.nextDown(middle)));
      assertEquals((short) (bits + 1), BFloat16.of(Math.nextUp(middle)));
      // Rounded to float32 first, these would be ties.
      assertEquals((short) bits, BFloat16.of(Math.nextDown((double) middle)));
      assertEquals((short) (bits + 1), BFloat16.of(Math.nextUp((double) middle)));
      assertEquals((short) (even | 0x8000), BFloat16.of(-middle));
    }
  }

  @Test
  void noNanBecomesANumberOrAnInfinity() {
    for (int bits : new int[] {0x7f800001, 0x7f80ffff, 0x7fffffff, 0xff800001, 0xffffffff}) {
      assertTrue(Float.isNaN(BFloat16.toFloat(BFloat16.of(Float.intBitsToFloat(bits)))));
    }
  }

  @Test
  void whatIsTooLargeBecomesInfinite() {
    assertEquals((short) 0x7f80, BFloat16.of(Float.MAX_VALUE));
    assertEquals((short) 0xff80, BFloat16.of(-Float.MAX_VALUE));
    assertEquals((short) 0x7f7f, BFloat16.of(Math.nextDown(Float.intBitsToFloat(0x7f7f8000))));
    assertEquals((short) 0, BFloat16.of(Float.MIN_VALUE));
    assertEquals((short) 0x8000, BFloat16.of(-0f));
  }
}
