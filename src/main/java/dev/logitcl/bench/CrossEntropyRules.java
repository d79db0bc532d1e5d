package dev.logitcl.bench;

import static dev.logitcl.bench.Rule.equal;
import static dev.logitcl.bench.Rule.nan;
import static dev.logitcl.bench.Rule.near;
import static dev.logitcl.bench.Rule.raises;
import static dev.logitcl.bench.Samples.POSITIVE;
import static dev.logitcl.bench.Samples.masked;
import static dev.logitcl.bench.Samples.random;
import static dev.logitcl.bench.Samples.whereAbsent;
import static dev.logitcl.op.CrossEntropyOptions.DEFAULT;

import dev.logitcl.Rows;
import dev.logitcl.Rows.LossAndGradient;
import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.op.AllIgnored;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LabelSmoothing;
import dev.logitcl.op.Reduction;
import java.util.Arrays;
import java.util.List;

/** The promises about cross-entropy and its gradient, as checks. */
final class CrossEntropyRules {
  private static final CrossEntropyOptions NONE = DEFAULT.with(Reduction.NONE);
  private static final CrossEntropyOptions SUM = DEFAULT.with(Reduction.SUM);
  private static final String FORWARD = "cross-entropy forward";
  private static final String BACKWARD = "cross-entropy backward";
  private static final String FUSED = "cross-entropy forward+backward";

  private CrossEntropyRules() {}

  static void addTo(List<Rule> rules) {
    rules.add(
        new Rule(
            FORWARD,
            "all -inf, a +inf, a NaN -> NaN",
            (b, n) -> {
              int rows = Samples.IRREGULAR_ROWS;
              float[] x = Samples.irregular(n);
              return nan("loss", Rows.on(b).crossEntropy(x, new int[rows], rows, n, NONE));
            }));
    rules.add(
        new Rule(
            FORWARD,
            "a target at -inf -> +inf",
            (b, n) ->
                equal(
                    "loss", Rows.on(b).crossEntropy(masked(n), new int[1], 1, n, NONE), POSITIVE)));
    rules.add(
        new Rule(
            FORWARD, "an ignored row adds nothing, whatever it holds", (b, n) -> ignored(b, n)));
    rules.add(
        new Rule(
            FORWARD,
            "all rows ignored: mean -> NaN, sum -> 0",
            (b, n) -> {
              int[] target = {-1, -1};
              float[] x = random(2 * n);
              CrossEntropyOptions mean = DEFAULT.ignoring(-1);
              return nan("mean", Rows.on(b).crossEntropy(x, target, 2, n, mean))
                  .and(equal("sum", Rows.on(b).crossEntropy(x, target, 2, n, SUM.ignoring(-1)), 0));
            }));
    rules.add(
        new Rule(
            FORWARD,
            "no rows: mean -> NaN, sum -> 0",
            (b, n) -> {
              float[] x = {};
              return nan("mean", Rows.on(b).crossEntropy(x, new int[0], 0, n, DEFAULT))
                  .and(equal("sum", Rows.on(b).crossEntropy(x, new int[0], 0, n, SUM), 0));
            }));
    rules.add(
        new Rule(
            FORWARD,
            "kept rows of weight 0: mean -> NaN, or 0 on request",
            (b, n) -> {
              CrossEntropyOptions mean = ofNoWeight(n);
              int[] target = {0, 1};
              return nan("mean", Rows.on(b).crossEntropy(random(2 * n), target, 2, n, mean))
                  .and(
                      equal(
                          "mean",
                          Rows.on(b)
                              .crossEntropy(
                                  random(2 * n), target, 2, n, mean.with(AllIgnored.ZERO)),
                          0));
            }));
    rules.add(
        new Rule(
            BACKWARD,
            "kept rows of weight 0: mean -> NaN, or 0 on request",
            (b, n) -> {
              CrossEntropyOptions mean = ofNoWeight(n);
              int[] target = {0, 1};
              return nan("dx", Rows.on(b).crossEntropyBackward(random(2 * n), target, 2, n, mean))
                  .and(
                      equal(
                          "dx",
                          Rows.on(b)
                              .crossEntropyBackward(
                                  random(2 * n), target, 2, n, mean.with(AllIgnored.ZERO)),
                          0));
            }));
    rules.add(
        new Rule(
            FORWARD,
            "a target out of range raises with row and value",
            (b, n) ->
                outOfRange(
                    n, target -> Rows.on(b).crossEntropy(random(2 * n), target, 2, n, SUM))));
    gradients(rules);
  }

  /** The mean, with smoothing, of which classes 0 and 1 have no part. */
  private static CrossEntropyOptions ofNoWeight(int n) {
    float[] weights = Samples.filled(n, 1);
    weights[0] = 0;
    weights[1] = 0;
    return DEFAULT.with(ClassWeights.of(weights)).with(LabelSmoothing.pytorch(0.1));
  }

  private static void gradients(List<Rule> rules) {
    gradient(
        rules,
        BACKWARD,
        (b, x, target, rows, n, options) ->
            Rows.on(b).crossEntropyBackward(x, target, rows, n, options));
    gradient(
        rules,
        FUSED,
        (b, x, target, rows, n, options) ->
            Rows.on(b).crossEntropyWithGradient(x, target, rows, n, options).gradient());
    rules.add(
        new Rule(
            FUSED,
            "agrees with the two passes apart",
            (b, n) -> {
              float[] x = random(3 * n);
              int[] target = {0, n / 2, n - 1};
              LossAndGradient both = Rows.on(b).crossEntropyWithGradient(x, target, 3, n, DEFAULT);
              float loss = Rows.on(b).crossEntropy(x, target, 3, n, DEFAULT)[0];
              float[] dx = Rows.on(b).crossEntropyBackward(x, target, 3, n, DEFAULT);
              double tolerance = 2 * (2 * Tolerance.EXP + 32 * Tolerance.U);
              Accuracy accuracy = near("loss", both.loss()[0], loss, tolerance * loss);
              for (int k = 0; k < dx.length; k++) {
                accuracy =
                    accuracy.and(near("dx[" + k + "]", both.gradient()[k], dx[k], tolerance));
              }
              return accuracy;
            }));
  }

  /** The gradient of the loss, by either of the two ways. */
  private interface Gradient {
    float[] of(Backend b, float[] x, int[] target, int rows, int cols, CrossEntropyOptions options);
  }

  private static void gradient(List<Rule> rules, String op, Gradient gradient) {
    rules.add(
        new Rule(
            op,
            "a row of the gradient sums to 0",
            (b, n) -> {
              float[] dx = gradient.of(b, random(n), new int[] {n / 2}, 1, n, NONE);
              // The magnitudes add up to 2 at most; the error of s does not cancel here.
              double each = 2 * Tolerance.EXP + Tolerance.DIVIDE + 16 * Tolerance.U;
              return near("sum of dx", Samples.sum(dx), 0, 2 * each + 2 * Tolerance.adding(n));
            }));
    rules.add(
        new Rule(
            op,
            "all -inf, a +inf, a NaN -> NaN row",
            (b, n) -> {
              int rows = Samples.IRREGULAR_ROWS;
              return nan("dx", gradient.of(b, Samples.irregular(n), new int[rows], rows, n, NONE));
            }));
    rules.add(
        new Rule(
            op,
            "-inf -> exactly 0; a target there -> -1",
            (b, n) -> {
              float[] x = masked(n);
              float[] apart = gradient.of(b, x, new int[] {1}, 1, n, NONE);
              float[] there = gradient.of(b, x, new int[] {0}, 1, n, NONE);
              return equal("dx", whereAbsent(x, apart), 0)
                  .and(equal("dx", Arrays.copyOf(there, 1), -1));
            }));
    rules.add(
        new Rule(
            op,
            "an ignored row gets 0, whatever it holds",
            (b, n) -> {
              float[] x = Samples.irregular(n);
              int[] target = new int[Samples.IRREGULAR_ROWS];
              Arrays.fill(target, -100);
              CrossEntropyOptions options = NONE.ignoring(-100);
              return equal("dx", gradient.of(b, x, target, target.length, n, options), 0);
            }));
    rules.add(
        new Rule(
            op,
            "a target out of range raises with row and value",
            (b, n) ->
                outOfRange(n, target -> gradient.of(b, random(2 * n), target, 2, n, DEFAULT))));
  }

  private static Accuracy ignored(Backend backend, int n) {
    float[] x = Samples.irregular(n);
    int rows = Samples.IRREGULAR_ROWS;
    System.arraycopy(random(n), 0, x, 0, n);
    int[] target = new int[rows];
    Arrays.fill(target, 1, rows, -100);
    CrossEntropyOptions mean = DEFAULT.ignoring(-100);
    float alone = Rows.on(backend).crossEntropy(random(n), new int[1], 1, n, NONE)[0];
    float[] loss = Rows.on(backend).crossEntropy(x, target, rows, n, mean);
    float[] losses = Rows.on(backend).crossEntropy(x, target, rows, n, mean.with(Reduction.NONE));
    return near("mean", loss[0], alone, 4 * Tolerance.U * alone)
        .and(equal("loss", Arrays.copyOfRange(losses, 1, rows), 0));
  }

  private static Accuracy outOfRange(int n, java.util.function.Consumer<int[]> call) {
    Class<IllegalArgumentException> type = IllegalArgumentException.class;
    return raises(type, () -> call.accept(new int[] {0, n}), "[1]", Integer.toString(n))
        .and(raises(type, () -> call.accept(new int[] {-1, 0}), "[0]", "-1"));
  }
}
