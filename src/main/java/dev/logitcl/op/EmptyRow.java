package dev.logitcl.op;

import java.util.Set;

/**
 * The result of a row without any finite element, a row of -inf only. Its log-sum-exp is -inf in
 * either case.
 */
public enum EmptyRow {
  /** Log-softmax, softmax and gradients of the row are NaN, as in PyTorch. */
  NAN,
  /**
   * Log-softmax of the row is -inf, softmax and gradients are 0. Sums over paths (CTC, HMM, CRF)
   * need this: a state that cannot be reached must not make everything NaN.
   */
  ZERO;

  /** Returns the {@code -D} names that tell a kernel of this value. */
  Set<String> defines() {
    return this == ZERO ? Set.of("EMPTY_ZERO") : Set.of();
  }
}
