package dev.logitcl.bench;

import static dev.logitcl.bench.Samples.NEGATIVE;
import static dev.logitcl.bench.Samples.filled;
import static dev.logitcl.bench.Samples.gradient;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.EmptyRow;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.Softmax;
import java.util.List;

/** The promises about rows of -inf only, as checks, under {@link EmptyRow#ZERO}. */
final class EmptyRowRules {
  private EmptyRowRules() {}

  static void addTo(List<Rule> rules) {
    rules.add(rule("log-softmax forward", NEGATIVE, in -> new LogSoftmax(in.x, in.y, in.policy)));
    rules.add(rule("softmax forward", 0, in -> new Softmax(in.x, in.y, in.policy)));
    rules.add(
        rule(
            "log-softmax backward", 0, in -> new LogSoftmaxBackward(in.x, in.dy, in.y, in.policy)));
    rules.add(
        rule(
            "logsumexp backward",
            0,
            in -> new LogSumExpBackward(in.x, in.lse, in.dlse, in.y, in.policy)));
    rules.add(
        rule(
            "logsumexp backward",
            0,
            in -> new LogSumExpBackward(in.x, null, in.dlse, in.y, in.policy)));
  }

  /** Operands of any of them: x, and lse, are of an empty row. */
  private record Operands(
      Matrix x, Matrix dy, Matrix lse, Matrix dlse, Matrix y, EmptyRow policy) {}

  private interface Maker {
    RowOp make(Operands operands);
  }

  private static Rule rule(String op, float expected, Maker maker) {
    String result = expected == 0 ? "0" : "-inf";
    return new Rule(
        op,
        "all -inf -> " + result + " with EmptyRow.ZERO",
        (b, n) -> {
          try (Matrix x = b.upload(filled(n, NEGATIVE), 1, n);
              Matrix dy = b.upload(gradient(n), 1, n);
              Matrix lse = b.upload(filled(1, NEGATIVE), 1, 1);
              Matrix dlse = b.upload(filled(1, 2), 1, 1);
              Matrix y = b.allocate(new Shape(1, n))) {
            b.run(maker.make(new Operands(x, dy, lse, dlse, y, EmptyRow.ZERO)));
            float[] values = new float[n];
            y.read(values);
            return Rule.equal("y", values, expected);
          }
        });
  }
}
