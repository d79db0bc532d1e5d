package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.DType;
import dev.logitcl.op.EmptyRow;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.util.Arrays;

/**
 * Logsumexp, softmax and log-softmax in double precision: for the element types that {@link
 * FloatRows} has no loops for.
 */
final class CoreRows {
  private CoreRows() {}

  static Way run(LogSumExp op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix lse = HeapMatrix.of(op.lse());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          double max = DoubleRows.max(values);
          DoubleRows.exp(values, max, values);
          lse.value(row, logSumExp(max, DoubleRows.logSum(values)));
          return 0;
        });
  }

  static Way run(LogSumExpBackward op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix dlse = HeapMatrix.of(op.dlse());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    if (op.lse() == null) {
      return rows.run(
          op.shape(),
          (row, scratch) -> {
            double[] values = scratch.load(0, x, row);
            probabilities(values, op.emptyRow());
            double gradient = dlse.value(row);
            for (int j = 0; j < values.length; j++) {
              values[j] *= gradient;
            }
            dx.store(row, values);
            return 0;
          });
    }
    HeapMatrix lse = HeapMatrix.of(op.lse());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          double shift = lse.value(row);
          // With lse = +inf the finite elements would come out as 0: the whole row is NaN.
          shift = shift == Double.POSITIVE_INFINITY ? Double.NaN : shift;
          double gradient = dlse.value(row);
          if (op.emptyRow() == EmptyRow.ZERO && shift == Double.NEGATIVE_INFINITY) {
            shift = 0;
            gradient = 0;
          }
          for (int j = 0; j < values.length; j++) {
            values[j] = gradient * Math.exp(values[j] - shift);
          }
          dx.store(row, values);
          return 0;
        });
  }

  static Way run(LogSoftmax op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          double max = DoubleRows.max(values);
          double[] e = scratch.array(1, values.length);
          double sum = DoubleRows.exp(values, max, e);
          boolean nothing = op.emptyRow() == EmptyRow.ZERO && sum == 0;
          double log = nothing ? 0 : DoubleRows.logSum(e);
          for (int j = 0; j < values.length; j++) {
            values[j] = (values[j] - max) - log;
          }
          y.store(row, values);
          return 0;
        });
  }

  static Way run(LogSoftmaxBackward op, DoubleRows rows) {
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] logs = scratch.load(0, y, row);
          double[] gradients = scratch.load(1, dy, row);
          double sum = RowMath.finite(DoubleRows.sum(gradients));
          if (op.emptyRow() == EmptyRow.ZERO && DoubleRows.isEmpty(logs)) {
            Arrays.fill(gradients, 0);
          } else {
            for (int j = 0; j < logs.length; j++) {
              gradients[j] -= Math.exp(logs[j]) * sum;
            }
          }
          dx.store(row, gradients);
          return 0;
        });
  }

  static Way run(Softmax op, DoubleRows rows) {
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          probabilities(values, op.emptyRow());
          y.store(row, values);
          return 0;
        });
  }

  /** The softmax of x, in its place. */
  private static void probabilities(double[] x, EmptyRow emptyRow) {
    double sum = DoubleRows.exp(x, DoubleRows.max(x), x);
    double total = emptyRow == EmptyRow.ZERO && sum == 0 ? 1 : sum;
    for (int j = 0; j < x.length; j++) {
      x[j] /= total;
    }
  }

  static Way run(SoftmaxBackward op, DoubleRows rows) {
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] probabilities = scratch.load(0, y, row);
          double[] gradients = scratch.load(1, dy, row);
          // Relative to the gradient of an element that has nearly all of the row: dy - dot would
          // cancel there. Probabilities that were rounded to fewer digits don't add up to 1 well
          // enough.
          int most = op.dtype() == DType.F64 ? aboveHalf(probabilities) : -1;
          double gradient = most < 0 ? 0 : gradients[most];
          double[] products = scratch.array(2, probabilities.length);
          for (int j = 0; j < probabilities.length; j++) {
            gradients[j] -= gradient;
            products[j] = j == most ? 0 : probabilities[j] * gradients[j];
          }
          double dot = RowMath.finite(DoubleRows.sum(products));
          for (int j = 0; j < probabilities.length; j++) {
            probabilities[j] *= gradients[j] - dot;
          }
          dx.store(row, probabilities);
          return 0;
        });
  }

  /** The element with more than half of a row; -1 without one. */
  private static int aboveHalf(double[] probabilities) {
    for (int j = 0; j < probabilities.length; j++) {
      if (probabilities[j] > 0.5) {
        return j;
      }
    }
    return -1;
  }

  /** m + log(s). The sum under a maximum of +inf is NaN, with and without a NaN in the row. */
  private static double logSumExp(double max, double log) {
    return max == Double.POSITIVE_INFINITY ? max : max + log;
  }
}
