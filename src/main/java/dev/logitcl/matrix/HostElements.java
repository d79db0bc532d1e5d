package dev.logitcl.matrix;

import java.nio.Buffer;

/** A matrix in the host's memory, whose elements can be passed on without a copy. */
public interface HostElements extends Matrix {

  /**
   * Returns elements from {@code offset} on, without a copy: as many of {@code count} as lie one
   * behind another, at least one. A number that is put into the buffer is in the matrix.
   *
   * @param offset the first element, in the order in memory
   * @param count how many are wanted
   * @throws IllegalStateException if the matrix is closed
   * @throws IllegalArgumentException if the matrix does not have these elements
   */
  Buffer elements(long offset, long count);
}
