package dev.logitcl.op;

import java.util.OptionalInt;

/**
 * Options of {@link CrossEntropy} and {@link CrossEntropyBackward}.
 *
 * @param reduction how the rows' losses become the result
 * @param ignoreIndex rows with this target add nothing and get a zero gradient; it need not be a
 *     valid class
 */
public record CrossEntropyOptions(Reduction reduction, OptionalInt ignoreIndex) {

  /** The mean over all rows; no index is ignored. */
  public static final CrossEntropyOptions DEFAULT =
      new CrossEntropyOptions(Reduction.MEAN, OptionalInt.empty());

  /** These options with another reduction. */
  public CrossEntropyOptions with(Reduction newReduction) {
    return new CrossEntropyOptions(newReduction, ignoreIndex);
  }

  /** These options with an ignored index. */
  public CrossEntropyOptions ignoring(int index) {
    return new CrossEntropyOptions(reduction, OptionalInt.of(index));
  }

  /** What a row's loss is multiplied by: 1, or 1 / {@code kept} for the mean. */
  double scale(long kept) {
    return reduction == Reduction.MEAN ? 1.0 / kept : 1;
  }

  /** The ignored index for a kernel; without one, a value that no checked target has. */
  int ignored() {
    return ignoreIndex.orElse(Integer.MIN_VALUE);
  }
}
