package dev.logitcl.op;

/** How the losses of the rows become the result. */
public enum Reduction {
  /** One loss per row; 0 for ignored rows. */
  NONE,
  /** The sum over the rows that count, divided by their number; NaN if there are none. */
  MEAN,
  /** The sum over the rows that count. */
  SUM
}
