package dev.logitcl.bench;

import dev.logitcl.bench.Oracle.Stats;
import dev.logitcl.op.CrossEntropyOptions;

/**
 * How far cross-entropy with options may be from double precision: {@link Tolerance} with what the
 * options add. Scores err by what their making rounds; target weights by three roundings (the part
 * that stays, its product with the weight, the even part) and their sum by that of a sum.
 */
final class CrossEntropyTolerance {
  /** Four ulp of the hyperbolic tangent, and three roundings of argument and product. */
  private static final double TANH = 14 * Tolerance.U;

  /** 4 e / (1 + e)^2 of e = exp(-2 |u|): three roundings, a quotient, an exponential. */
  private static final double SLOPE = 3 * Tolerance.U + Tolerance.DIVIDE + 2 * Tolerance.EXP;

  private static final double TARGET_WEIGHT = 3 * Tolerance.U;

  private final CrossEntropyOracle row;
  private final CrossEntropyOptions options;
  private final int cols;
  private final double perScore;
  private final double sum;
  private final double log;

  CrossEntropyTolerance(CrossEntropyOracle row, CrossEntropyOptions options, int cols) {
    this.row = row;
    this.options = options;
    this.cols = cols;
    this.perScore =
        (options.scores().isScaled() ? Tolerance.U : 0) + (options.scores().isCapped() ? TANH : 0);
    Stats s = row.stats();
    double scores = perScore * Math.abs(s.max());
    for (int j = 0; j < cols && s.regular(); j++) {
      double p = Oracle.softmax(row.z(j), s);
      scores += p == 0 ? 0 : p * perScore * Math.abs(row.z(j));
    }
    this.sum = Tolerance.sumExp(s, cols) + scores;
    this.log = Tolerance.logSum(s, cols) + scores;
  }

  /** Error of z_j - m. */
  private double distance(int j) {
    double d = Math.abs(row.z(j) - row.stats().max());
    return Double.isInfinite(d)
        ? 0
        : Tolerance.U * d + perScore * Math.abs(row.z(j)) + perScore * Math.abs(row.stats().max());
  }

  /** Error of the largest score, and of those near it. */
  double score() {
    return perScore * Math.abs(row.stats().max());
  }

  double lse() {
    double max = row.stats().max();
    return log + Tolerance.U * Math.abs(max + row.stats().logSum()) + perScore * Math.abs(max);
  }

  double zLoss() {
    double lse = Math.abs(Oracle.logSumExp(row.stats()));
    return options.zLoss() * lse * (2 * lse() + 4 * Tolerance.U * lse);
  }

  double logProbability(int j) {
    double d = Math.abs(row.z(j) - row.stats().max());
    return log + distance(j) + Tolerance.U * (d + row.stats().logSum());
  }

  /** T log(s) - sum t d: each product, each sum, and the difference. */
  double loss() {
    double logSum = row.stats().logSum();
    double products = row.total() * logSum;
    double tolerance = row.total() * log;
    for (int j = 0; j < cols; j++) {
      double weight = row.targetWeight(j);
      if (weight != 0) {
        double d = Math.abs(row.z(j) - row.stats().max());
        if (d > Float.MAX_VALUE) {
          return Double.POSITIVE_INFINITY; // z - m overflows, whatever its target weight
        }
        products += weight * d;
        tolerance += weight * distance(j);
      }
    }
    return tolerance + products * (TARGET_WEIGHT + Tolerance.adding(cols) + 3 * Tolerance.U);
  }

  /** ((p T - t) a + 2 lambda lse p b) slope. */
  double dx(int j, double a, double b) {
    if (row.leftOut(j)) {
      return 0;
    }
    Stats s = row.stats();
    double p = Oracle.softmax(row.z(j), s);
    double relative = Tolerance.EXP + distance(j) + sum + Tolerance.DIVIDE + 6 * Tolerance.U;
    double loss = Math.abs(a) * p * row.total();
    double weight = Math.abs(a) * row.targetWeight(j);
    double penalty = 2 * options.zLoss() * Math.abs(b) * p;
    double lse = penalty == 0 ? 0 : Math.abs(Oracle.logSumExp(s));
    double slope = row.slope(j);
    double dz =
        loss * (relative + TARGET_WEIGHT + Tolerance.adding(cols))
            + (penalty == 0 ? 0 : penalty * (lse * relative + lse()))
            + weight * (TARGET_WEIGHT + 4 * Tolerance.U);
    double values = loss + weight + penalty * lse;
    return slope * dz
        + slope * values * slopeError(j)
        + (values == 0 && p == 0 && row.z(j) == Double.NEGATIVE_INFINITY
            ? 0
            : Tolerance.TINY * (1 + Math.abs(a) + Math.abs(b) * (1 + lse)) * (1 + row.total()));
  }

  /** Relative: what rounding u costs 1 / cosh(u)^2 is 2 |u|, twice rounded. */
  private double slopeError(int j) {
    if (!options.scores().isCapped()) {
      return Tolerance.U;
    }
    double slope = row.slope(j) / options.scores().scale();
    double u =
        slope == 0 ? 0 : Math.log((1 + Math.sqrt(1 - Math.min(1, slope))) / Math.sqrt(slope));
    return SLOPE + 4 * u * Tolerance.U + 2 * Tolerance.U;
  }
}
