package dev.logitcl.cpu;

import dev.logitcl.cpu.DoubleRows.Task;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.TokenLogProbs;
import dev.logitcl.op.TokenLogProbs.Outputs;
import org.jspecify.annotations.Nullable;

/** Of each row's log-softmax only what is asked for. */
final class TokenRows {
  private final TokenLogProbs op;
  private final HeapMatrix x;
  private final int n;
  private final int k;
  private final DoublePrimitives p;

  private TokenRows(TokenLogProbs op, DoublePrimitives p) {
    this.op = op;
    this.x = HeapMatrix.of(op.x());
    this.n = op.chosenPerRow();
    this.k = op.k();
    this.p = p;
  }

  static Way run(TokenLogProbs op, DoubleRows rows) {
    return rows.run(op.shape(), task(op, rows.primitives()));
  }

  static Task task(TokenLogProbs op, DoublePrimitives p) {
    return new TokenRows(op, p)::row;
  }

  private double row(long row, DoubleRows.Scratch scratch) {
    double[] values = scratch.load(0, x, row);
    double max = p.max(values);
    double[] exp = scratch.array(5, values.length);
    Total sum = p.expSum(values, Math.max(-Double.MAX_VALUE, max), exp);
    double log = sum.logOfMagnitude();
    Outputs out = op.outputs();
    chosen(row, values, max, log, scratch);
    top(row, values, max, log, scratch);
    if (out.entropy() != null) {
      for (int j = 0; j < values.length; j++) {
        values[j] -= max;
      }
      HeapMatrix.of(out.entropy()).value(row, log - p.dot(exp, values).value() / sum.value());
    }
    if (out.max() != null) {
      HeapMatrix.of(out.max()).value(row, max);
    }
    if (out.logSum() != null) {
      HeapMatrix.of(out.logSum()).value(row, log);
    }
    return 0;
  }

  private void chosen(long row, double[] x, double max, double log, DoubleRows.Scratch scratch) {
    Labels chosen = op.chosen();
    if (chosen == null) {
      return;
    }
    double[] logProb = scratch.array(1, n);
    double[] rank = scratch.array(2, n);
    for (int c = 0; c < n; c++) {
      int t = chosen.get((int) (row * n) + c);
      logProb[c] = (x[t] - max) - log;
      rank[c] = op.outputs().rank() == null || Double.isNaN(max) ? 0 : 1 + before(x, t);
    }
    store(op.outputs().logProb(), row, logProb);
    store(op.outputs().rank(), row, rank);
  }

  /** How many come before t: those that are larger, and of equals the first. */
  private int before(double[] x, int t) {
    int equalOrLarger =
        x[t] == Double.NEGATIVE_INFINITY ? t : p.countAbove(x, 0, t, Math.nextDown(x[t]));
    return equalOrLarger + p.countAbove(x, t + 1, x.length, x[t]);
  }

  private void top(long row, double[] x, double max, double log, DoubleRows.Scratch scratch) {
    if (k == 0) {
      return;
    }
    double[] top = scratch.array(3, k);
    double[] best = scratch.array(4, k);
    for (int c = 0; c < k; c++) {
      top[c] = c;
      best[c] = x[c];
    }
    for (int at = k / 2 - 1; at >= 0; at--) {
      sink(best, top, at, k);
    }
    // The last of those found is at the root. An element equal to it comes after it.
    for (int j = p.above(x, k, best[0]); j < x.length; j = p.above(x, j + 1, best[0])) {
      best[0] = x[j];
      top[0] = j;
      sink(best, top, 0, k);
    }
    for (int end = k - 1; end > 0; end--) {
      swap(best, 0, end);
      swap(top, 0, end);
      sink(best, top, 0, end);
    }
    for (int c = 0; c < k; c++) {
      top[c] = Double.isNaN(max) ? -1 : top[c];
      best[c] = (best[c] - max) - log;
    }
    store(op.outputs().top(), row, top);
    store(op.outputs().topLogProb(), row, best);
  }

  /** Moves an element down a heap whose root comes last of all, until both below it come before. */
  private static void sink(double[] best, double[] top, int from, int size) {
    int at = from;
    while (2 * at + 1 < size) {
      int child = 2 * at + 1;
      child += child + 1 < size && comesAfter(best, top, child + 1, child) ? 1 : 0;
      if (!comesAfter(best, top, child, at)) {
        return;
      }
      swap(best, at, child);
      swap(top, at, child);
      at = child;
    }
  }

  private static boolean comesAfter(double[] best, double[] top, int a, int b) {
    return best[a] < best[b] || (best[a] == best[b] && top[a] > top[b]);
  }

  private static void swap(double[] values, int a, int b) {
    double value = values[a];
    values[a] = values[b];
    values[b] = value;
  }

  private static void store(@Nullable Matrix matrix, long row, double[] values) {
    if (matrix != null) {
      HeapMatrix.of(matrix).store(row, values);
    }
  }
}
