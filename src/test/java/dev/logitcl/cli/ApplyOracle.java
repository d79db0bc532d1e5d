package dev.logitcl.cli;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * What {@code apply} must give, in double precision and as plainly as can be: each row is gathered
 * element by element, and gradients are central differences of the forward pass.
 */
final class ApplyOracle {
  private static final double STEP = 1e-5; // error of the differences about STEP^2

  /** Positions in the tensor: {@code at[i][j]} is where column j of row i lies. */
  final int[][] at;

  ApplyOracle(int[] dims, int... axes) {
    int elements = Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    int cols = Arrays.stream(axes).map(axis -> dims[axis]).reduce(1, (a, b) -> a * b);
    at = new int[elements / cols][cols];
    for (int position = 0; position < elements; position++) {
      int row = 0;
      int col = 0;
      int stride = elements;
      for (int axis = 0; axis < dims.length; axis++) {
        stride /= dims[axis];
        int index = position / stride % dims[axis];
        int here = axis;
        if (Arrays.stream(axes).anyMatch(chosen -> chosen == here)) {
          col = col * dims[axis] + index;
        } else {
          row = row * dims[axis] + index;
        }
      }
      at[row][col] = position;
    }
  }

  /** The gradient of {@code sum_k g_k f_k(x)}. */
  static double[] gradient(UnaryOperator<double[]> f, double[] x, double[] g) {
    double[] gradient = new double[x.length];
    for (int k = 0; k < x.length; k++) {
      double[] moved = x.clone();
      moved[k] = x[k] + STEP;
      double[] up = f.apply(moved);
      moved[k] = x[k] - STEP;
      double[] down = f.apply(moved);
      for (int i = 0; i < g.length; i++) {
        gradient[k] += g[i] * (up[i] - down[i]) / (2 * STEP);
      }
    }
    return gradient;
  }

  /** The derivative of f in a direction. */
  static double[] along(UnaryOperator<double[]> f, double[] x, double[] v) {
    double[] up = x.clone();
    double[] down = x.clone();
    for (int k = 0; k < x.length; k++) {
      up[k] += STEP * v[k];
      down[k] -= STEP * v[k];
    }
    double[] derivative = f.apply(up);
    double[] before = f.apply(down);
    for (int k = 0; k < derivative.length; k++) {
      derivative[k] = (derivative[k] - before[k]) / (2 * STEP);
    }
    return derivative;
  }

  double[] row(double[] x, int i) {
    return Arrays.stream(at[i]).mapToDouble(position -> x[position]).toArray();
  }

  /** Values of each element's own from those of a column. */
  double[] spread(double[] common) {
    double[] own = new double[at.length * at[0].length];
    for (int[] row : at) {
      for (int j = 0; j < row.length; j++) {
        own[row[j]] = common[j];
      }
    }
    return own;
  }

  double[] softmax(double[] x, int i) {
    double[] row = row(x, i);
    double max = Arrays.stream(row).max().orElseThrow();
    double sum = Arrays.stream(row).map(v -> Math.exp(v - max)).sum();
    return Arrays.stream(row).map(v -> Math.exp(v - max) / sum).toArray();
  }

  /** The softmax as a tensor, each row times a factor: the gradient of logsumexp. */
  double[] softmax(double[] x, double[] g) {
    double[] y = new double[x.length];
    for (int i = 0; i < at.length; i++) {
      double[] p = softmax(x, i);
      for (int j = 0; j < p.length; j++) {
        y[at[i][j]] = g[i] * p[j];
      }
    }
    return y;
  }

  double[] logSumExp(double[] x) {
    double[] lse = new double[at.length];
    Arrays.setAll(lse, i -> Math.log(Arrays.stream(row(x, i)).map(Math::exp).sum()));
    return lse;
  }

  /** {@code sum b exp(x)} of each row, of the elements that a mask keeps. */
  double[] sums(double[] x, double[] b, boolean[] where) {
    double[] sums = new double[at.length];
    for (int i = 0; i < at.length; i++) {
      for (int position : at[i]) {
        sums[i] += where[position] ? b[position] * Math.exp(x[position]) : 0;
      }
    }
    return sums;
  }

  /** The elements of each row that a mask keeps. */
  double[] counts(boolean[] where) {
    double[] ones = new double[where.length];
    Arrays.fill(ones, 1);
    return sums(new double[where.length], ones, where);
  }

  /** One expectation per row. */
  double[] expectation(double[] x, double[] t) {
    double[] e = new double[at.length];
    for (int i = 0; i < at.length; i++) {
      double[] p = softmax(x, i);
      for (int j = 0; j < p.length; j++) {
        e[i] += p[j] * t[at[i][j]];
      }
    }
    return e;
  }

  /** Several expectations per row, of a matrix with a row for each column. */
  double[] expectations(double[] x, double[] a, int results) {
    double[] e = new double[at.length * results];
    for (int i = 0; i < at.length; i++) {
      double[] p = softmax(x, i);
      for (int j = 0; j < p.length; j++) {
        for (int r = 0; r < results; r++) {
          e[i * results + r] += p[j] * a[j * results + r];
        }
      }
    }
    return e;
  }

  double[] logCumSumExp(double[] x) {
    double[] y = new double[x.length];
    for (int[] row : at) {
      double sum = 0;
      for (int position : row) {
        sum += Math.exp(x[position]);
        y[position] = Math.log(sum);
      }
    }
    return y;
  }
}
