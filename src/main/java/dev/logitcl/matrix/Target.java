package dev.logitcl.matrix;

/**
 * The targets of a cross-entropy: a class for each row ({@link Labels}) or a distribution over the
 * classes for each row ({@link Probabilities}).
 */
public sealed interface Target extends Matrix permits Labels, Probabilities {

  /**
   * Returns the targets of some rows as a view, without a copy, as {@link Matrix#rows(long, long)}
   * does. A mean is taken over these rows.
   */
  @Override
  Target rows(long from, long count);
}
