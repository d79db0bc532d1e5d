package dev.logitcl.matrix;

/** A matrix that is memory of the host which its caller gave: nothing is copied into it. */
public interface Borrowed {
  /** Returns whether the matrix is these elements. */
  boolean is(Elements elements);

  /** Makes what operations wrote visible in the elements. */
  void handBack();
}
