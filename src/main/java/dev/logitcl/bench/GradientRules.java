package dev.logitcl.bench;

import static dev.logitcl.bench.Rule.equal;
import static dev.logitcl.bench.Rule.nan;
import static dev.logitcl.bench.Rule.near;
import static dev.logitcl.bench.Samples.filled;
import static dev.logitcl.bench.Samples.gradient;
import static dev.logitcl.bench.Samples.masked;
import static dev.logitcl.bench.Samples.random;
import static dev.logitcl.bench.Samples.whereAbsent;
import static dev.logitcl.bench.Samples.with;

import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import java.util.List;

/** The promises about the gradients of logsumexp, log-softmax and softmax, as checks. */
final class GradientRules {
  private GradientRules() {}

  static void addTo(List<Rule> rules) {
    logSumExp(rules);
    String op = "log-softmax backward";
    rules.add(new Rule(op, "a row of the gradient sums to 0", GradientRules::logSoftmaxSum));
    rules.add(
        new Rule(
            op,
            "dx = dy where y is -inf",
            (b, n) -> {
              float[] y = Rows.on(b).logSoftmax(masked(n), 1, n);
              float[] dy = gradient(n);
              float[] dx = Rows.on(b).logSoftmaxBackward(y, dy, 1, n);
              return Rule.same("dx", whereAbsent(y, dx), whereAbsent(y, dy));
            }));
    common(rules, op, Rows::logSoftmax, Rows::logSoftmaxBackward);
    rules.add(
        new Rule(
            op,
            "an infinity in dy -> NaN row",
            (b, n) -> {
              float[] y = Rows.on(b).logSoftmax(random(3 * n), 3, n);
              float[] dy = with(n, Float.POSITIVE_INFINITY);
              return nan("dx", Rows.on(b).logSoftmaxBackward(y, dy, 3, n));
            }));

    op = "softmax backward";
    rules.add(
        new Rule(
            op,
            "an infinity in dy -> NaN row",
            (b, n) -> {
              float[] y = Rows.on(b).softmax(random(3 * n), 3, n);
              float[] dy = with(n, Float.POSITIVE_INFINITY);
              return nan("dx", Rows.on(b).softmaxBackward(y, dy, 3, n));
            }));
    rules.add(new Rule(op, "a row of the gradient sums to 0", GradientRules::softmaxSum));
    rules.add(
        new Rule(
            op,
            "dx = 0 where y is 0",
            (b, n) -> {
              float[] x = masked(n);
              float[] y = Rows.on(b).softmax(x, 1, n);
              float[] dx = Rows.on(b).softmaxBackward(y, gradient(n), 1, n);
              return equal("dx", whereAbsent(x, dx), 0);
            }));
    common(rules, op, Rows::softmax, Rows::softmaxBackward);
  }

  private static void logSumExp(List<Rule> rules) {
    String op = "logsumexp backward";
    rules.add(
        new Rule(
            op,
            "all -inf, a +inf, a NaN -> NaN row",
            (b, n) -> {
              int rows = Samples.IRREGULAR_ROWS;
              float[] x = Samples.irregular(n);
              return nan("dx", Rows.on(b).logSumExpBackward(x, filled(rows, 1), rows, n));
            }));
    rules.add(
        new Rule(
            op,
            "-inf -> exactly 0",
            (b, n) -> {
              float[] x = masked(n);
              float[] dx = Rows.on(b).logSumExpBackward(x, filled(1, 2), 1, n);
              return equal("dx", whereAbsent(x, dx), 0);
            }));
    rules.add(
        new Rule(
            op,
            "a common offset costs no digits",
            (b, n) -> {
              // At 1e8 a rounded lse is off by up to 4, and exp(x - lse) gives 1 or e^-4 for 1/n.
              float[] dx = Rows.on(b).logSumExpBackward(filled(n, 1e8f), filled(1, 1), 1, n);
              return near("dx[0]", dx[0], 1.0 / n, Tolerance.DIVIDE / n)
                  .and(equal("dx", dx, dx[0]));
            }));
    rules.add(
        new Rule(
            op,
            "every tied maximum gets a gradient of its own",
            (b, n) -> {
              float[] x = filled(n, 7);
              float[] dx = Rows.on(b).logSumExpBackward(x, filled(1, 3), 1, n);
              double tolerance = 3.0 / n * Tolerance.DIVIDE; // s is n, and exact
              return near("dx[0]", dx[0], 3.0 / n, tolerance).and(equal("dx", dx, dx[0]));
            }));
  }

  /** A pass from one or two matrices to one. */
  private interface Forward {
    float[] apply(Rows on, float[] x, long rows, long cols);
  }

  private interface Backward {
    float[] apply(Rows on, float[] y, float[] dy, long rows, long cols);
  }

  private static void common(List<Rule> rules, String op, Forward forward, Backward backward) {
    rules.add(
        new Rule(
            op,
            "NaN rows of the forward pass -> NaN rows",
            (b, n) -> {
              int rows = Samples.IRREGULAR_ROWS;
              float[] y = forward.apply(Rows.on(b), Samples.irregular(n), rows, n);
              return nan("dx", backward.apply(Rows.on(b), y, gradient(rows * n), rows, n));
            }));
    rules.add(
        new Rule(
            op,
            "a NaN in dy -> NaN row",
            (b, n) -> {
              float[] y = forward.apply(Rows.on(b), random(3 * n), 3, n);
              return nan("dx", backward.apply(Rows.on(b), y, with(n, Float.NaN), 3, n));
            }));
  }

  /**
   * sum dx = G (1 - sum exp(y)): 0 but for the roundings of y, U |y| each, and of dx; G, the sum of
   * dy, in place of 0 if the row sum is forgotten.
   */
  private static Accuracy logSoftmaxSum(Backend backend, int n) {
    float[] y = Rows.on(backend).logSoftmax(random(n), 1, n);
    float[] dy = gradient(n);
    double total = Samples.sum(dy);
    double absolute = 0;
    double spread = 0;
    for (int j = 0; j < n; j++) {
      absolute += Math.abs(dy[j]);
      spread += Math.exp(y[j]) * Math.abs(y[j]);
    }
    // The first of the two is also what the forward pass's own error contributes.
    double tolerance =
        Math.abs(total) * (3 * Tolerance.EXP + 3 * Tolerance.U * spread + Tolerance.adding(n))
            + 2 * Tolerance.adding(n) * absolute;
    float[] dx = Rows.on(backend).logSoftmaxBackward(y, dy, 1, n);
    return near("sum of dx", Samples.sum(dx), 0, tolerance);
  }

  /** sum dx = D (1 - sum y): 0 but for the roundings of y and dx. */
  private static Accuracy softmaxSum(Backend backend, int n) {
    float[] y = Rows.on(backend).softmax(random(n), 1, n);
    float[] dy = gradient(n);
    double dot = 0;
    double absolute = 0;
    for (int j = 0; j < n; j++) {
      dot += (double) y[j] * dy[j];
      absolute += y[j] * Math.abs(dy[j]);
    }
    double tolerance =
        Math.abs(dot) * (Tolerance.EXP + Tolerance.DIVIDE + 16 * Tolerance.U)
            + 2 * Tolerance.adding(n) * absolute;
    float[] dx = Rows.on(backend).softmaxBackward(y, dy, 1, n);
    return near("sum of dx", Samples.sum(dx), 0, tolerance);
  }
}
