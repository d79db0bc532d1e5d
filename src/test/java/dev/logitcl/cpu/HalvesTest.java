package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.contract.BackendContract;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows of half numbers as floats and back: every number, every tie, and what lies between. */
@Tag("java-path")
@Tag("second-jdk-1")
class HalvesTest {
  private static final int ALL = 0x10000;

  static Stream<Arguments> types() {
    return PrimitivesUnderTest.all().stream()
        .flatMap(p -> Stream.of(DType.F16, DType.BF16).map(type -> Arguments.arguments(p, type)));
  }

  private static short[] everyNumber() {
    short[] bits = new short[ALL];
    for (int k = 0; k < ALL; k++) {
      bits[k] = (short) k;
    }
    return bits;
  }

  @ParameterizedTest
  @MethodSource("types")
  void everyNumberIsWidenedExactly(RowPrimitives p, DType type) {
    short[] bits = everyNumber();
    float[] values = new float[ALL];
    p.widen(type.codec(), bits, 0, values, 0, ALL);
    for (int k = 0; k < ALL; k++) {
      float expected = type.ofBits(bits[k]);
      String what = type + " " + Integer.toHexString(k);
      if (Float.isNaN(expected)) {
        assertTrue(Float.isNaN(values[k]), what);
      } else {
        assertEquals(Float.floatToRawIntBits(expected), Float.floatToRawIntBits(values[k]), what);
      }
    }
  }

  /** A half number, its neighbours in float32, and the middle between two, with its neighbours. */
  @ParameterizedTest
  @MethodSource("types")
  void everyNumberAndTieIsRoundedToTheNearest(RowPrimitives p, DType type) {
    float[] values = new float[6 * ALL];
    for (int k = 0; k < ALL; k++) {
      float value = type.ofBits((short) k);
      float next = type.ofBits((short) (k + 1));
      float middle = Float.isFinite(next) ? value + (next - value) / 2 : value * 1.0005f;
      values[6 * k] = value;
      values[6 * k + 1] = Math.nextUp(value);
      values[6 * k + 2] = Math.nextDown(value);
      values[6 * k + 3] = middle;
      values[6 * k + 4] = Math.nextUp(middle);
      values[6 * k + 5] = Math.nextDown(middle);
    }
    assertRounded(p, type, values);
  }

  @ParameterizedTest
  @MethodSource("types")
  void anyFloatIsRoundedToTheNearest(RowPrimitives p, DType type) {
    Random random = new Random(1);
    float[] values = new float[200_000];
    for (int k = 0; k < values.length; k++) {
      values[k] = Float.intBitsToFloat(random.nextInt()); // of every exponent; some are NaN
    }
    List<Float> edges =
        List.of(65504f, 65519.996f, 65520f, Float.MAX_VALUE, Float.MIN_VALUE, 0x1p-25f, 0x1.8p-25f);
    for (int k = 0; k < edges.size(); k++) {
      values[k] = edges.get(k);
      values[edges.size() + k] = -edges.get(k);
    }
    assertRounded(p, type, values);
  }

  private static void assertRounded(RowPrimitives p, DType type, float[] values) {
    short[] bits = new short[values.length];
    p.narrow(type.codec(), values, 0, bits, 0, values.length);
    for (int k = 0; k < values.length; k++) {
      String what = type + " of " + values[k];
      if (Float.isNaN(values[k])) {
        assertTrue(
            Float.isNaN(type.ofBits(bits[k])), what); // its sign and payload are not promised
      } else {
        assertEquals(type.toBits(values[k]), bits[k], what);
      }
    }
  }

  /** Pieces of every length at every place touch nothing beside them. */
  @ParameterizedTest
  @MethodSource("types")
  void piecesAnywhere(RowPrimitives p, DType type) {
    float[] values = PrimitivesUnderTest.random(2, 80, 3, false);
    short[] bits = new short[80];
    p.narrow(type.codec(), values, 0, bits, 0, 80);
    for (int n = 0; n < 40; n++) {
      for (int from = 0; from < 4; from++) {
        float[] wide = new float[80];
        Arrays.fill(wide, 7);
        p.widen(type.codec(), bits, from, wide, 2 * from, n);
        short[] narrow = new short[80];
        Arrays.fill(narrow, (short) 7);
        p.narrow(type.codec(), values, from, narrow, 2 * from, n);
        for (int k = 0; k < 80; k++) {
          boolean inside = k >= 2 * from && k < 2 * from + n;
          int source = k - from;
          assertEquals(inside ? type.ofBits(bits[source]) : 7, wide[k], n + " from " + from);
          assertEquals(inside ? bits[source] : 7, narrow[k], n + " from " + from);
        }
      }
    }
  }

  /** Rows that threads share, and long rows in pieces: through one window or several. */
  @ParameterizedTest
  @MethodSource("types")
  void everySpread(RowPrimitives p, DType type) {
    RowWalk.Sizes small = new RowWalk.Sizes(10, 300, 1100);
    for (int threads : new int[] {1, 3}) {
      try (CpuBackend backend = new CpuBackend(p, threads, small, 1 << 20)) {
        Set<String> spreads = new HashSet<>();
        for (OpCase opCase : OpCase.all()) {
          for (Shape shape :
              List.of(
                  new Shape(3, 0),
                  new Shape(300, 3),
                  new Shape(40, 33),
                  new Shape(9, 1003),
                  new Shape(4, 2301),
                  new Shape(1, 9001))) {
            if (opCase.accepts(shape.rows(), shape.cols())
                && CpuDispatch.hasLoops(opCase.type(), type, true)) {
              Inputs inputs = new Inputs(shape, type, Fill.MASKED, 1);
              spreads.add(BackendContract.check(backend, opCase, inputs).variant());
            }
          }
        }
        assertEquals(threads > 1, spreads.contains(p.name() + " threads=3 split"));
      }
    }
  }
}
