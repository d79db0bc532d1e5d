package dev.logitcl.matrix;

/** What each row should be: a class ({@link Labels}) or a distribution ({@link Probabilities}). */
public sealed interface Target extends Matrix permits Labels, Probabilities {

  /** The targets of some rows, as a view: {@link Matrix#rows(long, long)}. */
  @Override
  Target rows(long from, long count);
}
