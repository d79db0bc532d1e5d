package dev.logitcl.bench;

import static dev.logitcl.bench.Reference.Gradient.ONE;
import static dev.logitcl.bench.Reference.Gradient.PER_ROW;
import static dev.logitcl.bench.Reference.Gradient.TOTAL;
import static dev.logitcl.op.CrossEntropyOptions.DEFAULT;

import dev.logitcl.bench.ExpectationInputs.Columns;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropyDoubleBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmaxJvp;
import dev.logitcl.op.LogSumExpHvp;
import dev.logitcl.op.LogSumExpJvp;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.SoftmaxJvp;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The cases of forward-mode derivatives, Hessians and backward of backward. */
final class DerivativeCases {
  private static final CrossEntropyOptions NONE = DEFAULT.with(Reduction.NONE);

  private DerivativeCases() {}

  static List<OpCase> all() {
    return List.of(
        of(
            "logsumexp",
            "jvp",
            "",
            LogSumExpJvp.class,
            o -> new LogSumExpJvp(o.x(), o.dy(), o.outRow("jv")),
            Map.of("jv", ExpectationReference.mean(Columns.OWN))),
        of(
            "logsumexp",
            "hvp",
            "",
            LogSumExpHvp.class,
            o -> new LogSumExpHvp(o.x(), o.dy(), null, o.outMatrix()),
            Map.of("hv", ExpectationReference.centred(Columns.OWN, false))),
        logSoftmax("", Operands::outMatrix),
        logSoftmax("in place of y", Operands::logProbabilities),
        logSoftmax("in place of v", Operands::dy),
        softmax("", Operands::outMatrix),
        softmax("in place of y", Operands::probabilities),
        softmax("in place of v", Operands::dy),
        crossEntropy("", DEFAULT, TOTAL, true, true),
        crossEntropy("none, ignoring -100", NONE.ignoring(-100), PER_ROW, true, true),
        crossEntropy("mean, ignoring class 0, dg alone", DEFAULT.ignoring(0), ONE, true, false),
        crossEntropy("none, ddx alone", NONE, ONE, false, true));
  }

  private static OpCase logSoftmax(String variant, Function<Operands, Matrix> jv) {
    return of(
        "log-softmax",
        "jvp",
        variant,
        LogSoftmaxJvp.class,
        o -> new LogSoftmaxJvp(o.logProbabilities(), o.dy(), jv.apply(o)),
        Map.of("jv", ExpectationReference::logSoftmaxJvp));
  }

  private static OpCase softmax(String variant, Function<Operands, Matrix> jv) {
    return of(
        "softmax",
        "jvp",
        variant,
        SoftmaxJvp.class,
        o -> new SoftmaxJvp(o.probabilities(), o.dy(), jv.apply(o)),
        Map.of("jv", Reference::softmaxBackward));
  }

  private static OpCase crossEntropy(
      String variant,
      CrossEntropyOptions options,
      Reference.Gradient gradient,
      boolean dg,
      boolean ddx) {
    return new OpCase(
        "cross-entropy",
        "double backward",
        variant,
        CrossEntropyDoubleBackward.class,
        o ->
            new CrossEntropyDoubleBackward(
                o.x(),
                o.dy(),
                incoming(o, gradient),
                o.targets(options.ignoreIndex()),
                options,
                dg ? outGradient(o, options) : null,
                ddx ? o.outMatrix() : null),
        Map.of(
            "dg",
            ExpectationReference.gradientOfGradient(options),
            "ddx",
            ExpectationReference.hessian(options, gradient)),
        options.ignoreIndex().isEmpty());
  }

  private static @Nullable Matrix incoming(Operands o, Reference.Gradient gradient) {
    return switch (gradient) {
      case ONE -> null;
      case PER_ROW -> o.rowGradient();
      case TOTAL -> o.totalGradient();
    };
  }

  private static Matrix outGradient(Operands o, CrossEntropyOptions options) {
    return options.reduction() == Reduction.NONE ? o.outRow("dg") : o.outTotal();
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
