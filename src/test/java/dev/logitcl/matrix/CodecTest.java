package dev.logitcl.matrix;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every codec promises, and what the numbers of each floating-point type are. */
class CodecTest {
  private static final double[] NUMBERS = {1, 0, 1, 1, 0};

  @ParameterizedTest
  @EnumSource(DType.class)
  void arraysAndBuffersHoldTheSameElements(DType type) {
    Codec codec = type.codec();
    HostForm form = codec.form();
    Object array = form.array(8);
    codec.store(NUMBERS, array, 2);
    double[] loaded = new double[5];
    codec.load(array, 2, loaded);
    assertArrayEquals(NUMBERS, loaded);
    Buffer part = form.wrap(array, 2, 5);
    assertEquals(form, HostForm.of(part));
    for (int k = 0; k < 5; k++) {
      assertEquals(NUMBERS[k], codec.get(part, part.position() + k));
    }
    codec.put(part, 6, 1);
    codec.load(array, 3, loaded);
    assertArrayEquals(new double[] {0, 1, 1, 1, 0}, loaded);
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void elementsAreTakenFromBytesInTheirOrder(DType type) {
    Codec codec = type.codec();
    HostForm form = codec.form();
    for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
      Buffer bytes = form.view(ByteBuffer.allocateDirect(5 * form.bytes()).order(order));
      Object array = form.array(6);
      codec.store(NUMBERS, array, 1);
      form.put(form.wrap(array, 1, 5), bytes);
      for (int k = 0; k < 5; k++) {
        assertEquals(NUMBERS[k], codec.get(bytes, k));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void gathersWhatLiesApart(DType type) {
    HostForm form = type.codec().form();
    Object from = form.array(7);
    type.codec().store(new double[] {0, 1, 0, 0, 1, 0, 0}, from, 0);
    Object to = form.array(4);
    form.gather(from, 1, 3, to, 2, 2);
    double[] gathered = new double[4];
    type.codec().load(to, 0, gathered);
    assertArrayEquals(new double[] {0, 0, 1, 1}, gathered);
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void spacingIsTheDistanceToTheNextNumber(DType type) {
    short infinite = type.toBits(Double.POSITIVE_INFINITY);
    for (short bits = 0; bits < infinite - 1; bits++) {
      double number = type.ofBits(bits);
      assertEquals(type.ofBits((short) (bits + 1)) - number, type.codec().spacing(number));
    }
    assertEquals(type.ofBits((short) (infinite - 1)), type.codec().largest());
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64", "F16", "BF16"})
  void theLimitsAreThoseOfTheRounding(DType type) {
    Codec codec = type.codec();
    double step = codec.spacing(codec.largest());
    assertEquals(codec.largest(), type.round(codec.largest()));
    assertEquals(Double.POSITIVE_INFINITY, type.round(codec.largest() + step));
    assertEquals(1, type.round(1 + codec.roundoff()));
    assertEquals(1 + 2 * codec.roundoff(), type.round(1 + 2 * codec.roundoff()));
    assertEquals(codec.smallestNormal(), type.round(codec.smallestNormal()));
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void javaHasTheSameLimits(DType type) {
    boolean wide = type == DType.F64;
    Codec codec = type.codec();
    assertEquals(wide ? Double.MAX_VALUE : Float.MAX_VALUE, codec.largest());
    assertEquals(wide ? Double.MIN_NORMAL : Float.MIN_NORMAL, codec.smallestNormal());
    for (double x : new double[] {0, 1e-30, 1, 1.5, 1e30}) {
      assertEquals(wide ? Math.ulp(x) : Math.ulp((float) x), codec.spacing(x));
    }
  }
}
