package dev.logitcl.conformance;

import java.util.List;
import java.util.Optional;

/** Why a case cannot run yet. Whoever takes an obstacle away shortens pending.tsv. */
final class Obstacle {
  private static final String FLOAT64 = "needs float64: the numbers do not fit into float32";
  private static final String STRIDED = "strided rows: the axis is not the last one";

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
          Layout.of(test.input().shape(), test.axes()).isPresent()
              ? Optional.empty()
              : Optional.of(STRIDED);
      case "SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss" -> classes(test);
      case "SoftTargetCrossEntropyLoss", "SoftTargetCrossEntropyLossGrad" -> Optional.empty();
      default -> throw new IllegalArgumentException(test + ": unknown op " + test.op());
    };
  }

  private static Optional<String> classes(ConformanceCase test) {
    return Layout.of(test.input().shape(), List.of(1)).isPresent()
        ? Optional.empty()
        : Optional.of(STRIDED);
  }

  /** Those that the README names. */
  private static boolean needsFloat64(ConformanceCase test) {
    return test.isStrict()
        || test.name().startsWith("scipy_softmax_wide_range_")
        || test.name().equals("scipy_softmax_3d_two_axes")
        || test.name().equals("tf_logsoftmax_largest_finite_float64");
  }
}
