package dev.logitcl.matrix;

import java.nio.Buffer;

/** A matrix in the host's memory, whose elements can be handed on without a copy. */
public interface HostElements extends Matrix {

  /**
   * The elements from {@code offset} on, as they lie in memory: as many of {@code count} as are in
   * one piece, at least one. What is put into the buffer is in the matrix.
   *
   * @throws IllegalStateException if the matrix is closed
   */
  Buffer elements(long offset, long count);
}
