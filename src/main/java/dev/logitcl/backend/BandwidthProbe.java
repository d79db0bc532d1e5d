package dev.logitcl.backend;

import dev.logitcl.matrix.Matrix;

/**
 * Calls that move memory and compute next to nothing, on float32 matrices of one backend. They show
 * what the device's memory allows, and the benchmark measures operations against them. Each call is
 * enqueued like an operation.
 */
public interface BandwidthProbe {
  /**
   * Copies one matrix into another of the same shape: a read to a write.
   *
   * @throws IllegalArgumentException if the shapes differ, the two share memory, or one is another
   *     backend's
   */
  void copy(Matrix source, Matrix target);

  /**
   * Adds up each row: {@code sums_i = sum_j x_ij}, one column. It reads, and writes next to
   * nothing.
   *
   * @throws IllegalArgumentException if {@code sums} is not rows x 1, the two share memory, or one
   *     is another backend's
   */
  void rowSums(Matrix x, Matrix sums);

  /**
   * Computes {@code y = a * (b - offset)}, of matrices of one shape: two reads to a write.
   *
   * @throws IllegalArgumentException if the shapes differ, {@code y} shares memory with {@code a}
   *     or {@code b}, or one is another backend's
   */
  void triad(Matrix a, Matrix b, float offset, Matrix y);
}
