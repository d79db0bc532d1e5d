package dev.logitcl.op;

import java.util.Set;

/**
 * What becomes of a row without any finite element: of -inf only. Its log-sum-exp is -inf either
 * way.
 */
public enum EmptyRow {
  /** Log-softmax, softmax and gradients are NaN, as in PyTorch. */
  NAN,
  /**
   * The row is nothing: log-softmax -inf, softmax 0, gradients 0. What sums over paths need (CTC,
   * HMM, CRF), where a state that cannot be reached must not make everything NaN.
   */
  ZERO;

  /** What a kernel must know of it. */
  Set<String> defines() {
    return this == ZERO ? Set.of("EMPTY_ZERO") : Set.of();
  }
}
