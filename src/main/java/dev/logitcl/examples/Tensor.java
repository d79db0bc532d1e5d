package dev.logitcl.examples;

import dev.logitcl.matrix.Axes;

/**
 * Row-major values with their dimensions, as frameworks have them.
 *
 * @param values the elements
 * @param dims the dimensions; none for a single value
 */
@SuppressWarnings("ArrayRecordComponent") // carries arrays about; never compared
public record Tensor(float[] values, long... dims) {

  /** Some of its axes as rows; negative ones count from the end. */
  Axes axes(int... axes) {
    return Axes.of(dims, axes);
  }
}
