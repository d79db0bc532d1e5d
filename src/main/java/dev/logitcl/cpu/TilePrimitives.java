package dev.logitcl.cpu;

/**
 * The innermost loops of a product of matrices, whose factors were packed for them. They exist
 * twice, as those of {@link RowPrimitives} do: in plain Java and on the Vector API. Not part of the
 * public API: it is public because the two implementations live in different packages.
 *
 * @param <T> the arrays that they work on, {@code float[]} or {@code double[]}
 */
public interface TilePrimitives<T> {
  /**
   * Rows of a tile. Four rows of two vectors each hide the time that an addition takes, four
   * cycles, where two of them begin in each cycle. Six rows were no faster.
   */
  int ROWS = 4;

  /** Columns of a tile. */
  int cols();

  /**
   * Writes a tile, {@link #ROWS} x {@link #cols} sums, row after row. Each sum has {@code terms}
   * products, which are added in their order.
   *
   * @param a for each term, an element of each of the tile's rows
   * @param b for each term, an element of each of the tile's columns
   */
  void multiply(T a, int aFrom, T b, int bFrom, int terms, T tile, int to);

  /**
   * Adds a tile to a tile of sums: {@code sum += part}, and {@code lost} grows by what that rounded
   * away.
   *
   * @param part a tile, from its first element on
   * @param at where in both other arrays the tile begins
   */
  void add(T part, T sum, T lost, int at);
}
