package dev.logitcl.cpu;

import org.jspecify.annotations.Nullable;

/**
 * What {@link PackedProducts} does with elements besides multiplying them, on arrays of one type.
 *
 * <p>A panel holds some lanes of a factor, rows of a or columns of b, and of each as many terms as
 * there are: the lanes' elements of the first term, then those of the second. Lanes that the factor
 * does not have are 0.
 *
 * @param <T> the arrays, {@code float[]} or {@code double[]}
 */
interface Panels<T> {
  /** Makes an array of zeros. */
  T array(int n);

  /** Makes an array's elements 0. */
  void clear(T array);

  /**
   * Packs terms of lanes that are rows of a matrix into panels, one behind another.
   *
   * @param row the first lane's row
   * @param lanes how many there are
   * @param col the first term's column
   * @param terms how many there are
   * @param width lanes of a panel
   */
  void packRows(HeapMatrix x, long row, int lanes, int col, int terms, int width, T panels);

  /**
   * Packs terms of lanes that are columns of a matrix into panels, one behind another.
   *
   * @param col the first lane's column
   * @param lanes how many there are
   * @param row the first term's row
   * @param terms how many there are
   * @param width lanes of a panel
   */
  void packColumns(HeapMatrix x, int col, int lanes, long row, int terms, int width, T panels);

  /** Writes sums, with what they lost, to a line; null where nothing was lost. */
  void value(T sums, @Nullable T lost, int from, T line, int to, int n);

  /**
   * Makes elements of the result of a line of sums.
   *
   * @param row the row of c
   * @param col the column of c that is the line's first
   * @param n elements of the line
   */
  void finish(T line, HeapMatrix c, long row, int col, int n);
}
