package dev.logitcl.bench;

import dev.logitcl.bench.ExpectationInputs.Columns;
import dev.logitcl.bench.ExpectationInputs.Weights;
import dev.logitcl.bench.ExpectationOracle.Signed;
import dev.logitcl.bench.ExpectationTolerance.Mean;
import dev.logitcl.bench.Oracle.Stats;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;

/** The rows of expectations, derivatives and weighted logsumexps as they should be. */
final class ExpectationReference {
  private ExpectationReference() {}

  /** Output e of an expectation, and jv of logsumexp. */
  static Reference mean(Columns values) {
    return (in, row, to) -> {
      double[] h = ExpectationInputs.row(in.x(), row, in.cols());
      double[] t = values.row(in, row);
      Stats s = in.stats(row);
      Mean e = Mean.of(h, t, s);
      to.element(0, e.value(), e.tolerance(s, in.cols()), e.absolute());
    };
  }

  /** Output dh of an expectation's gradient, and hv of logsumexp. */
  static Reference centred(Columns values, boolean gradient) {
    return (in, row, to) -> {
      double[] h = ExpectationInputs.row(in.x(), row, in.cols());
      double[] t = values.row(in, row);
      double g = gradient ? in.rowGradient().get(row) : 1;
      centred(in, row, h, t, g, to);
    };
  }

  private static void centred(Inputs in, int row, double[] h, double[] t, double g, Comparison to) {
    Stats s = in.stats(row);
    Mean e = Mean.of(h, t, s);
    double[] dh = ExpectationOracle.expectationBackward(h, t, g);
    for (int j = 0; j < dh.length; j++) {
      double p = Oracle.softmax(h[j], s);
      double tolerance = ExpectationTolerance.centred(h[j], t[j], p, g, e, s, in.cols());
      to.element(j, dh[j], tolerance, g * p * Math.max(1, s.max() - h[j]));
    }
  }

  /** Output dt of an expectation's gradient. */
  static void probability(Inputs in, int row, Comparison to) {
    double[] h = ExpectationInputs.row(in.x(), row, in.cols());
    double g = in.rowGradient().get(row);
    Stats s = in.stats(row);
    double[] dt = ExpectationOracle.expectationValuesBackward(h, g);
    for (int j = 0; j < dt.length; j++) {
      double tolerance = ExpectationTolerance.probability(h[j], dt[j], g, s, in.cols());
      to.element(j, dt[j], tolerance, dt[j] * Math.max(1, s.max() - h[j]));
    }
  }

  /** Output jv of log-softmax. */
  static void logSoftmaxJvp(Inputs in, int row, Comparison to) {
    double[] y = ExpectationInputs.row(in.logProbabilities(), row, in.cols());
    double[] v = ExpectationInputs.row(in.dy(), row, in.cols());
    double e = 0;
    double absolute = 0;
    double largest = 0;
    for (int j = 0; j < y.length; j++) {
      e += Math.exp(y[j]) * v[j];
      absolute += Math.exp(y[j]) * Math.abs(v[j]);
      largest = Math.max(largest, Math.abs(v[j]));
    }
    double[] jv = ExpectationOracle.logSoftmaxJvp(y, v);
    for (int j = 0; j < jv.length; j++) {
      double tolerance = ExpectationTolerance.logSoftmaxJvp(jv[j], e, absolute, largest, in.cols());
      to.element(j, jv[j], tolerance, Math.max(absolute, Math.abs(v[j])));
    }
  }

  /** Output ddx of cross-entropy's double backward. */
  static Reference hessian(CrossEntropyOptions options, Reference.Gradient gradient) {
    return (in, row, to) -> {
      int target = in.target(options.ignoreIndex(), row);
      if (ignored(target, options)) {
        for (int j = 0; j < in.cols(); j++) {
          to.element(j, 0, 0, 0);
        }
        return;
      }
      double[] x = ExpectationInputs.row(in.x(), row, in.cols());
      double[] v = ExpectationInputs.row(in.dy(), row, in.cols());
      centred(in, row, x, v, scale(in, options) * gradient.of(in, row), to);
    };
  }

  /** Output dg of cross-entropy's double backward: one per row, or their sum. */
  static Reference gradientOfGradient(CrossEntropyOptions options) {
    boolean perRow = options.reduction() == Reduction.NONE;
    return (in, row, to) -> {
      Oracle.Sum sum = new Oracle.Sum();
      double absolute = 0;
      double tolerance = 0;
      for (int i = perRow ? row : 0; i < (perRow ? row + 1 : in.rows()); i++) {
        int target = in.target(options.ignoreIndex(), i);
        if (!ignored(target, options)) {
          double[] v = ExpectationInputs.row(in.dy(), i, in.cols());
          Mean e = Mean.of(ExpectationInputs.row(in.x(), i, in.cols()), v, in.stats(i));
          double difference = e.value() - v[target];
          sum.add(difference);
          absolute += Math.abs(difference);
          tolerance += e.tolerance(in.stats(i), in.cols()) + Tolerance.U * Math.abs(difference);
        }
      }
      double scale = scale(in, options);
      // The sum over the rows, and two roundings of the scale and the product.
      tolerance += perRow ? 0 : (Tolerance.adding(in.rows()) + 2 * Tolerance.U) * absolute;
      to.element(0, sum.value() * scale, tolerance * scale, absolute * scale);
    };
  }

  private static boolean ignored(int target, CrossEntropyOptions options) {
    return options.ignoreIndex().isPresent() && target == options.ignoreIndex().getAsInt();
  }

  private static double scale(Inputs in, CrossEntropyOptions options) {
    return options.reduction() == Reduction.MEAN ? 1.0 / in.counted(options.ignoreIndex()) : 1;
  }

  private static Signed signed(Weights weights, Inputs in, int row) {
    return ExpectationOracle.signed(
        ExpectationInputs.row(in.x(), row, in.cols()),
        weights.row(in, row),
        weights.where(in, row));
  }

  /** Output lse of a weighted logsumexp; without its sign, NaN where the sum is negative. */
  static Reference logSigned(Weights weights, boolean sign) {
    return (in, row, to) -> {
      Signed s = signed(weights, in, row);
      double tolerance = s.regular() ? ExpectationTolerance.logSigned(s, in.cols()) : 0;
      double log = !sign && s.sign() < 0 ? Double.NaN : s.log();
      double unit =
          s.regular() ? Math.max(Math.abs(s.max()), s.magnitude() / Math.abs(s.sum())) : 0;
      to.element(0, log, tolerance, Math.max(unit, 1));
    };
  }

  /** Output sign of a weighted logsumexp. */
  static Reference sign(Weights weights) {
    return (in, row, to) -> {
      Signed s = signed(weights, in, row);
      boolean certain = !s.regular() || ExpectationTolerance.logSigned(s, in.cols()) < 1;
      to.element(0, s.sign(), certain ? 0 : Double.POSITIVE_INFINITY, 1);
    };
  }

  /** Outputs da and db of the gradients of a weighted logsumexp. */
  static Reference signedTerm(Weights weights, boolean toWeights, boolean gradient) {
    return (in, row, to) -> {
      double[] a = ExpectationInputs.row(in.x(), row, in.cols());
      double[] b = weights.row(in, row);
      boolean[] where = weights.where(in, row);
      Signed s = ExpectationOracle.signed(a, b, where);
      double g = gradient ? in.rowGradient().get(row) : 1;
      double[] expected =
          toWeights
              ? ExpectationOracle.weightsBackward(a, b, where, g)
              : ExpectationOracle.signedBackward(a, b, where, g);
      for (int j = 0; j < expected.length; j++) {
        boolean absent =
            !ExpectationOracle.counts(b[j], where[j]) || a[j] == Double.NEGATIVE_INFINITY;
        double scale = toWeights ? g / s.sum() : g * b[j] / s.sum();
        double tolerance =
            absent || !s.regular()
                ? 0
                : ExpectationTolerance.signedTerm(a[j], expected[j], scale, s, in.cols());
        double unit = absent ? 0 : expected[j] * Math.max(1, s.max() - a[j]);
        to.element(j, expected[j], tolerance, unit * s.magnitude() / Math.abs(s.sum()));
      }
    };
  }

  /** Output mean of the logarithm of a mean. */
  static Reference logMean(Weights weights) {
    return (in, row, to) -> {
      Signed s = signed(weights, in, row);
      double tolerance = s.regular() ? ExpectationTolerance.logMean(s, in.cols()) : 0;
      to.element(0, ExpectationOracle.logMean(s), tolerance, Math.max(Math.abs(s.max()), 1));
    };
  }

  /** Output y of the logarithm of the sum of two exponentials. */
  static void logAdd(Inputs in, int row, Comparison to) {
    double[] a = ExpectationInputs.row(in.x(), row, in.cols());
    double[] b = ExpectationInputs.otherRow(in, row);
    for (int j = 0; j < a.length; j++) {
      double y = ExpectationOracle.logAdd(a[j], b[j]);
      double tolerance = Double.isFinite(y) ? ExpectationTolerance.logAdd(a[j], b[j], y) : 0;
      to.element(j, y, tolerance, 1);
    }
  }

  /** Output da of its gradient. */
  static void logAddBackward(Inputs in, int row, Comparison to) {
    double[] a = ExpectationInputs.row(in.x(), row, in.cols());
    double[] b = ExpectationInputs.otherRow(in, row);
    double[] g = ExpectationInputs.row(in.dy(), row, in.cols());
    for (int j = 0; j < a.length; j++) {
      double da = g[j] * ExpectationOracle.logAddBackward(a[j], b[j]);
      double tolerance = ExpectationTolerance.logAddBackward(a[j], b[j], g[j], da);
      to.element(j, da, tolerance, da * Math.max(1, Math.min(Math.abs(a[j] - b[j]), 100)));
    }
  }
}
