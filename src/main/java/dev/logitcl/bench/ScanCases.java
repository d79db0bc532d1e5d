package dev.logitcl.bench;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogCumSumExpBackward;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The cases of scans, what their results should be, and how far off they may be. */
final class ScanCases {
  /**
   * How far the reference of a sum may be from the largest term, to either side: what a rounding of
   * that distance costs, and the logarithm of a sum that is this much larger or smaller.
   */
  private static final double SLACK = 8;

  private ScanCases() {}

  static List<OpCase> all() {
    return List.of(
        forward("", Operands::outMatrix),
        new OpCase(
            "log-cum-sum-exp",
            "backward",
            "",
            LogCumSumExpBackward.class,
            o -> new LogCumSumExpBackward(o.x(), y(o), o.dy(), o.outMatrix()),
            Map.of("dx", ScanCases::backward),
            false),
        forward("in place of x", Operands::x));
  }

  private static OpCase forward(String variant, Function<Operands, Matrix> out) {
    return new OpCase(
        "log-cum-sum-exp",
        "forward",
        variant,
        LogCumSumExp.class,
        o -> new LogCumSumExp(o.x(), out.apply(o)),
        Map.of("y", ScanCases::forward),
        false);
  }

  private static Matrix y(Operands o) {
    Inputs in = o.inputs();
    return o.input(
        "log cum sum exp",
        in.rows(),
        in.cols(),
        () -> {
          Values all = new Values(in.dtype(), in.rows() * in.cols());
          for (int i = 0; i < in.rows(); i++) {
            double[] y = ScanOracle.logCumSumExp(row(in.x(), in, i));
            for (int j = 0; j < y.length; j++) {
              all.set(i * in.cols() + j, y[j]);
            }
          }
          return all;
        });
  }

  private static double[] row(Values from, Inputs in, int row) {
    double[] wide = new double[in.cols()];
    for (int j = 0; j < wide.length; j++) {
      wide[j] = from.get(row * in.cols() + j);
    }
    return wide;
  }

  private static double[] rounded(double[] values, Inputs in) {
    for (int j = 0; j < values.length; j++) {
      values[j] = in.dtype().round(values[j]);
    }
    return values;
  }

  /**
   * Output y: as logsumexp of the row's start. The mean distance of its elements to the largest
   * under their softmax, by which a rounding of x - m counts, is taken along. Where the largest
   * dominates, only what the others add up to errs.
   */
  private static void forward(Inputs in, int row, Comparison to) {
    double[] x = row(in.x(), in, row);
    double[] y = ScanOracle.logCumSumExp(x);
    double max = Double.NEGATIVE_INFINITY;
    double moment = 0; // sum of p (y - x): the entropy, and an upper bound of that distance
    for (int j = 0; j < x.length; j++) {
      if (j > 0 && Double.isFinite(y[j - 1])) {
        double before = Math.exp(y[j - 1] - y[j]);
        moment = before == 0 ? 0 : before * (moment + y[j] - y[j - 1]);
      }
      double own = Math.exp(x[j] - y[j]);
      moment += own > 0 ? own * (y[j] - x[j]) : 0;
      max = Math.max(max, x[j]);
      double rest = Math.expm1(y[j] - max); // a few ulp of double precision off, where it counts
      double relative = 4 * Tolerance.EXP + Tolerance.adding(j + 1);
      double sum =
          rest < Tolerance.DOMINATED
              ? rest * (relative + Tolerance.LOG) + Tolerance.U * moment + Tolerance.TINY * j
              : relative
                  + Tolerance.U * (moment + SLACK)
                  + Tolerance.LOG * (Math.log(j + 1.0) + SLACK);
      double tolerance = sum + Tolerance.U * Math.abs(y[j]);
      to.element(j, y[j], tolerance, Math.max(Math.abs(y[j]), SLACK));
    }
  }

  /**
   * Output dx: relative to the sum of the terms' magnitudes; each errs by the rounded exponents
   * (their distances weighted by their probabilities), the exponentials, those of moved sums, and
   * adding.
   */
  private static void backward(Inputs in, int row, Comparison to) {
    double[] x = row(in.x(), in, row);
    double[] y = rounded(ScanOracle.logCumSumExp(x), in);
    double[] dy = row(in.dy(), in, row);
    double[] dx = ScanOracle.backward(x, y, dy);
    double sum = 0; // of |dy_i| exp(y_j - y_i)
    double moment = 0; // of the same, times y_i - y_j
    for (int j = x.length - 1; j >= 0; j--) {
      if (j + 1 < x.length && Double.isFinite(y[j]) && Double.isFinite(y[j + 1])) {
        double step = y[j + 1] - y[j];
        double f = Math.exp(-step);
        moment = f == 0 ? 0 : f * (moment + sum * step);
        sum *= f;
      }
      sum += Math.abs(dy[j]);
      if (x[j] == Double.NEGATIVE_INFINITY) {
        to.element(j, dx[j], 0, 0);
        continue;
      }
      double distance = Math.abs(x[j] - y[j]);
      double term = Math.exp(x[j] - y[j]);
      double relative =
          5 * Tolerance.EXP
              + Tolerance.adding(x.length - j)
              + Tolerance.U * (distance + 3 * SLACK + 2);
      // A flushed exponential is multiplied with a sum that may be exp(SLACK) times as large.
      double tiny = Tolerance.TINY * Math.exp(SLACK) * (1 + sum);
      double tolerance = term == 0 ? tiny : term * (sum * relative + Tolerance.U * moment) + tiny;
      to.element(j, dx[j], tolerance, term == 0 ? 0 : term * sum * Math.max(1, distance));
    }
  }
}
