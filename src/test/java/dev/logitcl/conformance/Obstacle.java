package dev.logitcl.conformance;

import java.util.Optional;

/** Why a case cannot run yet. Whoever takes an obstacle away shortens pending.tsv. */
final class Obstacle {
  private static final String FLOAT64 = "needs float64: the numbers do not fit into float32";

  private Obstacle() {}

  /** The reason, or empty if the case runs. */
  static Optional<String> of(ConformanceCase test) {
    if (needsFloat64(test)) {
      return Optional.of(FLOAT64);
    }
    return switch (test.op()) {
      case "LogSoftmax",
          "Softmax",
          "ReduceLogSumExp",
          "LogSoftmaxGrad",
          "SoftmaxGrad",
          "ReduceLogSumExpGrad" ->
          Optional.empty();
      case "SoftmaxCrossEntropyLoss" -> crossEntropy(test);
      case "SoftTargetCrossEntropyLoss", "SoftTargetCrossEntropyLossGrad" ->
          Optional.of("no operation: targets that are probabilities");
      case "NegativeLogLikelihoodLoss" ->
          Optional.of("no operation: negative log-likelihood of given log-probabilities");
      default -> throw new IllegalArgumentException(test + ": unknown op " + test.op());
    };
  }

  private static Optional<String> crossEntropy(ConformanceCase test) {
    if (test.input("weights").isPresent()) {
      return Optional.of("no option: class weights");
    }
    if (!test.attribute("label_smoothing").isMissingNode()) {
      return Optional.of("no option: label smoothing");
    }
    return Optional.empty();
  }

  /** Those that the README names. */
  private static boolean needsFloat64(ConformanceCase test) {
    return test.isStrict()
        || test.name().startsWith("scipy_softmax_wide_range_")
        || test.name().equals("scipy_softmax_3d_two_axes")
        || test.name().equals("tf_logsoftmax_largest_finite_float64");
  }
}
