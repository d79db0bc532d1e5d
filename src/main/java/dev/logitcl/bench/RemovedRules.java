package dev.logitcl.bench;

import static dev.logitcl.bench.Rule.equal;
import static dev.logitcl.bench.Rule.nan;

import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.WeightedLogSumExpBackward;
import dev.logitcl.op.WeightedLogSumExpWeightsBackward;
import java.util.Arrays;
import java.util.List;

/**
 * The promise about elements that a mask or a weight of 0 removes, as checks: their gradients are
 * exactly 0, also in a row that has nothing else or no ordinary result.
 */
final class RemovedRules {
  private static final String TEXT = "removed elements -> exactly 0, in every row";

  private RemovedRules() {}

  static void addTo(List<Rule> rules) {
    rules.add(
        new Rule(
            "weighted-logsumexp backward",
            TEXT,
            (b, n) ->
                weighted(b, n, o -> new WeightedLogSumExpBackward(o.x, o.b, null, null, o.y))
                    .and(
                        weighted(
                            b, n, o -> new WeightedLogSumExpBackward(o.x, null, o.mask, null, o.y)))
                    .and(
                        weighted(
                            b,
                            n,
                            o -> new WeightedLogSumExpBackward(o.x, o.b, o.mask, null, o.y)))));
    rules.add(
        new Rule(
            "weighted-logsumexp weights backward",
            TEXT,
            (b, n) ->
                weighted(
                    b, n, o -> new WeightedLogSumExpWeightsBackward(o.x, o.b, null, null, o.y))));
    rules.add(new Rule("cross-entropy backward", TEXT, RemovedRules::classes));
  }

  /** Operands of rows whose odd columns are removed, row 0 throughout. */
  private record Operands(Matrix x, Matrix b, Matrix mask, Matrix y) {}

  private interface Maker {
    RowOp make(Operands operands);
  }

  private static Accuracy weighted(Backend backend, int n, Maker maker) {
    int rows = Samples.IRREGULAR_ROWS;
    float[] b = new float[rows * n];
    byte[] mask = new byte[rows * n];
    for (int k = n; k < b.length; k++) {
      b[k] = (k % n) % 2 == 0 ? 0.5f : 0;
      mask[k] = (byte) ((k % n) % 2 == 0 ? 1 : 0);
    }
    try (Matrix x = backend.upload(odd(Samples.irregular(n), n), rows, n);
        Matrix weights = backend.upload(b, rows, n);
        Matrix where = backend.upload(mask, rows, n);
        Matrix y = backend.allocate(new Shape(rows, n))) {
      backend.run(maker.make(new Operands(x, weights, where, y)));
      float[] values = new float[rows * n];
      y.read(values);
      return equal("row 0", Arrays.copyOf(values, n), 0).and(apart(values, n, 1));
    }
  }

  private static Accuracy classes(Backend backend, int n) {
    int rows = Samples.IRREGULAR_ROWS;
    boolean[] takesPart = new boolean[n];
    for (int j = 0; j < n; j += 2) {
      takesPart[j] = true;
    }
    CrossEntropyOptions options =
        CrossEntropyOptions.DEFAULT.with(Reduction.NONE).with(ClassMask.of(takesPart));
    float[] x = odd(Samples.irregular(n), n);
    int[] target = new int[rows];
    return apart(Rows.on(backend).crossEntropyBackward(x, target, rows, n, options), n, 0)
        .and(
            apart(
                Rows.on(backend).crossEntropyBackward(x, target, rows, n, options.cappedAt(5)),
                n,
                rows)); // a cap makes numbers of infinities: which rows are NaN is not the point
  }

  /** NaN in the even columns from row {@code from} on, exactly 0 in the odd ones. */
  private static Accuracy apart(float[] values, int n, int from) {
    float[] kept = new float[values.length];
    float[] removed = new float[values.length];
    int even = 0;
    int odd = 0;
    for (int k = 0; k < values.length; k++) {
      if ((k % n) % 2 != 0) {
        removed[odd++] = values[k];
      } else if (k >= from * n) {
        kept[even++] = values[k];
      }
    }
    return nan("kept", Arrays.copyOf(kept, even))
        .and(equal("removed", Arrays.copyOf(removed, odd), 0));
  }

  /** The rows with NaN in their odd columns, and no ordinary result in their even ones. */
  private static float[] odd(float[] x, int n) {
    for (int k = 0; k < x.length; k++) {
      x[k] = (k % n) % 2 != 0 ? Float.NaN : x[k];
    }
    for (int i = 1; i < x.length / n; i++) {
      x[i * n] = i % 2 == 0 ? Float.NaN : Float.POSITIVE_INFINITY;
    }
    return x;
  }
}
