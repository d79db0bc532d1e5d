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
    DoublePrimitives p = rows.primitives();
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix lse = HeapMatrix.of(op.lse());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          double max = p.reference(values);
          double log = p.expSum(values, max, values).logOfMagnitude();
          // Under a maximum of +inf the sum is NaN, with and without a NaN in the row.
          lse.value(row, max == Double.POSITIVE_INFINITY ? max : max + log);
          return 0;
        });
  }

  static Way run(LogSumExpBackward op, DoubleRows rows) {
    DoublePrimitives p = rows.primitives();
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix dlse = HeapMatrix.of(op.dlse());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    if (op.lse() == null) {
      return rows.run(
          op.shape(),
          (row, scratch) -> {
            double[] values = scratch.load(0, x, row);
            softmax(values, op.emptyRow(), p);
            double gradient = dlse.value(row);
            for (int j = 0; j < values.length; j++) {
              values[j] *= gradient;
            }
            scratch.store(dx, row, values);
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
          p.exp(values, shift, values);
          for (int j = 0; j < values.length; j++) {
            values[j] *= gradient;
          }
          scratch.store(dx, row, values);
          return 0;
        });
  }

  static Way run(LogSoftmax op, DoubleRows rows) {
    DoublePrimitives p = rows.primitives();
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          double max = p.reference(values);
          Total sum = p.expSum(values, max, scratch.array(1, values.length));
          boolean nothing = op.emptyRow() == EmptyRow.ZERO && sum.value() == 0;
          double log = nothing ? 0 : sum.logOfMagnitude();
          for (int j = 0; j < values.length; j++) {
            values[j] = (values[j] - max) - log;
          }
          scratch.store(y, row, values);
          return 0;
        });
  }

  static Way run(LogSoftmaxBackward op, DoubleRows rows) {
    DoublePrimitives p = rows.primitives();
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dx = HeapMatrix.of(op.dx());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] logs = scratch.load(0, y, row);
          double[] gradients = scratch.load(1, dy, row);
          double sum = RowMath.finite(p.sum(gradients).value());
          if (op.emptyRow() == EmptyRow.ZERO && p.max(logs) == Double.NEGATIVE_INFINITY) {
            Arrays.fill(gradients, 0);
          } else {
            p.exp(logs, 0, logs);
            for (int j = 0; j < logs.length; j++) {
              gradients[j] -= logs[j] * sum;
            }
          }
          scratch.store(dx, row, gradients);
          return 0;
        });
  }

  static Way run(Softmax op, DoubleRows rows) {
    DoublePrimitives p = rows.primitives();
    HeapMatrix x = HeapMatrix.of(op.x());
    HeapMatrix y = HeapMatrix.of(op.y());
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          double[] values = scratch.load(0, x, row);
          softmax(values, op.emptyRow(), p);
          scratch.store(y, row, values);
          return 0;
        });
  }

  /** The softmax of x, in its place. */
  static void softmax(double[] x, EmptyRow emptyRow, DoublePrimitives p) {
    double sum = p.expSum(x, p.reference(x), x).value();
    double total = emptyRow == EmptyRow.ZERO && sum == 0 ? 1 : sum;
    for (int j = 0; j < x.length; j++) {
      x[j] /= total;
    }
  }

  static Way run(SoftmaxBackward op, DoubleRows rows) {
    DoublePrimitives p = rows.primitives();
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
          int n = probabilities.length;
          int most = op.dtype() == DType.F64 ? p.above(probabilities, 0, 0.5) : n;
          double gradient = most == n ? 0 : gradients[most];
          double[] products = scratch.array(2, n);
          for (int j = 0; j < n; j++) {
            gradients[j] -= gradient;
            products[j] = probabilities[j] * gradients[j];
          }
          double dot = RowMath.finite(p.sum(products).value());
          for (int j = 0; j < probabilities.length; j++) {
            probabilities[j] *= gradients[j] - dot;
          }
          scratch.store(dx, row, probabilities);
          return 0;
        });
  }
}
