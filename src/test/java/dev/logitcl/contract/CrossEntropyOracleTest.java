package dev.logitcl.contract;

import static dev.logitcl.op.CrossEntropyOptions.DEFAULT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.bench.CrossEntropyOracle;
import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LabelSmoothing;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The oracle's gradient of loss and penalty, for every option, by finite differences. */
@Tag("java-path")
final class CrossEntropyOracleTest {
  private static final int COLS = 6;
  private static final double STEP = 1e-6;

  /**
   * Differences of two losses of up to 50 over 2e-6: about 1e-9 of rounding, and the cubic term.
   */
  private static final double TOLERANCE = 1e-7;

  private static final double A = 0.7;
  private static final double B = -1.3;

  static Stream<CrossEntropyOptions> options() {
    ClassWeights weights = ClassWeights.of(0.5f, 0, 2, 1, 0.25f, 3);
    ClassMask mask = ClassMask.of(true, false, true, true, true, false);
    return Stream.of(
        DEFAULT,
        DEFAULT.with(weights),
        DEFAULT.with(mask),
        DEFAULT.with(LabelSmoothing.pytorch(0.3)),
        DEFAULT.with(LabelSmoothing.megatron(0.3)),
        DEFAULT.with(LabelSmoothing.pytorch(0.3)).with(weights),
        DEFAULT.with(LabelSmoothing.megatron(0.3)).with(mask),
        DEFAULT.withZLoss(0.1),
        DEFAULT.scaledBy(0.4),
        DEFAULT.cappedAt(3),
        DEFAULT
            .with(weights)
            .with(mask)
            .with(LabelSmoothing.pytorch(0.2))
            .withZLoss(0.05)
            .scaledBy(1.5)
            .cappedAt(4));
  }

  @ParameterizedTest
  @MethodSource("options")
  void finiteDifferencesAndAdjoint(CrossEntropyOptions options) {
    Random random = new Random(1);
    double[] oneHot = {0, 0, 1, 0, 0, 0};
    for (int trial = 0; trial < 20; trial++) {
      double[] x = random.doubles(COLS).map(u -> 3 * random.nextGaussian()).toArray();
      double[] v = random.doubles(COLS).map(u -> random.nextGaussian()).toArray();
      double[] probabilities = random.doubles(COLS).toArray();
      if (options.mask() != null) {
        probabilities[1] = 0;
        probabilities[5] = 0;
      }
      for (double[] y : new double[][] {oneHot, probabilities}) {
        CrossEntropyOracle row = new CrossEntropyOracle(x, y, options);
        double product = 0;
        for (int j = 0; j < COLS; j++) {
          double[] unit = new double[COLS];
          unit[j] = 1;
          assertEquals(slope(x, y, options, unit), row.dx(j, A, B), TOLERANCE, "column " + j);
          product += row.dx(j, A, B) * v[j];
        }
        // Of a number, <J v, 1> = <v, J^T 1>.
        assertEquals(slope(x, y, options, v), product, TOLERANCE);
      }
    }
  }

  private static double slope(double[] x, double[] y, CrossEntropyOptions options, double[] v) {
    return (value(x, y, options, v, STEP) - value(x, y, options, v, -STEP)) / (2 * STEP);
  }

  private static double value(
      double[] x, double[] y, CrossEntropyOptions options, double[] v, double step) {
    double[] moved = new double[COLS];
    for (int j = 0; j < COLS; j++) {
      moved[j] = x[j] + step * v[j];
    }
    CrossEntropyOracle row = new CrossEntropyOracle(moved, y, options);
    return A * row.loss() + B * row.zLoss();
  }
}
