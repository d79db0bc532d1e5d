package dev.logitcl.bench;

import dev.logitcl.bench.ExpectationInputs.Columns;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.Expectation;
import dev.logitcl.op.ExpectationBackward;
import dev.logitcl.op.ExpectationValuesBackward;
import dev.logitcl.op.RowOp;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The cases of expectations under a softmax. */
final class ExpectationCases {
  private ExpectationCases() {}

  static List<OpCase> all() {
    return List.of(
        forward("", Columns.OWN),
        backward("", Columns.OWN, true),
        valuesBackward("", o -> o.outMatrix()),
        forward("shared values", Columns.COMMON),
        backward("shared values", Columns.COMMON, true),
        backward("no gradient", Columns.OWN, false),
        valuesBackward("in place of h", Operands::x));
  }

  private static OpCase forward(String variant, Columns values) {
    return of(
        "forward",
        variant,
        Expectation.class,
        o -> new Expectation(o.x(), values(o, values), o.outRow("e")),
        "e",
        ExpectationReference.mean(values));
  }

  private static OpCase backward(String variant, Columns values, boolean gradient) {
    return of(
        "backward",
        variant,
        ExpectationBackward.class,
        o ->
            new ExpectationBackward(
                o.x(), values(o, values), gradient ? o.rowGradient() : null, o.outMatrix()),
        "dh",
        ExpectationReference.centred(values, gradient));
  }

  private static OpCase valuesBackward(String variant, Function<Operands, Matrix> dt) {
    return of(
        "values backward",
        variant,
        ExpectationValuesBackward.class,
        o -> new ExpectationValuesBackward(o.x(), o.rowGradient(), dt.apply(o)),
        "dt",
        ExpectationReference::probability);
  }

  private static OpCase of(
      String pass,
      String variant,
      Class<? extends RowOp> type,
      Function<Operands, RowOp> build,
      String output,
      Reference reference) {
    return new OpCase("expectation", pass, variant, type, build, Map.of(output, reference), false);
  }

  /** Values that are averaged, as an operand. */
  static Matrix values(Operands o, Columns values) {
    Inputs in = o.inputs();
    return values == Columns.OWN
        ? o.dy()
        : o.input("shared values", 1, in.cols(), () -> ExpectationInputs.commonValues(in));
  }
}
