package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.backend.Backend;
import dev.logitcl.bench.Oracle;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Several expectations per row, E = softmax(h) A, and their gradients for h and A, made of the
 * operations that Expectation's documentation names: against finite differences in double
 * precision.
 */
final class SeveralExpectationsTest {
  private static final int ROWS = 9;
  private static final int CLASSES = 37;
  private static final int RESULTS = 6;
  private static final double STEP = 0x1p-18;

  /** Exponentials and sums of about 40 terms of ordinary size, in float32. */
  private static final double TOLERANCE = 40 * 0x1p-22;

  private static final List<TestBackend> BACKENDS = new ArrayList<>();

  private final float[] h = normal(1, ROWS * CLASSES);
  private final float[] a = normal(2, CLASSES * RESULTS);
  private final float[] g = normal(3, ROWS * RESULTS);

  static Stream<TestBackend> backends() {
    if (BACKENDS.isEmpty()) {
      BACKENDS.addAll(TestBackends.java());
      BACKENDS.addAll(TestBackends.asShipped());
    }
    return BACKENDS.stream();
  }

  @AfterAll
  static void close() {
    BACKENDS.forEach(TestBackend::close);
  }

  @ParameterizedTest
  @MethodSource("backends")
  void matchFiniteDifferences(TestBackend test) {
    float[] e = new float[ROWS * RESULTS];
    float[] dh = new float[h.length];
    float[] da = new float[a.length];
    Backend backend = test.get();
    try (Matrix logits = backend.upload(h, ROWS, CLASSES);
        Matrix table = backend.upload(a, CLASSES, RESULTS);
        Matrix incoming = backend.upload(g, ROWS, RESULTS);
        Matrix p = backend.allocate(logits.shape());
        Matrix means = backend.allocate(new Shape(ROWS, RESULTS));
        Matrix dp = backend.allocate(logits.shape());
        Matrix dTable = backend.allocate(table.shape())) {
      backend.run(new Softmax(logits, p));
      backend.run(new MatrixProduct(p, table, means));
      backend.run(new MatrixProduct(p, true, incoming, false, dTable));
      backend.run(new MatrixProduct(incoming, false, table, true, dp));
      backend.run(new SoftmaxBackward(p, dp, dp));
      means.read(e);
      dp.read(dh);
      dTable.read(da);
    }
    for (int k = 0; k < e.length; k++) {
      assertEquals(expectation(k / RESULTS, k % RESULTS, -1, -1, 0), e[k], TOLERANCE, "e " + k);
    }
    for (int k = 0; k < h.length; k++) {
      assertEquals(slope(k, -1), dh[k], TOLERANCE, "dh " + k);
    }
    for (int k = 0; k < a.length; k++) {
      assertEquals(slope(-1, k), da[k], ROWS * TOLERANCE, "dA " + k);
    }
  }

  /** The derivative of {@code <G, E>} with respect to an element of h or of A. */
  private double slope(int inH, int inA) {
    double slope = 0;
    int first = inH < 0 ? 0 : inH / CLASSES;
    int last = inH < 0 ? ROWS - 1 : first;
    for (int i = first; i <= last; i++) {
      for (int k = 0; k < RESULTS; k++) {
        double above = expectation(i, k, inH, inA, STEP);
        double below = expectation(i, k, inH, inA, -STEP);
        slope += g[i * RESULTS + k] * (above - below) / (2 * STEP);
      }
    }
    return slope;
  }

  /** An element of E, with one of h or of A moved. */
  private double expectation(int row, int result, int inH, int inA, double step) {
    double[] logits = new double[CLASSES];
    for (int j = 0; j < CLASSES; j++) {
      int at = row * CLASSES + j;
      logits[j] = h[at] + (at == inH ? step : 0);
    }
    Oracle.Stats s = Oracle.stats(logits);
    double sum = 0;
    for (int j = 0; j < CLASSES; j++) {
      int at = j * RESULTS + result;
      sum += Oracle.softmax(logits[j], s) * (a[at] + (at == inA ? step : 0));
    }
    return sum;
  }

  private static float[] normal(long seed, int count) {
    Random random = new Random(seed);
    float[] made = new float[count];
    for (int k = 0; k < count; k++) {
      made[k] = (float) random.nextGaussian();
    }
    return made;
  }
}
