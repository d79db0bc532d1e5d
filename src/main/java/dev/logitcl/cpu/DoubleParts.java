package dev.logitcl.cpu;

/** The elements of a row of a float64 matrix, where they lie. */
final class DoubleParts {
  /** The array that holds n elements of a row from a column on; the first is at {@link #offset}. */
  double[] array(HeapMatrix x, long row, int col, int n, int place) {
    return x.doubles(row);
  }

  /** Where the elements begin in their {@link #array}. */
  int offset(HeapMatrix x, long row, int col, int n, int place) {
    return x.offset(row) + col;
  }

  /** Writes n doubles to a row, from a column on. */
  void store(double[] line, HeapMatrix x, long row, int col, int n) {
    System.arraycopy(line, 0, x.doubles(row), x.offset(row) + col, n);
  }

  /** A number as a double, which it is. */
  double rounded(double value) {
    return value;
  }
}
