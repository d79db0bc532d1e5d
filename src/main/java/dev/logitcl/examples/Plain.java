package dev.logitcl.examples;

import java.util.Arrays;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * The answers that the examples are checked against: the formulas as they are written, in double
 * precision on the host, and derivatives by central differences. For values of moderate size: no
 * maximum is subtracted.
 */
final class Plain {
  /**
   * Step of the differences. They err by its square times the third derivative and by 1e-16 / STEP
   * of the function's value: both below 1e-9 here, a hundredth of what float32 resolves.
   */
  private static final double STEP = 1e-5;

  private Plain() {}

  /** {@code log sum_j exp(x_j)}. */
  static double logSumExp(double... x) {
    return Math.log(Arrays.stream(x).map(Math::exp).sum());
  }

  /** {@code exp(x_j) / sum_k exp(x_k)}. */
  static double[] softmax(double... x) {
    double sum = Arrays.stream(x).map(Math::exp).sum();
    return Arrays.stream(x).map(value -> Math.exp(value) / sum).toArray();
  }

  /** {@code -sum_d (x_d - c_d)^2} for each of the rows c. */
  static double[] minusSquaredDistances(double[] x, double[] centres) {
    double[] distances = new double[centres.length / x.length];
    for (int i = 0; i < centres.length; i++) {
      double difference = x[i % x.length] - centres[i];
      distances[i / x.length] -= difference * difference;
    }
    return distances;
  }

  /** {@code sum_j a_j b_j}. */
  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** The gradient of a function by central differences. */
  static double[] gradient(ToDoubleFunction<double[]> f, double[] at) {
    double[] gradient = new double[at.length];
    double[] x = at.clone();
    for (int i = 0; i < x.length; i++) {
      x[i] = at[i] + STEP;
      double above = f.applyAsDouble(x);
      x[i] = at[i] - STEP;
      gradient[i] = (above - f.applyAsDouble(x)) / (2 * STEP);
      x[i] = at[i];
    }
    return gradient;
  }

  /** The derivative of a function in a direction by a central difference. */
  static double[] derivative(UnaryOperator<double[]> f, double[] at, double[] direction) {
    double[] above = f.apply(moved(at, direction, STEP));
    double[] below = f.apply(moved(at, direction, -STEP));
    Arrays.setAll(above, i -> (above[i] - below[i]) / (2 * STEP));
    return above;
  }

  private static double[] moved(double[] at, double[] direction, double by) {
    double[] moved = at.clone();
    Arrays.setAll(moved, i -> at[i] + by * direction[i]);
    return moved;
  }

  /**
   * For each element of a tensor the number of the row that it is in, if the rows run along some
   * axes: what the other axes' indices are, counted up.
   */
  static int[] rowOfEach(long[] dims, int... axes) {
    boolean[] chosen = new boolean[dims.length];
    for (int axis : axes) {
      chosen[axis < 0 ? axis + dims.length : axis] = true;
    }
    int[] row = {0};
    for (int axis = 0; axis < dims.length; axis++) {
      int size = (int) dims[axis];
      int[] finer = new int[row.length * size];
      for (int i = 0; i < finer.length; i++) {
        finer[i] = chosen[axis] ? row[i / size] : row[i / size] * size + i % size;
      }
      row = finer;
    }
    return row;
  }

  /** logsumexp of each row of a tensor; see {@link #rowOfEach}. */
  static double[] logSumExp(double[] x, int[] rowOfEach) {
    double[] sums = new double[Arrays.stream(rowOfEach).max().orElse(-1) + 1];
    for (int i = 0; i < x.length; i++) {
      sums[rowOfEach[i]] += Math.exp(x[i]);
    }
    return Arrays.stream(sums).map(Math::log).toArray();
  }

  static double[] of(float... values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  /** A row of a matrix. */
  static double[] row(float[] matrix, int row, int cols) {
    return of(Arrays.copyOfRange(matrix, row * cols, (row + 1) * cols));
  }

  /** A matrix from its rows. */
  static double[] rows(int count, IntFunction<double[]> row) {
    return IntStream.range(0, count).mapToObj(row).flatMapToDouble(Arrays::stream).toArray();
  }

  /** The sum of each row of a matrix. */
  static double[] rowSums(float[] matrix, int cols) {
    return rows(
        matrix.length / cols, row -> new double[] {Arrays.stream(row(matrix, row, cols)).sum()});
  }

  /** Evenly spread values in [-bound, bound), the same in every run. */
  static float[] random(int count, double bound, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (bound * (2 * random.nextDouble() - 1));
    }
    return values;
  }
}
