package dev.logitcl.bench;

import dev.logitcl.bench.ExpectationInputs.Weights;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogAddExp;
import dev.logitcl.op.LogAddExpBackward;
import dev.logitcl.op.LogMeanExp;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.WeightedLogSumExp;
import dev.logitcl.op.WeightedLogSumExpBackward;
import dev.logitcl.op.WeightedLogSumExpWeightsBackward;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The cases of logsumexp with weights, signs and masks, of its mean, and of that of two. */
final class WeightedCases {
  private WeightedCases() {}

  static List<OpCase> all() {
    return List.of(
        forward("", Weights.OWN, true),
        forward("shared weights, where", Weights.COMMON_WHERE, true),
        forward("weights, no sign", Weights.OWN, false),
        forward("where alone", Weights.WHERE, false),
        backward("", Weights.OWN, true),
        backward("shared weights, where", Weights.COMMON_WHERE, true),
        backward("where alone, no gradient", Weights.WHERE, false),
        weightsBackward("", Weights.OWN, true),
        weightsBackward("shared weights, no gradient", Weights.COMMON, false),
        mean("", Weights.NONE),
        mean("where", Weights.WHERE),
        add("", Operands::outMatrix),
        add("in place of a", Operands::x),
        add("in place of b", WeightedCases::other),
        addBackward("", Operands::outMatrix),
        addBackward("in place of a", Operands::x),
        addBackward("in place of b", WeightedCases::other),
        addBackward("in place of dy", Operands::dy));
  }

  private static OpCase forward(String variant, Weights weights, boolean sign) {
    return of(
        "weighted-logsumexp",
        "forward",
        variant,
        WeightedLogSumExp.class,
        o ->
            new WeightedLogSumExp(
                o.x(),
                weights(o, weights),
                where(o, weights),
                o.outRow("lse"),
                sign ? o.outRow("sign") : null),
        Map.of(
            "lse",
            ExpectationReference.logSigned(weights, sign),
            "sign",
            ExpectationReference.sign(weights)));
  }

  private static OpCase backward(String variant, Weights weights, boolean gradient) {
    return of(
        "weighted-logsumexp",
        "backward",
        variant,
        WeightedLogSumExpBackward.class,
        o ->
            new WeightedLogSumExpBackward(
                o.x(),
                weights(o, weights),
                where(o, weights),
                gradient ? o.rowGradient() : null,
                o.outMatrix()),
        Map.of("da", ExpectationReference.signedTerm(weights, false, gradient)));
  }

  private static OpCase weightsBackward(String variant, Weights weights, boolean gradient) {
    return of(
        "weighted-logsumexp",
        "weights backward",
        variant,
        WeightedLogSumExpWeightsBackward.class,
        o ->
            new WeightedLogSumExpWeightsBackward(
                o.x(),
                Objects.requireNonNull(weights(o, weights)),
                where(o, weights),
                gradient ? o.rowGradient() : null,
                o.outMatrix()),
        Map.of("db", ExpectationReference.signedTerm(weights, true, gradient)));
  }

  private static OpCase mean(String variant, Weights weights) {
    return of(
        "log-mean-exp",
        "forward",
        variant,
        LogMeanExp.class,
        o -> new LogMeanExp(o.x(), where(o, weights), o.outRow("mean")),
        Map.of("mean", ExpectationReference.logMean(weights)));
  }

  private static OpCase add(String variant, Function<Operands, Matrix> y) {
    return of(
        "log-add-exp",
        "forward",
        variant,
        LogAddExp.class,
        o -> new LogAddExp(o.x(), other(o), y.apply(o)),
        Map.of("y", ExpectationReference::logAdd));
  }

  private static OpCase addBackward(String variant, Function<Operands, Matrix> da) {
    return of(
        "log-add-exp",
        "backward",
        variant,
        LogAddExpBackward.class,
        o -> new LogAddExpBackward(o.x(), other(o), o.dy(), da.apply(o)),
        Map.of("da", ExpectationReference::logAddBackward));
  }

  private static @Nullable Matrix weights(Operands o, Weights weights) {
    Inputs in = o.inputs();
    if (!weights.weighted) {
      return null;
    }
    int rows = weights.common ? 1 : in.rows();
    return o.input(
        "weights of " + rows + " rows",
        rows,
        in.cols(),
        () -> ExpectationInputs.weights(in, weights.type(in), rows * in.cols()));
  }

  private static @Nullable Matrix where(Operands o, Weights weights) {
    return weights.masked ? o.mask() : null;
  }

  private static Matrix other(Operands o) {
    Inputs in = o.inputs();
    return o.input("other x", in.rows(), in.cols(), () -> ExpectationInputs.other(in));
  }

  private static OpCase of(
      String op,
      String pass,
      String variant,
      Class<? extends RowOp> type,
      Function<Operands, RowOp> build,
      Map<String, Reference> outputs) {
    return new OpCase(op, pass, variant, type, build, outputs, false);
  }
}
