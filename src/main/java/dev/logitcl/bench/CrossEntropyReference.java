package dev.logitcl.bench;

import dev.logitcl.bench.Reference.Gradient;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import java.util.Map;

/** The outputs of cross-entropy with options, and of the negative log-likelihood. */
final class CrossEntropyReference {
  private final CrossEntropySettings settings;

  CrossEntropyReference(CrossEntropySettings settings) {
    this.settings = settings;
  }

  /** All outputs by name. */
  Map<String, Reference> outputs(Gradient gradient) {
    boolean perRow = settings.plain().reduction() == Reduction.NONE;
    return Map.of(
        "loss",
        perRow ? this::loss : this::totalLoss,
        "z_loss",
        perRow ? this::penalty : this::totalPenalty,
        "lse",
        this::logSumExp,
        "predicted",
        this::predicted,
        "correct",
        this::correct,
        "log_prob",
        this::logProbabilities,
        "dx",
        (in, row, to) -> gradient(in, row, to, gradient.of(in, row)));
  }

  private CrossEntropyOracle oracle(Inputs in, int row) {
    double[] x = new double[in.cols()];
    for (int j = 0; j < x.length; j++) {
      x[j] = in.x().get(row * x.length + j);
    }
    // What does not depend on the target is wanted of ignored rows as well.
    double[] y = settings.ignored(in, row) ? new double[x.length] : settings.targets(in, row);
    return new CrossEntropyOracle(x, y, settings.options(x.length));
  }

  private CrossEntropyTolerance tolerance(Inputs in, CrossEntropyOracle row) {
    return new CrossEntropyTolerance(row, settings.options(in.cols()), in.cols());
  }

  private void loss(Inputs in, int row, Comparison to) {
    if (settings.ignored(in, row)) {
      to.element(0, 0, 0, 0);
      return;
    }
    CrossEntropyOracle oracle = oracle(in, row);
    to.element(0, oracle.loss(), tolerance(in, oracle).loss(), 1);
  }

  private void penalty(Inputs in, int row, Comparison to) {
    if (settings.ignored(in, row)) {
      to.element(0, 0, 0, 0);
      return;
    }
    CrossEntropyOracle oracle = oracle(in, row);
    to.element(0, oracle.zLoss(), tolerance(in, oracle).zLoss(), 1);
  }

  private void predicted(Inputs in, int row, Comparison to) {
    CrossEntropyOracle oracle = oracle(in, row);
    double error = to.scaled(tolerance(in, oracle).score());
    boolean may = oracle.mayBePredicted(to.actual(0), error);
    to.element(0, may ? to.actual(0) : oracle.predicted(), 0, 1);
  }

  private interface Term {
    double of(CrossEntropyOracle oracle, CrossEntropyTolerance tolerance);
  }

  private void totalLoss(Inputs in, int row, Comparison to) {
    total(in, to, settings.scale(in), (oracle, t) -> oracle.loss(), (oracle, t) -> t.loss());
  }

  private void totalPenalty(Inputs in, int row, Comparison to) {
    total(in, to, settings.zScale(in), (oracle, t) -> oracle.zLoss(), (oracle, t) -> t.zLoss());
  }

  /** The terms are not negative, so their sum is that of their magnitudes. */
  private void total(Inputs in, Comparison to, double scale, Term value, Term error) {
    Oracle.Sum terms = new Oracle.Sum();
    Oracle.Sum scaled = new Oracle.Sum();
    double tolerance = 0;
    for (int i = 0; i < in.rows(); i++) {
      if (!settings.ignored(in, i)) {
        CrossEntropyOracle oracle = oracle(in, i);
        CrossEntropyTolerance t = tolerance(in, oracle);
        double term = value.of(oracle, t);
        terms.add(term);
        scaled.add(term * scale);
        tolerance += error.of(oracle, t);
      }
    }
    double sum = terms.value();
    tolerance += (Tolerance.adding(in.rows()) + 2 * Tolerance.U) * sum;
    boolean overflows = sum > Float.MAX_VALUE;
    double expected = Double.isInfinite(sum) ? scaled.value() : sum * scale;
    to.element(0, expected, overflows ? Double.POSITIVE_INFINITY : tolerance * scale, 1);
  }

  private void logSumExp(Inputs in, int row, Comparison to) {
    CrossEntropyOracle oracle = oracle(in, row);
    double tolerance = oracle.stats().regular() ? tolerance(in, oracle).lse() : 0;
    to.element(0, Oracle.logSumExp(oracle.stats()), tolerance, 1);
  }

  private void logProbabilities(Inputs in, int row, Comparison to) {
    CrossEntropyOracle oracle = oracle(in, row);
    CrossEntropyTolerance tolerance = tolerance(in, oracle);
    for (int j = 0; j < in.cols(); j++) {
      to.element(j, oracle.logProbability(j), tolerance.logProbability(j), 1);
    }
  }

  private void correct(Inputs in, int row, Comparison to) {
    int certain = 0;
    int possible = 0;
    for (int i = 0; i < in.rows(); i++) {
      if (!settings.ignored(in, i)) {
        CrossEntropyOracle oracle = oracle(in, i);
        double error = to.scaled(tolerance(in, oracle).score());
        int target = settings.target(in, i);
        certain += target == oracle.predicted() && oracle.isCertain(error) ? 1 : 0;
        possible += oracle.mayBePredicted(target, error) ? 1 : 0;
      }
    }
    double correct = Math.max(certain, Math.min(possible, to.actual(0)));
    to.element(0, correct, 0, 1);
  }

  private void gradient(Inputs in, int row, Comparison to, double incoming) {
    if (settings.ignored(in, row)) {
      for (int j = 0; j < in.cols(); j++) {
        to.element(j, 0, 0, 0);
      }
      return;
    }
    CrossEntropyOracle oracle = oracle(in, row);
    CrossEntropyTolerance tolerance = tolerance(in, oracle);
    double a = settings.scale(in) * incoming;
    double b = settings.zScale(in) * incoming;
    for (int j = 0; j < in.cols(); j++) {
      double dx = oracle.dx(j, a, b);
      to.element(j, dx, tolerance.dx(j, a, b), Math.max(Math.abs(a), Math.abs(b)));
    }
  }

  /** The outputs of the negative log-likelihood by name: of the log-probabilities as they are. */
  Map<String, Reference> likelihood(Gradient gradient) {
    boolean perRow = settings.plain().reduction() == Reduction.NONE;
    return Map.of(
        "loss",
        (in, row, to) -> {
          Oracle.Sum sum = new Oracle.Sum();
          double magnitude = 0;
          for (int i = perRow ? row : 0; i < (perRow ? row + 1 : in.rows()); i++) {
            double loss = likelihood(in, i);
            sum.add(loss);
            magnitude += Math.abs(loss);
          }
          double scale = settings.scale(in);
          double adding = perRow ? Tolerance.U : Tolerance.adding(in.rows()) + 3 * Tolerance.U;
          double tolerance = adding * magnitude * scale + (magnitude == 0 ? 0 : Tolerance.TINY);
          to.element(0, sum.value() * scale, tolerance, 1);
        },
        "dy",
        (in, row, to) -> {
          double dy = -weight(in, row) * settings.scale(in) * gradient.of(in, row);
          for (int j = 0; j < in.cols(); j++) {
            boolean there = !settings.ignored(in, row) && j == settings.target(in, row);
            to.element(j, there ? dy : 0, there ? 4 * Tolerance.U * Math.abs(dy) : 0, 0);
          }
        });
  }

  private double weight(Inputs in, int row) {
    CrossEntropyOptions options = settings.options(in.cols());
    return settings.ignored(in, row)
        ? 0
        : options.weights() == null ? 1 : options.weights().get(settings.target(in, row));
  }

  private double likelihood(Inputs in, int row) {
    double weight = weight(in, row);
    return weight == 0
        ? 0
        : -weight * in.logProbabilities().get(row * in.cols() + settings.target(in, row));
  }
}
