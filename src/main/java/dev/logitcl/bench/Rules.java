package dev.logitcl.bench;

import static dev.logitcl.bench.Rule.equal;
import static dev.logitcl.bench.Rule.every;
import static dev.logitcl.bench.Rule.nan;
import static dev.logitcl.bench.Rule.near;
import static dev.logitcl.bench.Samples.NEGATIVE;
import static dev.logitcl.bench.Samples.POSITIVE;
import static dev.logitcl.bench.Samples.filled;
import static dev.logitcl.bench.Samples.masked;
import static dev.logitcl.bench.Samples.random;
import static dev.logitcl.bench.Samples.whereAbsent;
import static dev.logitcl.bench.Samples.with;

import dev.logitcl.Rows;
import java.util.ArrayList;
import java.util.List;

/** The promises beyond closeness to double precision, as checks: here, about the forward passes. */
final class Rules {
  private Rules() {}

  /** All rules, by operation. */
  static List<Rule> all() {
    List<Rule> rules = new ArrayList<>();
    logSumExp(rules);
    forward(rules, "log-softmax forward", Rows::logSoftmax, NEGATIVE);
    forward(rules, "softmax forward", Rows::softmax, 0);
    rules.add(
        new Rule(
            "log-softmax forward",
            "every result <= 0",
            (b, n) ->
                every("y", Rows.on(b).logSoftmax(random(n), 1, n), "at most 0", y -> y <= 0)));
    rules.add(
        new Rule(
            "softmax forward",
            "a row sums to 1",
            (b, n) -> {
              double sum = Samples.sum(Rows.on(b).softmax(random(n), 1, n));
              // The error of s cancels but for its rounding; what each element may err by does not.
              return near("sum", sum, 1, Tolerance.EXP + Tolerance.DIVIDE + 16 * Tolerance.U);
            }));
    GradientRules.addTo(rules);
    EmptyRowRules.addTo(rules);
    RemovedRules.addTo(rules);
    DigitRules.addTo(rules);
    CrossEntropyRules.addTo(rules);
    OperandRules.addTo(rules);
    LinearRules.addTo(rules);
    return rules;
  }

  private static void logSumExp(List<Rule> rules) {
    String op = "logsumexp forward";
    rules.add(
        new Rule(
            op,
            "no columns -> -inf",
            (b, n) -> equal("lse", Rows.on(b).logSumExp(new float[0], n, 0), NEGATIVE)));
    rules.add(
        new Rule(
            op,
            "all -inf -> -inf",
            (b, n) -> equal("lse", Rows.on(b).logSumExp(filled(n, NEGATIVE), 1, n), NEGATIVE)));
    rules.add(
        new Rule(
            op,
            "a +inf -> +inf",
            (b, n) -> equal("lse", Rows.on(b).logSumExp(with(n, POSITIVE), 3, n), POSITIVE)));
    rules.add(
        new Rule(
            op,
            "a NaN -> NaN, beside a +inf too",
            (b, n) ->
                nan("lse", Rows.on(b).logSumExp(with(n, Float.NaN), 3, n))
                    .and(nan("lse", Rows.on(b).logSumExp(Samples.nanAndInfinity(n), 3, n)))));
    rules.add(
        new Rule(
            op,
            "never overflows",
            (b, n) -> equal("lse", Rows.on(b).logSumExp(filled(n, 3e38f), 1, n), 3e38f)));
    rules.add(
        new Rule(
            op,
            "-inf is as if absent",
            (b, n) -> {
              float[] lse = Rows.on(b).logSumExp(Samples.onlyOneFinite(n), n, n);
              return equal("lse", lse, 1);
            }));
  }

  /** A forward pass whose result is a matrix. */
  private interface Forward {
    float[] apply(Rows on, float[] x, long rows, long cols);
  }

  private static void forward(List<Rule> rules, String op, Forward forward, float absent) {
    rules.add(
        new Rule(
            op,
            "no columns -> empty",
            (b, n) -> equal("y", forward.apply(Rows.on(b), new float[0], n, 0), 0)));
    rules.add(
        new Rule(
            op,
            "all -inf, a +inf, a NaN -> NaN row",
            (b, n) -> {
              float[] x = Samples.irregular(n);
              return nan("y", forward.apply(Rows.on(b), x, Samples.IRREGULAR_ROWS, n));
            }));
    rules.add(
        new Rule(
            op,
            absent == 0 ? "-inf -> exactly 0" : "-inf -> -inf",
            (b, n) -> {
              float[] x = masked(n);
              return equal("y", whereAbsent(x, forward.apply(Rows.on(b), x, 1, n)), absent);
            }));
    rules.add(
        new Rule(
            op,
            "a common offset costs no digits",
            (b, n) -> {
              // Multiples of 1/256, below 4: x + 8192 is exact, and so are all differences.
              float[] x = new float[n];
              float[] moved = new float[n];
              for (int j = 0; j < n; j++) {
                x[j] = Noise.index(1, j, 1024) / 256f;
                moved[j] = x[j] + 8192;
              }
              float[] y = forward.apply(Rows.on(b), x, 1, n);
              float[] z = forward.apply(Rows.on(b), moved, 1, n);
              Accuracy accuracy = Accuracy.NONE;
              for (int j = 0; j < n; j++) {
                // Two ulp, not 0: a variant may rescale at other elements.
                accuracy = accuracy.and(near("y[" + j + "]", z[j], y[j], 2 * Math.ulp(y[j])));
              }
              return accuracy;
            }));
  }
}
