package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Scratch;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.EmptyRow;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.Softmax;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;

/**
 * The core on float64 matrices with short rows, several at a time, so that exponentials run on over
 * the ends of rows. {@link CoreRows} has rows that are longer.
 */
final class CoreBlocks {
  /** Elements of several rows: 16 KiB, which stay in the first-level cache. */
  private static final int ELEMENTS = 2048;

  /**
   * Rows of more columns are computed one by one. At 10 columns logsumexp takes 36 ms in blocks and
   * 66 row by row, at 16 columns 25 and 26, at 128 columns 10.6 and 9.2 (2^23 to 2^24 elements, two
   * threads of an EPYC of 2022).
   */
  private static final int SHORT = 15;

  private final Shape shape;
  private final DoubleRows rows;
  private final DoublePrimitives p;
  private final int cols;
  private final int perBlock;

  private CoreBlocks(Shape shape, DoubleRows rows) {
    this.shape = shape;
    this.rows = rows;
    this.p = rows.primitives();
    this.cols = (int) shape.cols();
    this.perBlock = ELEMENTS / Math.max(1, cols);
  }

  /** Whether rows are short enough. */
  static boolean serves(Shape shape) {
    return shape.cols() <= SHORT;
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
      p.exp(x, 0, y);
      Total[] sums = new Total[count];
      Arrays.setAll(sums, i -> p.sum(y, i * cols, cols));
      return sums;
    }

    /**
     * The softmax of each row times a factor, in the place of x; zeros for a row of -inf where such
     * a row has them.
     */
    void softmax(double[] x, IntToDoubleFunction factor, EmptyRow emptyRow) {
      shift(x);
      Total[] sums = expSums(x, x);
      for (int i = 0; i < count; i++) {
        double sum = sums[i].value();
        if (emptyRow != EmptyRow.ZERO || sum != 0) { // else the exponentials are the zeros
          multiply(x, i, factor.applyAsDouble(i) / sum);
        }
      }
    }

    /** Cross-entropy's gradient in the place of a row's exponentials; zeros without a label. */
    void gradient(double[] exponentials, int i, Total sum, int label, double scale) {
      if (label < 0) {
        Arrays.fill(exponentials, i * cols, (i + 1) * cols, 0);
        return;
      }
      multiply(exponentials, i, scale / sum.value());
      exponentials[i * cols + label] -= scale;
    }

    /** Multiplies a row by a factor. */
    void multiply(double[] x, int i, double factor) {
      for (int j = i * cols; j < (i + 1) * cols; j++) {
        x[j] *= factor;
      }
    }
  }

  private Way run(Consumer<Block> task) {
    each(
        block -> {
          task.accept(block);
          return 0;
        });
    return rows.way(shape);
  }

  /** Walks all blocks and returns the sum of what they add to a total. */
  private double each(ToDoubleFunction<Block> task) {
    long blocks = (shape.rows() + perBlock - 1) / perBlock;
    return rows.each(
        blocks,
        (long) perBlock * cols,
        (block, scratch) -> {
          long first = block * perBlock;
          int count = (int) Math.min(perBlock, shape.rows() - first);
          return task.applyAsDouble(new Block(first, count, scratch));
        });
  }

  static Way run(LogSumExp op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix lse = HeapMatrix.of(op.lse());
    return new CoreBlocks(op.shape(), rows)
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
    CoreBlocks core = new CoreBlocks(op.shape(), rows);
    if (op.lse() == null) {
      return core.run(
          block -> {
            double[] values = block.load(0, x);
            block.softmax(values, i -> CoreRows.value(dlse, block.first + i), op.emptyRow());
            block.store(dx, values);
          });
    }
    HeapMatrix lse = HeapMatrix.of(op.lse());
    return core.run(
        block -> {
          double[] values = block.load(0, x);
          double[] factors = block.scratch.array(2, block.count);
          for (int i = 0; i < block.count; i++) {
            double shift = CoreRows.value(lse, block.first + i);
            // With lse = +inf the finite elements would come out as 0: the whole row is NaN.
            shift = shift == Double.POSITIVE_INFINITY ? Double.NaN : shift;
            boolean nothing = op.emptyRow() == EmptyRow.ZERO && shift == Double.NEGATIVE_INFINITY;
            factors[i] = nothing ? 0 : CoreRows.value(dlse, block.first + i);
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
    CoreBlocks core = new CoreBlocks(op.shape(), rows);
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
    CoreBlocks core = new CoreBlocks(op.shape(), rows);
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
    return new CoreBlocks(op.shape(), rows)
        .run(
            block -> {
              double[] values = block.load(0, x);
              block.softmax(values, i -> 1, op.emptyRow());
              block.store(y, values);
            });
  }

  /** Cross-entropy without options that change the maths. */
  static Way run(CrossEntropy op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    Labels target = (Labels) op.target();
    HeapMatrix loss = op.loss() == null ? null : HeapMatrix.of(op.loss());
    HeapMatrix lse = op.lse() == null ? null : HeapMatrix.of(op.lse());
    HeapMatrix dx = op.dx() == null ? null : HeapMatrix.of(op.dx());
    boolean perRow = op.options().reduction() == Reduction.NONE;
    CoreBlocks core = new CoreBlocks(op.shape(), rows);
    double all =
        core.each(
            block -> {
              double[] values = block.load(0, x);
              double[] maxima = block.shift(values);
              double[] exponentials = block.array(1);
              Total[] sums = block.expSums(values, exponentials);
              Total total = new Total();
              for (int i = 0; i < block.count; i++) {
                long row = block.first + i;
                int label = target.get((int) row);
                double log = sums[i].logOfMagnitude();
                boolean skipped = RowMath.ignored(label, op.options());
                double value = skipped ? 0 : log - values[i * core.cols + label];
                total.add(value);
                if (perRow) {
                  CoreRows.set(loss, row, value);
                }
                double max = maxima[i];
                CoreRows.set(lse, row, max == Double.POSITIVE_INFINITY ? max : max + log);
                if (dx != null) {
                  block.gradient(exponentials, i, sums[i], skipped ? -1 : label, op.scale());
                }
              }
              if (dx != null) {
                block.store(dx, exponentials);
              }
              return total.value();
            });
    if (!perRow) {
      CoreRows.set(loss, 0, op.scale() * all);
    }
    return rows.way(op.shape());
  }

  /** The gradient of cross-entropy without options that change the maths. */
  static Way run(CrossEntropyBackward op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix dloss = op.dloss() == null ? null : HeapMatrix.of(op.dloss());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    Labels target = (Labels) op.target();
    boolean perRow = op.options().reduction() == Reduction.NONE;
    return new CoreBlocks(op.shape(), rows)
        .run(
            block -> {
              double[] values = block.load(0, x);
              block.shift(values);
              Total[] sums = block.expSums(values, values);
              for (int i = 0; i < block.count; i++) {
                long row = block.first + i;
                int label = target.get((int) row);
                boolean skipped = RowMath.ignored(label, op.options());
                double incoming = dloss == null ? 1 : CoreRows.value(dloss, perRow ? row : 0);
                block.gradient(values, i, sums[i], skipped ? -1 : label, op.scale() * incoming);
              }
              block.store(dx, values);
            });
  }
}
