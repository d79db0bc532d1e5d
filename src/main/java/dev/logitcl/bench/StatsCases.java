package dev.logitcl.bench;

import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.ComputeRowStats;
import dev.logitcl.op.CrossEntropyFromStats;
import dev.logitcl.op.LogSoftmaxFromStats;
import dev.logitcl.op.LogSumExpFromStats;
import dev.logitcl.op.MergeRowStats;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.SoftmaxFromStats;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** The cases of row statistics and of what is finished from them. */
final class StatsCases {
  private StatsCases() {}

  static List<OpCase> all() {
    return List.of(
        of(
            "row-stats",
            "",
            ComputeRowStats.class,
            o -> new ComputeRowStats(o.x(), o.outRow("max"), o.outRow("sumExp")),
            Map.of("max", StatsReference::max, "sumExp", StatsReference::sumExp)),
        of(
            "merge-row-stats",
            "",
            MergeRowStats.class,
            o ->
                new MergeRowStats(
                    max(o), sumExp(o), max2(o), sumExp2(o), o.outRow("max"), o.outRow("sumExp")),
            Map.of("max", StatsReference::mergedMax, "sumExp", StatsReference::mergedSumExp)),
        of(
            "logsumexp-from-stats",
            "",
            LogSumExpFromStats.class,
            o -> new LogSumExpFromStats(max(o), sumExp(o), o.outRow("lse")),
            Map.of("lse", StatsReference::logSumExp)),
        logSoftmax("", Operands::outMatrix),
        logSoftmax("in place of x", Operands::x),
        softmax("", Operands::outMatrix),
        softmax("in place of x", Operands::x),
        crossEntropy("", true, true),
        crossEntropy("loss alone", true, false),
        crossEntropy("gradient alone", false, true));
  }

  private static OpCase of(
      String op,
      String variant,
      Class<? extends RowOp> type,
      Function<Operands, RowOp> build,
      Map<String, Reference> outputs) {
    return new OpCase(op, "forward", variant, type, build, outputs, false);
  }

  private static OpCase logSoftmax(String variant, Function<Operands, Matrix> out) {
    return of(
        "log-softmax-from-stats",
        variant,
        LogSoftmaxFromStats.class,
        o -> new LogSoftmaxFromStats(o.x(), max(o), sumExp(o), out.apply(o)),
        Map.of("y", StatsReference::logSoftmax));
  }

  private static OpCase softmax(String variant, Function<Operands, Matrix> out) {
    return of(
        "softmax-from-stats",
        variant,
        SoftmaxFromStats.class,
        o -> new SoftmaxFromStats(o.x(), max(o), sumExp(o), out.apply(o)),
        Map.of("y", StatsReference::softmax));
  }

  private static OpCase crossEntropy(String variant, boolean loss, boolean gradient) {
    return of(
        "cross-entropy-from-stats",
        variant,
        CrossEntropyFromStats.class,
        o ->
            new CrossEntropyFromStats(
                o.x(),
                max(o),
                sumExp(o),
                targets(o),
                StatsReference.SCALE,
                loss ? o.outRow("loss") : null,
                gradient ? o.outMatrix() : null),
        Map.of("loss", StatsReference::loss, "dx", StatsReference::crossEntropyBackward));
  }

  private static Matrix max(Operands o) {
    return column(o, "max", row -> given(o, row).max());
  }

  private static Matrix sumExp(Operands o) {
    return column(o, "sumExp", row -> given(o, row).sumExp());
  }

  private static Matrix max2(Operands o) {
    return column(o, "max 2", row -> given(o, StatsReference.other(o.inputs(), row)).max());
  }

  private static Matrix sumExp2(Operands o) {
    return column(o, "sumExp 2", row -> given(o, StatsReference.other(o.inputs(), row)).sumExp());
  }

  private static StatsReference.Given given(Operands o, int row) {
    return StatsReference.Given.of(o.inputs(), row);
  }

  private static Matrix column(Operands o, String name, ToDoubleFunction<Integer> value) {
    int rows = o.inputs().rows();
    return o.input(
        name,
        rows,
        1,
        () -> {
          Values values = new Values(o.inputs().dtype().arithmetic(), rows);
          for (int row = 0; row < rows; row++) {
            values.set(row, value.applyAsDouble(row));
          }
          return values;
        });
  }

  private static Labels targets(Operands o) {
    return o.labels(
        "targets of a part",
        () -> {
          int[] targets = new int[o.inputs().rows()];
          for (int row = 0; row < targets.length; row++) {
            targets[row] = StatsReference.target(o.inputs(), row);
          }
          return targets;
        });
  }
}
