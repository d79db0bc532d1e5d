package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.EmptyRow;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.util.Arrays;

/**
 * Logsumexp, softmax and log-softmax of float64 matrices. Rows that are short are computed several
 * at a time, so that exponentials run on over the ends of rows.
 */
final class CoreRows {
  /** Elements of several rows: 16 KiB, which stay in the first-level cache. */
  private static final int ELEMENTS = 2048;

  /** Rows of more columns are computed one by one: what each costs besides is little then. */
  private static final int SHORT = 512;

  private final Shape shape;
  private final DoubleRows rows;
  private final DoublePrimitives p;
  private final int cols;
  private final int perBlock;

  private CoreRows(Shape shape, DoubleRows rows) {
    this.shape = shape;
    this.rows = rows;
    this.p = rows.primitives();
    this.cols = (int) shape.cols();
    this.perBlock = cols <= SHORT ? ELEMENTS / Math.max(1, cols) : 1;
  }

  /** Some rows, one behind another, with the arrays of a thread. */
  private final class Block {
    final long first;
    final int count;
    private final Scratch scratch;

    Block(long first, int count, Scratch scratch) {
      this.first = first;
      this.count = count;
      this.scratch = scratch;
    }

    double[] array(int k) {
      return scratch.array(k, count * cols);
    }

    /** The rows of a matrix, in the {@code k}-th array. */
    double[] load(int k, HeapMatrix matrix) {
      double[] to = array(k);
      for (int i = 0; i < count; ) {
        int together = matrix.together(first + i, count - i);
        double[] from = matrix.doubles(first + i);
        System.arraycopy(from, matrix.offset(first + i), to, i * cols, together * cols);
        i += together;
      }
      return to;
    }

    void store(HeapMatrix matrix, double[] from) {
      for (int i = 0; i < count; ) {
        int together = matrix.together(first + i, count - i);
        double[] to = matrix.doubles(first + i);
        System.arraycopy(from, i * cols, to, matrix.offset(first + i), together * cols);
        i += together;
      }
    }

    /** Subtracts each row's maximum, and returns the maxima. */
    double[] shift(double[] x) {
      double[] maxima = scratch.array(2, count);
      for (int i = 0; i < count; i++) {
        int from = i * cols;
        double max = Math.max(-Double.MAX_VALUE, p.max(x, from, cols));
        maxima[i] = max;
        for (int j = from; j < from + cols; j++) {
          x[j] -= max;
        }
      }
      return maxima;
    }

    /** {@code y = exp(x)}, and each row's sum of that. */
    Total[] expSums(double[] x, double[] y) {
      if (count == 1) {
        return new Total[] {p.expSum(x, 0, y)};
      }
      p.exp(x, 0, y);
      Total[] sums = new Total[count];
      Arrays.setAll(sums, i -> p.sum(y, i * cols, cols));
      return sums;
    }

    /** The softmax of each row, in the place of x. */
    void softmax(double[] x, EmptyRow emptyRow) {
      shift(x);
      Total[] sums = expSums(x, x);
      for (int i = 0; i < count; i++) {
        double sum = sums[i].value();
        double total = emptyRow == EmptyRow.ZERO && sum == 0 ? 1 : sum;
        for (int j = i * cols; j < (i + 1) * cols; j++) {
          x[j] /= total;
        }
      }
    }

    /** Multiplies each row by a factor. */
    void multiply(double[] x, int i, double factor) {
      for (int j = i * cols; j < (i + 1) * cols; j++) {
        x[j] *= factor;
      }
    }
  }

  /** What is done with a block. */
  private interface Task {
    void of(CoreRows.Block block);
  }

  private Way run(Task task) {
    if (perBlock == 1) {
      return rows.run(
          shape,
          (row, scratch) -> {
            task.of(new Block(row, 1, scratch));
            return 0;
          });
    }
    Shape blocks = new Shape((shape.rows() + perBlock - 1) / perBlock, (long) perBlock * cols);
    return rows.run(
        blocks,
        (block, scratch) -> {
          long first = block * perBlock;
          task.of(new Block(first, (int) Math.min(perBlock, shape.rows() - first), scratch));
          return 0;
        });
  }

  private static double value(HeapMatrix column, long row) {
    return column.doubles(row)[column.offset(row)];
  }

  static Way run(LogSumExp op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix lse = HeapMatrix.of(op.lse());
    return new CoreRows(op.shape(), rows)
        .run(
            block -> {
              double[] values = block.load(0, x);
              double[] maxima = block.shift(values);
              Total[] sums = block.expSums(values, values);
              for (int i = 0; i < block.count; i++) {
                // Under a maximum of +inf the sum is NaN, with and without a NaN in the row.
                double max = maxima[i];
                long row = block.first + i;
                lse.doubles(row)[lse.offset(row)] =
                    max == Double.POSITIVE_INFINITY ? max : max + sums[i].logOfMagnitude();
              }
            });
  }

  static Way run(LogSumExpBackward op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix dlse = HeapMatrix.of(op.dlse());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    CoreRows core = new CoreRows(op.shape(), rows);
    if (op.lse() == null) {
      return core.run(
          block -> {
            double[] values = block.load(0, x);
            block.softmax(values, op.emptyRow());
            for (int i = 0; i < block.count; i++) {
              block.multiply(values, i, value(dlse, block.first + i));
            }
            block.store(dx, values);
          });
    }
    HeapMatrix lse = HeapMatrix.of(op.lse());
    return core.run(
        block -> {
          double[] values = block.load(0, x);
          double[] factors = block.scratch.array(2, block.count);
          for (int i = 0; i < block.count; i++) {
            double shift = value(lse, block.first + i);
            // With lse = +inf the finite elements would come out as 0: the whole row is NaN.
            shift = shift == Double.POSITIVE_INFINITY ? Double.NaN : shift;
            boolean nothing = op.emptyRow() == EmptyRow.ZERO && shift == Double.NEGATIVE_INFINITY;
            factors[i] = nothing ? 0 : value(dlse, block.first + i);
            shift = nothing ? 0 : shift;
            for (int j = i * core.cols; j < (i + 1) * core.cols; j++) {
              values[j] -= shift;
            }
          }
          core.p.exp(values, 0, values);
          for (int i = 0; i < block.count; i++) {
            block.multiply(values, i, factors[i]);
          }
          block.store(dx, values);
        });
  }

  static Way run(LogSoftmax op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    CoreRows core = new CoreRows(op.shape(), rows);
    return core.run(
        block -> {
          double[] values = block.load(0, x);
          block.shift(values);
          Total[] sums = block.expSums(values, block.array(1));
          for (int i = 0; i < block.count; i++) {
            boolean nothing = op.emptyRow() == EmptyRow.ZERO && sums[i].value() == 0;
            double log = nothing ? 0 : sums[i].logOfMagnitude();
            for (int j = i * core.cols; j < (i + 1) * core.cols; j++) {
              values[j] -= log;
            }
          }
          block.store(y, values);
        });
  }

  static Way run(LogSoftmaxBackward op, DoubleRows rows) {
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    CoreRows core = new CoreRows(op.shape(), rows);
    DoublePrimitives p = core.p;
    int cols = core.cols;
    return core.run(
        block -> {
          double[] logs = block.load(0, y);
          double[] gradients = block.load(1, dy);
          double[] exponentials = block.array(2);
          p.exp(logs, 0, exponentials);
          for (int i = 0; i < block.count; i++) {
            int from = i * cols;
            double sum = RowMath.finite(p.sum(gradients, from, cols).value());
            if (op.emptyRow() == EmptyRow.ZERO
                && p.max(logs, from, cols) == Double.NEGATIVE_INFINITY) {
              Arrays.fill(gradients, from, from + cols, 0);
            } else {
              for (int j = from; j < from + cols; j++) {
                gradients[j] -= exponentials[j] * sum;
              }
            }
          }
          block.store(dx, gradients);
        });
  }

  static Way run(Softmax op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    return new CoreRows(op.shape(), rows)
        .run(
            block -> {
              double[] values = block.load(0, x);
              block.softmax(values, op.emptyRow());
              block.store(y, values);
            });
  }

  static Way run(SoftmaxBackward op, DoubleRows rows) {
    DoublePrimitives p = rows.primitives();
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    int cols = (int) op.shape().cols();
    // Without exponentials a copy of each row would take a third of the time.
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] probabilities = y.doubles(row);
          double[] gradients = dy.doubles(row);
          int of = y.offset(row);
          int gradientsOf = dy.offset(row);
          // Relative to the gradient of an element that has nearly all of the row: dy - dot would
          // cancel there.
          int most = p.above(probabilities, of, of + cols, 0.5);
          double gradient = most == of + cols ? 0 : gradients[gradientsOf + most - of];
          double[] products = scratch.array(0, cols);
          multiply(probabilities, of, gradients, gradientsOf, gradient, products);
          double dot = RowMath.finite(p.sum(products).value());
          gradient(
              probabilities,
              of,
              gradients,
              gradientsOf,
              gradient,
              dot,
              dx.doubles(row),
              dx.offset(row),
              cols);
          return 0;
        });
  }

  private static void multiply(
      double[] y, int yFrom, double[] dy, int dyFrom, double gradient, double[] products) {
    for (int j = 0; j < products.length; j++) {
      products[j] = y[yFrom + j] * (dy[dyFrom + j] - gradient);
    }
  }

  private static void gradient(
      double[] y,
      int yFrom,
      double[] dy,
      int dyFrom,
      double gradient,
      double dot,
      double[] dx,
      int dxFrom,
      int n) {
    for (int j = 0; j < n; j++) {
      dx[dxFrom + j] = y[yFrom + j] * (dy[dyFrom + j] - gradient - dot);
    }
  }
}
