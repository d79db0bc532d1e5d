package dev.logitcl.bench;

import static dev.logitcl.bench.Rule.near;
import static dev.logitcl.bench.Samples.filled;

import dev.logitcl.Rows;
import dev.logitcl.TokenResults;
import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.WeightedLogSumExp;
import java.util.Arrays;
import java.util.List;

/**
 * The promises about the digits of log(s), as checks: where one element dominates a row, at every s
 * in short rows, and where exponentials leave the normal numbers.
 */
final class DigitRules {
  private static final String TEXT = "one element far above the rest hides no digits of it";
  private static final float[] BELOW = {-40, -15, -2};
  private static final int ROWS = BELOW.length;

  private DigitRules() {}

  static void addTo(List<Rule> rules) {
    dominated(rules, "logsumexp forward", (b, x, n) -> Rows.on(b).logSumExp(x, ROWS, n));
    dominated(
        rules, "log-softmax forward", (b, x, n) -> winners(Rows.on(b).logSoftmax(x, ROWS, n), n));
    dominated(
        rules,
        "cross-entropy forward",
        (b, x, n) -> {
          int[] target = new int[ROWS];
          Arrays.fill(target, n / 2);
          CrossEntropyOptions losses = CrossEntropyOptions.DEFAULT.with(Reduction.NONE);
          return Rows.on(b).crossEntropy(x, target, ROWS, n, losses);
        });
    dominated(rules, "token-logprobs forward", (b, x, n) -> tokens(b, x, n).logSum());
    dominated(
        rules,
        "log-cum-sum-exp forward",
        (b, x, n) -> {
          float[] y = Rows.on(b).logCumSumExp(x, ROWS, n);
          float[] last = new float[ROWS];
          for (int i = 0; i < ROWS; i++) {
            last[i] = y[(i + 1) * n - 1];
          }
          return last;
        });
    dominated(rules, "weighted-logsumexp forward", DigitRules::weighted);
    rules.add(
        new Rule(
            "token-logprobs forward",
            "the entropy of such a row has its digits",
            DigitRules::entropy));
    rules.add(
        new Rule(
            "logsumexp forward",
            "up to 8 columns: 3 ulp of log(s) at every s",
            DigitRules::shortRows));
    rules.add(
        new Rule(
            "softmax forward",
            "below the smallest normal number: 0 or less than that",
            DigitRules::denormal));
  }

  /** Of rows with 0 in the middle and another number elsewhere, log(s) of each. */
  private interface Logs {
    float[] of(Backend backend, float[] x, int n);
  }

  private static void dominated(List<Rule> rules, String op, Logs logs) {
    rules.add(
        new Rule(
            op,
            TEXT,
            (b, n) -> {
              float[] found = logs.of(b, peaked(n), n);
              Accuracy accuracy = Accuracy.NONE;
              for (int i = 0; i < ROWS; i++) {
                double log = Math.log1p((n - 1) * Math.exp(BELOW[i]));
                accuracy = accuracy.and(near("row " + i, found[i], log, log * relative(n)));
              }
              return accuracy;
            }));
  }

  /** Two exponentials to a term, one of them moved; adding; log; the result. */
  private static double relative(int n) {
    return 2 * Tolerance.EXP + Tolerance.adding(n) + Tolerance.LOG + Tolerance.U;
  }

  private static float[] peaked(int n) {
    float[] x = new float[ROWS * n];
    for (int k = 0; k < x.length; k++) {
      x[k] = k % n == n / 2 ? 0 : BELOW[k / n];
    }
    return x;
  }

  private static float[] winners(float[] y, int n) {
    float[] found = new float[ROWS];
    for (int i = 0; i < ROWS; i++) {
      found[i] = -y[i * n + n / 2];
    }
    return found;
  }

  private static TokenResults tokens(Backend backend, float[] x, int n) {
    return Rows.on(backend).tokenLogProbs(x, ROWS, n, new int[ROWS], 1);
  }

  private static float[] weighted(Backend backend, float[] x, int n) {
    float[] found = new float[ROWS];
    try (Matrix a = backend.upload(x, ROWS, n);
        Matrix b = backend.upload(filled(n, 1), 1, n);
        Matrix lse = backend.allocate(Shape.column(ROWS))) {
      backend.run(new WeightedLogSumExp(a, b, null, lse, null));
      lse.read(found);
    }
    return found;
  }

  private static Accuracy entropy(Backend backend, int n) {
    float[] found = tokens(backend, peaked(n), n).entropy();
    Accuracy accuracy = Accuracy.NONE;
    for (int i = 0; i < ROWS; i++) {
      double rest = (n - 1) * Math.exp(BELOW[i]);
      double entropy = Math.log1p(rest) - BELOW[i] * rest / (1 + rest);
      double tolerance = entropy * (relative(n) + Tolerance.DIVIDE + Tolerance.U);
      accuracy = accuracy.and(near("row " + i, found[i], entropy, tolerance));
    }
    return accuracy;
  }

  private static Accuracy shortRows(Backend backend, int n) {
    int cols = Math.min(n, 8);
    int rows = 1000;
    float[] x = new float[rows * cols];
    for (int k = 0; k < x.length; k++) {
      int row = k / cols;
      double depth = Math.pow(10, -4 + 6.0 * row / rows);
      x[k] = k % cols == 0 ? 0 : (float) (-depth * (1 + Noise.uniform(3, k) / 4));
    }
    float[] lse = Rows.on(backend).logSumExp(x, rows, cols);
    Accuracy accuracy = Accuracy.NONE;
    for (int i = 0; i < rows; i++) {
      Oracle.Sum rest = new Oracle.Sum();
      for (int j = 1; j < cols; j++) {
        rest.add(Math.exp(x[i * cols + j]));
      }
      double log = Math.log1p(rest.value());
      double ulp = Math.ulp((float) log);
      double error = Math.abs(lse[i] - log);
      accuracy =
          accuracy.and(
              error <= 3 * ulp + Tolerance.TINY
                  ? new Accuracy(error, error / Math.max(ulp, Float.MIN_NORMAL), true, "")
                  : near("row " + i, lse[i], log, 3 * ulp));
    }
    return accuracy;
  }

  private static Accuracy denormal(Backend backend, int n) {
    float[] x = new float[n];
    for (int j = 1; j < n; j++) {
      x[j] = -85 - (j % 32) * 0.625f; // to -104.4, where the smallest float32 number is
    }
    float[] y = Rows.on(backend).softmax(x, 1, n);
    Accuracy accuracy = Accuracy.NONE;
    for (int j = 0; j < n; j++) {
      double exact = Math.exp(x[j]);
      double tolerance = exact * (2 * Tolerance.EXP + Tolerance.U * 105) + Float.MIN_NORMAL;
      accuracy = accuracy.and(near("y[" + j + "]", y[j], exact, tolerance));
    }
    return accuracy;
  }
}
