package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.bench.Oracle;
import dev.logitcl.bench.Oracle.Stats;
import dev.logitcl.bench.ScanOracle;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The oracle's gradients are those of its forward passes: finite differences in double precision,
 * and the adjoint identity {@code <J v, g> = <v, J^T g>}.
 */
final class OracleGradientTest {
  private static final int COLS = 7;

  /** Truncation and rounding of a central difference are in balance at the cube root of 2^-53. */
  private static final double STEP = 0x1p-18;

  /** Rounding: 2^-53 times a result of up to 10, over the step; with room for truncation. */
  private static final double TOLERANCE = 1e-8;

  /**
   * A pass and its gradient.
   *
   * @param name for messages
   * @param forward from x to the result
   * @param backward from x and the incoming gradient to the gradient with respect to x
   */
  record Pair(String name, UnaryOperator<double[]> forward, BinaryOperator<double[]> backward) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Pair> pairs() {
    return Stream.of(
        new Pair(
            "logsumexp",
            x -> new double[] {Oracle.logSumExp(Oracle.stats(x))},
            (x, g) -> {
              double lse = Oracle.logSumExp(Oracle.stats(x));
              return map(x, j -> Oracle.logSumExpBackward(x[j], lse, g[0]));
            }),
        new Pair(
            "log-softmax",
            OracleGradientTest::logSoftmax,
            (x, g) -> {
              double[] y = logSoftmax(x);
              double sum = Oracle.sum(g);
              return map(x, j -> Oracle.logSoftmaxBackward(Math.exp(y[j]), g[j], sum));
            }),
        new Pair(
            "softmax",
            OracleGradientTest::softmax,
            (x, g) -> {
              double[] y = softmax(x);
              double dot = Oracle.dot(y, g);
              return map(x, j -> Oracle.softmaxBackward(y[j], g[j], dot));
            }),
        new Pair(
            "cross-entropy",
            x -> new double[] {Oracle.crossEntropy(x[2], Oracle.stats(x))},
            (x, g) -> {
              double[] p = softmax(x);
              return map(x, j -> Oracle.crossEntropyBackward(p[j], j == 2, g[0]));
            }),
        new Pair(
            "log-cum-sum-exp",
            ScanOracle::logCumSumExp,
            (x, g) -> ScanOracle.backward(x, ScanOracle.logCumSumExp(x), g)));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void finiteDifferences(Pair pair) {
    Random random = new Random(1);
    for (int trial = 0; trial < 20; trial++) {
      double[] x = normal(random, COLS, 3);
      double[] g = normal(random, pair.forward().apply(x).length, 1);
      double[] dx = pair.backward().apply(x, g);
      for (int j = 0; j < COLS; j++) {
        double[] direction = new double[COLS];
        direction[j] = 1;
        double slope = Oracle.dot(derivative(pair, x, direction), g);
        assertEquals(slope, dx[j], TOLERANCE, pair + ", column " + j);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void adjoint(Pair pair) {
    Random random = new Random(2);
    for (int trial = 0; trial < 20; trial++) {
      double[] x = normal(random, COLS, 3);
      double[] v = normal(random, COLS, 1);
      double[] jv = derivative(pair, x, v);
      double[] g = normal(random, jv.length, 1);
      double expected = Oracle.dot(jv, g);
      assertEquals(expected, Oracle.dot(v, pair.backward().apply(x, g)), TOLERANCE);
    }
  }

  /** J v. */
  private static double[] derivative(Pair pair, double[] x, double[] v) {
    double[] above = pair.forward().apply(map(x, j -> x[j] + STEP * v[j]));
    double[] below = pair.forward().apply(map(x, j -> x[j] - STEP * v[j]));
    return map(above, j -> (above[j] - below[j]) / (2 * STEP));
  }

  private static double[] logSoftmax(double[] x) {
    Stats s = Oracle.stats(x);
    return map(x, j -> Oracle.logSoftmax(x[j], s));
  }

  private static double[] softmax(double[] x) {
    Stats s = Oracle.stats(x);
    return map(x, j -> Oracle.softmax(x[j], s));
  }

  private interface Element {
    double at(int column);
  }

  private static double[] map(double[] like, Element element) {
    double[] result = new double[like.length];
    for (int j = 0; j < like.length; j++) {
      result[j] = element.at(j);
    }
    return result;
  }

  private static double[] normal(Random random, int length, double deviation) {
    return random.doubles(length).map(u -> deviation * random.nextGaussian()).toArray();
  }
}
