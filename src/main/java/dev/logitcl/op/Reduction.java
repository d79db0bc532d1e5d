package dev.logitcl.op;

/** The way from the losses of the rows to the result of a loss. */
public enum Reduction {
  /** One loss per row, 0 for an ignored row: the result is rows x 1. */
  NONE,
  /**
   * The sum of the losses, divided by the number of rows that count or, with class weights, by the
   * weight of their target classes: the result is 1 x 1. {@link AllIgnored} says what it is if no
   * row counts.
   */
  MEAN,
  /** The sum of the losses of the rows that count: the result is 1 x 1. */
  SUM
}
