package dev.logitcl.matrix;

import java.nio.FloatBuffer;

/**
 * A share of each class for each row, rows x cols: finite numbers from 0 on, checked whenever the
 * host writes them. A row need not add up to 1, and that is not checked: what {@code T = sum_j t_j}
 * then means is said at the operation.
 */
public final class Probabilities implements Target {
  private final Matrix matrix;

  private Probabilities(Matrix matrix) {
    this.matrix = matrix;
  }

  /**
   * Takes {@code matrix} over, to be filled by {@link #write}; closing this closes it. Who writes
   * to the matrix itself, from a device for example, answers for its contents.
   */
  public static Probabilities in(Matrix matrix) {
    return new Probabilities(matrix);
  }

  /** The matrix that holds them. */
  public Matrix matrix() {
    return matrix;
  }

  /**
   * Copies the shares, as {@link Matrix#write(long, FloatBuffer)} does.
   *
   * @throws IllegalArgumentException naming row, column and value if one is negative, infinite or
   *     NaN; nothing is written then
   */
  @Override
  public void write(long offset, FloatBuffer source) {
    for (int k = source.position(); k < source.limit(); k++) {
      float value = source.get(k);
      if (!(value >= 0 && value <= Float.MAX_VALUE)) {
        long at = offset + k - source.position();
        throw new IllegalArgumentException(
            "target["
                + at / cols()
                + ","
                + at % cols()
                + "] is "
                + value
                + ", expected a finite share from 0 on");
      }
    }
    matrix.write(offset, source);
  }

  @Override
  public void read(long offset, FloatBuffer target) {
    matrix.read(offset, target);
  }

  @Override
  public Shape shape() {
    return matrix.shape();
  }

  @Override
  public DType dtype() {
    return matrix.dtype();
  }

  @Override
  public boolean sharesMemoryWith(Matrix other) {
    return this == other || matrix.sharesMemoryWith(other);
  }

  @Override
  public boolean isClosed() {
    return matrix.isClosed();
  }

  @Override
  public void close() {
    matrix.close();
  }
}
