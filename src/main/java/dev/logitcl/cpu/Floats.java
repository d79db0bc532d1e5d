package dev.logitcl.cpu;

/**
 * A matrix as the loops in float32 see it: rows of floats in arrays. A float32 matrix is that
 * itself; of a matrix of half numbers a {@link Window} shows some rows at a time.
 */
interface Floats {
  /** The array that holds a row. */
  float[] array(long row);

  /** Where in its array a row begins. */
  int offset(long row);

  /** Elements of a row. */
  long cols();

  /** How many of {@code n} rows lie in one array, one behind another. */
  int together(long first, int n);

  /** A column vector's value. */
  default float get(long row) {
    return array(row)[offset(row)];
  }

  /** Sets a column vector's value. */
  default void set(long row, float value) {
    array(row)[offset(row)] = value;
  }
}
