package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.Labels;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Nll;
import dev.logitcl.op.NllBackward;
import dev.logitcl.op.Reduction;

/** Negative log-likelihood of given log-probabilities. */
final class NllRows {
  /** Elements that take as long as the one that is fetched from memory for a row. */
  private static final int FETCH = 32;

  private NllRows() {}

  static Way run(Nll op, DoubleRows rows) {
    HeapMatrix y = HeapMatrix.of(op.y());
    HeapMatrix loss = HeapMatrix.of(op.loss());
    boolean perRow = op.options().reduction() == Reduction.NONE;
    double total =
        rows.each(
            y.rows(),
            FETCH,
            (row, scratch) -> {
              double weight = weight(op.target(), row, op.options());
              // A weight of 0 gives 0, at an infinity too.
              double value = weight == 0 ? 0 : -weight * y.element(row, op.target().get((int) row));
              if (perRow) {
                loss.value(row, value);
              }
              return value;
            });
    if (!perRow) {
      loss.value(0, op.scale() * total);
    }
    return rows.way(y.rows(), FETCH);
  }

  static Way run(NllBackward op, DoubleRows rows) {
    HeapMatrix dy = HeapMatrix.of(op.dy());
    HeapMatrix dloss = op.dloss() == null ? null : HeapMatrix.of(op.dloss());
    boolean perRow = op.options().reduction() == Reduction.NONE;
    double scale = op.scale();
    return rows.run(
        op.shape(),
        (row, scratch) -> {
          dy.clear(row);
          int label = op.target().get((int) row);
          if (!RowMath.ignored(label, op.options())) {
            double weight = weight(op.target(), row, op.options());
            double incoming = dloss == null ? 1 : dloss.value(perRow ? row : 0);
            dy.store(row, label, new double[] {-weight * scale * incoming});
          }
          return 0;
        });
  }

  /** The weight of a row's class; 0 if the row is ignored. */
  private static double weight(Labels target, long row, CrossEntropyOptions options) {
    int label = target.get((int) row);
    if (RowMath.ignored(label, options)) {
      return 0;
    }
    ClassWeights weights = options.weights();
    return weights == null ? 1 : weights.get(label);
  }
}
