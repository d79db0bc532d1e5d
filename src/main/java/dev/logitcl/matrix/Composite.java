package dev.logitcl.matrix;

import java.util.List;

/**
 * A matrix that other matrices stand for: it has no memory of its own. It shares memory with
 * whatever they share memory with, and is closed when one of them is.
 */
public sealed interface Composite extends Matrix
    permits Probabilities, LinearLogits, LinearGradient {

  /** Returns the matrices that it is made of. */
  List<Matrix> matrices();

  @Override
  default boolean sharesMemoryWith(Matrix other) {
    return this == other || matrices().stream().anyMatch(one -> one.sharesMemoryWith(other));
  }

  @Override
  default boolean isClosed() {
    return matrices().stream().anyMatch(Matrix::isClosed);
  }
}
