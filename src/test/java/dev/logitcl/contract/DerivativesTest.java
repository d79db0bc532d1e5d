package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.bench.ExpectationOracle;
import dev.logitcl.bench.Oracle;
import java.util.Arrays;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The oracle's gradients, directional derivatives and Hessian products of expectations and weighted
 * logsumexps are the derivatives of its forward passes: central differences in double precision.
 */
final class DerivativesTest {
  private static final int COLS = 7;

  /** Truncation and rounding of a central difference are in balance at the cube root of 2^-53. */
  private static final double STEP = 0x1p-18;

  /** Rounding: 2^-53 times a result of up to 10, over the step; with room for truncation. */
  private static final double TOLERANCE = 1e-8;

  private static final double[] T = normal(new Random(5), 2);
  private static final double[] SIGNED = normal(new Random(6), 1);
  private static final boolean[] WHERE = {true, false, true, true, true, false, true};

  static {
    SIGNED[3] = 0;
  }

  /**
   * A function and its derivative.
   *
   * @param name for messages
   * @param value from x to some results
   * @param derivative from x and a direction v to the results' derivatives in that direction
   */
  record Pair(String name, UnaryOperator<double[]> value, Directional derivative) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** A derivative in a direction. */
  @FunctionalInterface
  interface Directional {
    double[] at(double[] x, double[] v);
  }

  static Stream<Pair> pairs() {
    return Stream.of(
        new Pair(
            "expectation, logits",
            h -> scalar(ExpectationOracle.expectation(h, T)),
            (h, v) -> dot(ExpectationOracle.expectationBackward(h, T, 1), v)),
        new Pair(
            "expectation, values",
            t -> scalar(ExpectationOracle.expectation(T, t)),
            (t, v) -> dot(ExpectationOracle.expectationValuesBackward(T, 1), v)),
        new Pair(
            "logsumexp",
            x -> scalar(Oracle.logSumExp(Oracle.stats(x))),
            (x, v) -> scalar(ExpectationOracle.expectation(x, v))),
        new Pair(
            "the gradient of logsumexp",
            DerivativesTest::softmax,
            (x, v) -> ExpectationOracle.expectationBackward(x, v, 1)),
        new Pair(
            "softmax",
            DerivativesTest::softmax,
            (x, v) -> ExpectationOracle.softmaxJvp(softmax(x), v)),
        new Pair(
            "log-softmax",
            DerivativesTest::logSoftmax,
            (x, v) -> ExpectationOracle.logSoftmaxJvp(logSoftmax(x), v)),
        new Pair(
            "signed logsumexp, exponents",
            a -> scalar(ExpectationOracle.signed(a, SIGNED, WHERE).log()),
            (a, v) -> dot(ExpectationOracle.signedBackward(a, SIGNED, WHERE, 1), v)),
        new Pair(
            "signed logsumexp, weights",
            b -> scalar(ExpectationOracle.signed(T, b, WHERE).log()),
            (b, v) -> dot(ExpectationOracle.weightsBackward(T, b, WHERE, 1), v)),
        new Pair(
            "log-mean-exp",
            x -> scalar(ExpectationOracle.logMean(ExpectationOracle.signed(x, ones(), WHERE))),
            (x, v) -> dot(ExpectationOracle.signedBackward(x, ones(), WHERE, 1), v)),
        new Pair(
            "<dx, v> of cross-entropy, logits",
            x -> scalar(0.7 * Oracle.dot(crossEntropyGradient(x), T)),
            (x, v) -> dot(ExpectationOracle.expectationBackward(x, T, 0.7), v)),
        new Pair(
            "log-add-exp",
            a -> map(a, j -> ExpectationOracle.logAdd(a[j], T[j])),
            (a, v) -> map(a, j -> v[j] * ExpectationOracle.logAddBackward(a[j], T[j]))));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void centralDifferences(Pair pair) {
    Random random = new Random(1);
    for (int trial = 0; trial < 20; trial++) {
      double[] x = normal(random, 1);
      double[] v = normal(random, 1);
      double[] above = pair.value().apply(map(x, j -> x[j] + STEP * v[j]));
      double[] below = pair.value().apply(map(x, j -> x[j] - STEP * v[j]));
      double[] expected = map(above, j -> (above[j] - below[j]) / (2 * STEP));
      double[] derivative = pair.derivative().at(x, v);
      // Where the terms of a signed sum cancel, its derivatives grow, and what is truncated with
      // them: with their cube.
      double size = Arrays.stream(derivative).map(Math::abs).max().orElse(0);
      double tolerance = TOLERANCE * Math.max(1, size * size * size);
      for (int j = 0; j < expected.length; j++) {
        assertEquals(expected[j], derivative[j], tolerance, pair + ", result " + j);
      }
    }
  }

  /** The Hessian of logsumexp is symmetric: {@code <w, H v> = <v, H w>}. */
  @Test
  void theHessianIsSymmetric() {
    Random random = new Random(2);
    double[] x = normal(random, 1);
    double[] v = normal(random, 1);
    double[] w = normal(random, 1);
    double left = Oracle.dot(w, ExpectationOracle.expectationBackward(x, v, 1));
    double right = Oracle.dot(v, ExpectationOracle.expectationBackward(x, w, 1));
    assertEquals(left, right, TOLERANCE);
  }

  private static double[] scalar(double value) {
    return new double[] {value};
  }

  private static double[] dot(double[] gradient, double[] v) {
    return scalar(Oracle.dot(gradient, v));
  }

  private static double[] softmax(double[] x) {
    Oracle.Stats s = Oracle.stats(x);
    return map(x, j -> Oracle.softmax(x[j], s));
  }

  private static double[] crossEntropyGradient(double[] x) {
    Oracle.Stats s = Oracle.stats(x);
    return map(x, j -> Oracle.crossEntropyBackward(Oracle.softmax(x[j], s), j == 2, 1));
  }

  private static double[] logSoftmax(double[] x) {
    Oracle.Stats s = Oracle.stats(x);
    return map(x, j -> Oracle.logSoftmax(x[j], s));
  }

  private static double[] ones() {
    double[] ones = new double[COLS];
    Arrays.fill(ones, 1);
    return ones;
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

  private static double[] normal(Random random, double deviation) {
    return random.doubles(COLS).map(u -> deviation * random.nextGaussian()).toArray();
  }
}
