package dev.logitcl.opencl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.WrongResultException;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;

/**
 * Tries a program that adds up rows before it adds up anything of the caller's: four rows, one with
 * -inf, one with +inf and one with NaN, beside sums on the host.
 */
final class SumTest {
  /** What the elements are multiplied by. */
  static final double SCALE = 0.75;

  private static final double[] AWKWARD = {
    0, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NaN
  };

  /** Longer rows are tried by so many columns. */
  private static final int MOST_COLUMNS = 1 << 16;

  private SumTest() {}

  /** The program under test. */
  @FunctionalInterface
  interface Program {
    /** Writes the sum of each row, times {@link #SCALE}. */
    void run(Matrix x, Matrix sums);
  }

  /**
   * Compares a program's sums with the host's.
   *
   * @param device where the matrices are made
   * @param dtype their element type
   * @param most the columns of the caller's rows
   * @param program what runs there
   * @throws WrongResultException naming the first sum that is wrong
   */
  static void run(Backend device, DType dtype, long most, Program program) {
    int rows = AWKWARD.length;
    int cols = (int) Math.min(most, MOST_COLUMNS);
    Values elements = new Values(dtype, rows * cols);
    Values expected = new Values(dtype, rows);
    for (int row = 0; row < rows; row++) {
      double sum = 0;
      for (int j = 0; j < cols; j++) {
        double awkward = j == cols / 2 ? AWKWARD[row] : 0;
        elements.set(row * cols + j, (7 * j + 3 * row) % 11 / 8.0 + awkward);
        sum += SCALE * elements.get(row * cols + j);
      }
      expected.set(row, sum);
    }
    try (Matrix x = device.allocate(new Shape(rows, cols), dtype);
        Matrix sums = device.allocate(Shape.column(rows), dtype)) {
      x.write(0, elements.buffer());
      program.run(x, sums);
      SelfTest.compare("row_total", device.device(), "sum", expected, Values.of(sums));
    }
  }
}
