package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What all rows add up to, of rows that are computed in parts: a loss that is reduced, a gradient
 * of what the rows share. Added in double precision and in the order of the parts, so that the
 * result does not depend on which of them is done first.
 */
final class ApplyTotals {
  private final Map<NpyWriter, Total> totals = new LinkedHashMap<>();

  private static final class Total {
    private final DType dtype;
    private final double[] sum;
    private final Map<Integer, Values> early = new HashMap<>();
    private int next;

    Total(Matrix like) {
      this.dtype = like.dtype();
      this.sum = new double[Math.toIntExact(like.shape().elements())];
    }

    void add(int part, Values values) {
      early.put(part, values);
      for (Values due = early.remove(next); due != null; due = early.remove(next)) {
        for (int k = 0; k < sum.length; k++) {
          sum[k] += due.get(k);
        }
        next++;
      }
    }
  }

  /** Adds a part's contribution. */
  void add(NpyWriter file, int part, Matrix contribution) {
    Values values = Values.of(contribution);
    synchronized (this) {
      totals.computeIfAbsent(file, any -> new Total(contribution)).add(part, values);
    }
  }

  /** Writes the sums, when all parts are done. */
  synchronized void write(Backend backend) throws IOException {
    for (Map.Entry<NpyWriter, Total> entry : totals.entrySet()) {
      Total total = entry.getValue();
      Values values = new Values(total.dtype, total.sum.length);
      for (int k = 0; k < total.sum.length; k++) {
        values.set(k, total.sum[k]);
      }
      try (Matrix matrix = backend.allocate(new Shape(1, total.sum.length), total.dtype)) {
        matrix.write(0, values.buffer());
        entry.getKey().write(matrix);
      }
    }
  }
}
