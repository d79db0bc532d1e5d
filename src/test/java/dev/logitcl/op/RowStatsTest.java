package dev.logitcl.op;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Merging statistics: neutral, associative, commutative; infinities and NaN. */
final class RowStatsTest {
  private static final RowStats ONE = new RowStats(3, 1);
  private static final RowStats INFINITE = new RowStats(Double.POSITIVE_INFINITY, Double.NaN);
  private static final RowStats NAN = new RowStats(Double.NaN, Double.NaN);

  @Test
  void emptyIsNeutral() {
    assertEquals(ONE, RowStats.EMPTY.merge(ONE));
    assertEquals(ONE, ONE.merge(RowStats.EMPTY));
    assertEquals(RowStats.EMPTY, RowStats.EMPTY.merge(RowStats.EMPTY));
    assertEquals(Double.NEGATIVE_INFINITY, RowStats.EMPTY.logSumExp());
  }

  @Test
  void infinitiesAndNaNStay() {
    for (RowStats other : List.of(RowStats.EMPTY, ONE, INFINITE)) {
      assertEquals(INFINITE, INFINITE.merge(other));
      assertEquals(INFINITE, other.merge(INFINITE));
      assertEquals(NAN, NAN.merge(other));
      assertEquals(NAN, other.merge(NAN));
    }
    assertEquals(Double.POSITIVE_INFINITY, INFINITE.logSumExp());
    assertEquals(Double.NaN, NAN.logSumExp());
    assertEquals(Double.NaN, INFINITE.logSoftmax(1));
  }

  @Test
  void associativeAndCommutative() {
    Random random = new Random(1);
    for (int trial = 0; trial < 1000; trial++) {
      RowStats a = any(random);
      RowStats b = any(random);
      RowStats c = any(random);
      assertEquals(a.merge(b), b.merge(a));
      RowStats left = a.merge(b).merge(c);
      RowStats right = a.merge(b.merge(c));
      assertEquals(left.max(), right.max());
      assertEquals(left.sumExp(), right.sumExp(), 1e-14 * left.sumExp());
    }
  }

  @Test
  void ofPartsAsOfTheWhole() {
    RowStats whole = RowStats.EMPTY;
    double sum = 0;
    for (int j = 0; j < 100; j++) {
      whole = whole.merge(new RowStats(j / 10.0, 1));
      sum += Math.exp(j / 10.0);
    }
    assertEquals(Math.log(sum), whole.logSumExp(), 1e-13);
    assertEquals(5 - Math.log(sum), whole.logSoftmax(5), 1e-13);
  }

  private static RowStats any(Random random) {
    return new RowStats(100 * random.nextGaussian(), 1 + 50 * random.nextDouble());
  }
}
