package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.DType;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Every operation along some axes of a random tensor, against plain sums in double precision over
 * what each element's coordinates say of its row and column.
 */
final class TensorsCheck {
  private static final CrossEntropyOptions NONE = CrossEntropyOptions.DEFAULT.with(Reduction.NONE);
  private static final CrossEntropyOptions MEAN = CrossEntropyOptions.DEFAULT;

  private final Axes axes;
  private final DType dtype;
  private final int rows;
  private final int[] rowOf;
  private final int[] columnOf;
  private final double[] x;
  private final double[] dy;
  private final double[] probabilities;
  private final double[] perRow;
  private final int[] target;

  TensorsCheck(Axes axes, DType dtype, Random random) {
    this.axes = axes;
    this.dtype = dtype;
    long[] dims = axes.dims();
    long[] kept = axes.reduced(true);
    int elements = (int) axes.shape().elements();
    rows = Arrays.stream(kept).mapToInt(Math::toIntExact).reduce(1, (a, b) -> a * b);
    rowOf = new int[elements];
    columnOf = new int[elements];
    for (int i = 0; i < elements; i++) {
      int rest = i;
      int rowStep = 1;
      int columnStep = 1;
      for (int k = dims.length - 1; k >= 0; k--) {
        int place = rest % (int) dims[k];
        rest /= (int) dims[k];
        // A size of 1 counts on neither side.
        if (kept[k] == dims[k]) {
          rowOf[i] += place * rowStep;
          rowStep *= (int) dims[k];
        } else {
          columnOf[i] += place * columnStep;
          columnStep *= (int) dims[k];
        }
      }
    }
    x = each(i -> random.nextDouble() * 10 - 5);
    dy = each(i -> random.nextDouble() * 10 - 5);
    probabilities = each(i -> random.nextDouble());
    perRow = IntStream.range(0, rows).mapToDouble(i -> random.nextInt(9) - 4).toArray();
    int cols = (int) axes.shape().cols();
    target = cols == 0 ? new int[0] : random.ints(rows, 0, cols).toArray();
  }

  /** All of it. */
  void everything(Backend backend) {
    TypedTensors on = TypedTensors.of(backend, dtype);
    double[] lse = logSumExp();
    softmax(on, lse);
    scan(on);
    if (axes.shape().cols() > 0) {
      classes(on, lse);
      probabilities(on, lse);
    }
  }

  /**
   * What takes a device few programs: each operation that it has kernels of its own for, those for
   * strided rows left to the tests of their geometries but for one.
   */
  void most(Backend backend) {
    TypedTensors on = TypedTensors.of(backend, dtype);
    double[] lse = logSumExp();
    if (axes.shape().isStrided()) {
      close(each(i -> x[i] - lse[rowOf[i]]), on.logSoftmax(x, axes));
      return;
    }
    softmax(on, lse);
    scan(on);
    if (axes.shape().cols() > 0) {
      both(on, lse);
      nll(on);
    }
  }

  private double[] logSumExp() {
    return Arrays.stream(sums(i -> Math.exp(x[i]))).map(Math::log).toArray();
  }

  private double[] probabilities(double[] lse) {
    return each(i -> Math.exp(x[i] - lse[rowOf[i]]));
  }

  private void softmax(TypedTensors on, double[] lse) {
    double[] p = probabilities(lse);
    close(lse, on.logSumExp(x, axes));
    close(each(i -> p[i] * perRow[rowOf[i]]), on.logSumExpBackward(x, perRow, axes));
    double[] logp = on.logSoftmax(x, axes);
    close(each(i -> x[i] - lse[rowOf[i]]), logp);
    double[] sums = sums(i -> dy[i]);
    close(each(i -> dy[i] - p[i] * sums[rowOf[i]]), on.logSoftmaxBackward(logp, dy, axes));
    double[] softmax = on.softmax(x, axes);
    close(p, softmax);
    double[] products = sums(i -> p[i] * dy[i]);
    close(each(i -> p[i] * (dy[i] - products[rowOf[i]])), on.softmaxBackward(softmax, dy, axes));
  }

  private void scan(TypedTensors on) {
    double[] y = on.logCumSumExp(x, axes);
    double[] before = upTo(k -> Math.exp(x[k]), 1);
    close(each(i -> Math.log(before[i])), y);
    double[] after = upTo(k -> dy[k] / before[k], -1);
    close(each(i -> Math.exp(x[i]) * after[i]), on.logCumSumExpBackward(x, y, dy, axes));
  }

  /** Losses and gradient for classes, and the mean's for probabilities that don't add up to 1. */
  private void both(TypedTensors on, double[] lse) {
    close(losses(lse), gradient(lse), on.crossEntropyWithGradient(x, target, axes, NONE));
    close(mean(lse), meanGradient(lse), on.crossEntropyWithGradient(x, probabilities, axes, MEAN));
  }

  private void nll(TypedTensors on) {
    close(sums(i -> isTarget(i) ? -x[i] : 0), on.nll(x, target, axes, NONE));
    close(
        each(i -> isTarget(i) ? -perRow[rowOf[i]] : 0), on.nllBackward(perRow, target, axes, NONE));
  }

  private void classes(TypedTensors on, double[] lse) {
    both(on, lse);
    nll(on);
    close(losses(lse), on.crossEntropy(x, target, axes, NONE));
    close(gradient(lse), on.crossEntropyBackward(x, target, axes, NONE));
    close(
        each(i -> isTarget(i) ? -2.5 / rows : 0),
        on.nllBackward(new double[] {2.5}, target, axes, MEAN));
  }

  private void probabilities(TypedTensors on, double[] lse) {
    close(mean(lse), on.crossEntropy(x, probabilities, axes, MEAN));
    close(meanGradient(lse), on.crossEntropyBackward(x, probabilities, axes, MEAN));
  }

  private double[] losses(double[] lse) {
    return sums(i -> isTarget(i) ? lse[rowOf[i]] - x[i] : 0);
  }

  private double[] gradient(double[] lse) {
    double[] p = probabilities(lse);
    return each(i -> p[i] - (isTarget(i) ? 1 : 0));
  }

  private double[] mean(double[] lse) {
    double[] terms = sums(i -> probabilities[i] * (lse[rowOf[i]] - x[i]));
    return new double[] {Arrays.stream(terms).sum() / rows};
  }

  private double[] meanGradient(double[] lse) {
    double[] p = probabilities(lse);
    double[] totals = sums(i -> probabilities[i]);
    return each(i -> (p[i] * totals[rowOf[i]] - probabilities[i]) / rows);
  }

  private boolean isTarget(int i) {
    return columnOf[i] == target[rowOf[i]];
  }

  /** A value per element, as the element type has it. */
  private double[] each(IntToDoubleFunction element) {
    return IntStream.range(0, rowOf.length)
        .mapToDouble(i -> dtype.round(element.applyAsDouble(i)))
        .toArray();
  }

  private double[] sums(IntToDoubleFunction element) {
    double[] sums = new double[rows];
    for (int i = 0; i < rowOf.length; i++) {
      sums[rowOf[i]] += element.applyAsDouble(i);
    }
    return sums;
  }

  /** Of each element's row, what lies up to it, or with a step of -1 from it on. */
  private double[] upTo(IntToDoubleFunction element, int step) {
    int cols = (int) axes.shape().cols();
    int[] at = new int[rowOf.length];
    for (int i = 0; i < at.length; i++) {
      at[rowOf[i] * cols + columnOf[i]] = i;
    }
    double[] sums = new double[at.length];
    for (int first = 0; first < at.length; first += cols) {
      double sum = 0;
      for (int k = 0; k < cols; k++) {
        int i = at[first + (step > 0 ? k : cols - 1 - k)];
        sum += element.applyAsDouble(i);
        sums[i] = sum;
      }
    }
    return sums;
  }

  private void close(double[] loss, double[] dx, List<double[]> found) {
    close(loss, found.get(0));
    close(dx, found.get(1));
  }

  /**
   * Scores within 5 of 0 and sums of at most 2000 terms; a gradient of a running sum is a sum of
   * quotients of up to exp(10). That is well above what either type loses.
   */
  private void close(double[] expected, double[] actual) {
    double tolerance = dtype == DType.F64 ? 1e-12 : 2e-5;
    assertEquals(expected.length, actual.length, this::toString);
    for (int i = 0; i < expected.length; i++) {
      double allowed = tolerance * Math.max(1, Math.abs(expected[i]));
      boolean same =
          Double.compare(expected[i], actual[i]) == 0
              || Math.abs(expected[i] - actual[i]) <= allowed;
      assertTrue(same, this + ": [" + i + "] is " + actual[i] + ", expected " + expected[i]);
    }
  }

  @Override
  public String toString() {
    return axes + " in " + dtype;
  }
}
