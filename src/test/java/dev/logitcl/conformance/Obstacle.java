package dev.logitcl.conformance;

import java.util.Optional;

/** Why a case cannot run yet. Whoever takes an obstacle away shortens pending.tsv. */
final class Obstacle {
  private static final String FLOAT64 = "needs float64: the numbers do not fit into float32";

  private Obstacle() {}

  /** The reason, or empty if the case runs. */
  static Optional<String> of(ConformanceCase test) {
    return needsFloat64(test) ? Optional.of(FLOAT64) : Optional.empty();
  }

  /** Those that the README names. */
  private static boolean needsFloat64(ConformanceCase test) {
    return test.isStrict()
        || test.name().startsWith("scipy_softmax_wide_range_")
        || test.name().equals("scipy_softmax_3d_two_axes")
        || test.name().equals("tf_logsoftmax_largest_finite_float64");
  }
}
