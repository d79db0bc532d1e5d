package dev.logitcl.contract;

import static java.lang.Float.NEGATIVE_INFINITY;
import static java.lang.Float.NaN;
import static java.lang.Float.POSITIVE_INFINITY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.WeightedLogSumExp;
import dev.logitcl.op.WeightedLogSumExpBackward;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What SciPy's and JAX's documentation and tests promise of logsumexp with weights, signs and
 * masks, on every backend.
 */
@Tag("once")
final class WeightedLogSumExpTest {
  private static final float INF = POSITIVE_INFINITY;
  private static final float NONE = NEGATIVE_INFINITY;
  private static final List<TestBackend> BACKENDS = new ArrayList<>();

  /** A row and what it gives. */
  static final class Row {
    final String name;
    final float[] a;
    final float[] b;
    final double lse;
    final double sign;

    Row(String name, float[] a, float[] b, double lse, double sign) {
      this.name = name;
      this.a = a;
      this.b = b;
      this.lse = lse;
      this.sign = sign;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Row> rows() {
    return Stream.of(
        // scipy.special.logsumexp, examples: a = arange(10), b = arange(10, 0, -1).
        new Row(
            "SciPy's example",
            new float[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
            new float[] {10, 9, 8, 7, 6, 5, 4, 3, 2, 1},
            9.917017853303467,
            1),
        // The same page: returned sign.
        new Row(
            "SciPy's negative sum",
            new float[] {1, 2},
            new float[] {1, -1},
            1.5413248546129181,
            -1),
        // test_logsumexp_b_zero: a weight of 0 hides what is large.
        new Row("b = 0", new float[] {1, 10_000}, new float[] {1, 0}, 1, 1),
        // test_logsumexp_sign_zero.
        new Row("terms that cancel", new float[] {1, 1}, new float[] {1, -1}, NONE, 0),
        // test_logsumexp_sign: -log(sum) of signed terms.
        new Row("signs alone", new float[] {1, 1, 1}, new float[] {1, -1, -1}, 1, -1),
        new Row("b = 0 masks +inf", new float[] {INF, 2}, new float[] {0, 1}, 2, 1),
        new Row("b = 0 masks NaN", new float[] {NaN, 2}, new float[] {0, 1}, 2, 1),
        new Row("all masked", new float[] {3, 2}, new float[] {0, 0}, NONE, 0),
        new Row("all -inf", new float[] {NONE, NONE}, new float[] {1, -2}, NONE, 0),
        new Row("+inf", new float[] {INF, 2}, new float[] {3, -1}, INF, 1),
        new Row("-exp(+inf)", new float[] {INF, 2}, new float[] {-3, 1}, INF, -1),
        new Row("inf - inf", new float[] {INF, INF}, new float[] {1, -1}, NaN, NaN),
        new Row("inf + inf", new float[] {INF, INF}, new float[] {-1, -2}, INF, -1),
        new Row("NaN", new float[] {NaN, 2}, new float[] {1, 1}, NaN, NaN),
        new Row("NaN beside +inf", new float[] {NaN, INF}, new float[] {1, 1}, NaN, NaN),
        new Row("a weight of NaN", new float[] {1, 2}, new float[] {NaN, 1}, NaN, NaN),
        new Row("a weight of NaN, far", new float[] {-500, 2}, new float[] {NaN, 1}, NaN, NaN),
        new Row("a weight of NaN, +inf", new float[] {1, INF}, new float[] {NaN, 1}, NaN, NaN));
  }

  static Stream<Arguments> cases() {
    if (BACKENDS.isEmpty()) {
      BACKENDS.addAll(TestBackends.java());
      BACKENDS.addAll(TestBackends.asShipped());
    }
    return BACKENDS.stream().flatMap(backend -> rows().map(row -> arguments(backend, row)));
  }

  @AfterAll
  static void close() {
    BACKENDS.forEach(TestBackend::close);
  }

  /** After columns of weight 0, so that every lane of a vector is in use. */
  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("cases")
  void agrees(TestBackend backend, Row row) {
    float[] a = padded(row.a);
    float[] b = padded(row.b);
    float[] sign = new float[1];
    float lse = lse(backend.get(), a, b, sign);
    // Weights are exact and exponents small: a few roundings of numbers below 16.
    assertEquals(row.lse, lse, 16 * 0x1p-22);
    assertEquals((float) row.sign, sign[0]);
    float unsigned = lse(backend.get(), a, b, null);
    assertEquals(row.sign < 0 ? NaN : lse, unsigned);
  }

  /** What has no weight gets exactly 0, and a row without a sum has no gradient. */
  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("cases")
  void gradient(TestBackend backend, Row row) {
    float[] a = padded(row.a);
    float[] b = padded(row.b);
    float[] da = new float[a.length];
    try (Matrix x = backend.get().upload(a, 1, a.length);
        Matrix weights = backend.get().upload(b, 1, b.length);
        Matrix gradient = backend.get().allocate(x.shape())) {
      backend.get().run(new WeightedLogSumExpBackward(x, weights, null, null, gradient));
      gradient.read(da);
    }
    boolean regular = Float.isFinite((float) row.lse);
    double sum = 0;
    for (int j = 0; j < a.length; j++) {
      if (b[j] == 0) {
        assertEquals(0, Math.abs(da[j]), "column " + j);
      } else if (!regular) {
        assertEquals(NaN, da[j], "column " + j);
      }
      sum += da[j];
    }
    if (regular) {
      assertEquals(1, sum, 16 * 0x1p-22, "the terms over the sum");
    }
  }

  private static float lse(Backend backend, float[] a, float[] b, float @Nullable [] sign) {
    float[] result = new float[1];
    try (Matrix x = backend.upload(a, 1, a.length);
        Matrix weights = backend.upload(b, 1, b.length);
        Matrix lse = backend.allocateColumn(1);
        Matrix signs = backend.allocateColumn(1)) {
      backend.run(new WeightedLogSumExp(x, weights, null, lse, sign == null ? null : signs));
      lse.read(result);
      if (sign != null) {
        signs.read(sign);
      }
      return result[0];
    }
  }

  private static float[] padded(float[] values) {
    float[] made = new float[40];
    System.arraycopy(values, 0, made, 40 - values.length, values.length);
    return made;
  }
}
