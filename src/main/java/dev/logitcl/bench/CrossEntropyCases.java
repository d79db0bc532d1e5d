package dev.logitcl.bench;

import static dev.logitcl.bench.Reference.Gradient.ONE;
import static dev.logitcl.bench.Reference.Gradient.PER_ROW;
import static dev.logitcl.bench.Reference.Gradient.TOTAL;
import static dev.logitcl.op.CrossEntropyOptions.DEFAULT;

import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import java.util.List;
import java.util.Map;

/** The cases of cross-entropy: three that are timed, and its options. */
final class CrossEntropyCases {
  private static final CrossEntropyOptions NONE = DEFAULT.with(Reduction.NONE);
  private static final CrossEntropyOptions SUM = DEFAULT.with(Reduction.SUM);

  /** PyTorch's default ignored index: no class. */
  private static final int NO_CLASS = -100;

  private CrossEntropyCases() {}

  static List<OpCase> all() {
    return List.of(
        loss("", DEFAULT),
        fused("", DEFAULT),
        backward("", DEFAULT, TOTAL),
        loss("none", NONE),
        loss("sum", SUM),
        loss("none, ignoring -100", NONE.ignoring(NO_CLASS)),
        loss("mean, ignoring class 0", DEFAULT.ignoring(0)),
        loss("sum, ignoring -100", SUM.ignoring(NO_CLASS)),
        fused("none, ignoring class 0", NONE.ignoring(0)),
        fused("mean, ignoring -100", DEFAULT.ignoring(NO_CLASS)),
        forward("none, with lse", NONE, true, true, true),
        forward("mean, with lse, ignoring -100", DEFAULT.ignoring(NO_CLASS), true, true, true),
        forward("sum, gradient alone", SUM, false, false, true),
        forward("none, lse alone", NONE, false, true, false),
        backward("none", NONE, PER_ROW),
        backward("none, no dloss", NONE, ONE),
        backward("sum, ignoring class 0", SUM.ignoring(0), TOTAL),
        backward("mean, no dloss, ignoring -100", DEFAULT.ignoring(NO_CLASS), ONE));
  }

  private static OpCase loss(String variant, CrossEntropyOptions options) {
    return forward(variant, options, true, false, false);
  }

  private static OpCase fused(String variant, CrossEntropyOptions options) {
    return forward(variant, options, true, false, true);
  }

  private static OpCase forward(
      String variant, CrossEntropyOptions options, boolean loss, boolean lse, boolean gradient) {
    return new OpCase(
        "cross-entropy",
        gradient ? "forward+backward" : "forward",
        variant,
        CrossEntropy.class,
        o ->
            new CrossEntropy(
                o.x(),
                targets(o, options),
                options,
                loss ? outLoss(o, options) : null,
                lse ? o.outRow("lse") : null,
                gradient ? o.outMatrix() : null),
        Map.of(
            "loss",
            options.reduction() == Reduction.NONE
                ? Reference.loss(options)
                : Reference.totalLoss(options),
            "lse",
            Reference::logSumExp,
            "dx",
            Reference.crossEntropyBackward(options, ONE)),
        options.ignoreIndex().isEmpty());
  }

  private static OpCase backward(
      String variant, CrossEntropyOptions options, Reference.Gradient gradient) {
    return new OpCase(
        "cross-entropy",
        "backward",
        variant,
        CrossEntropyBackward.class,
        o ->
            new CrossEntropyBackward(
                o.x(),
                CrossEntropyOptionCases.incoming(o, gradient),
                targets(o, options),
                options,
                o.outMatrix()),
        Map.of("dx", Reference.crossEntropyBackward(options, gradient)),
        options.ignoreIndex().isEmpty());
  }

  private static Labels targets(Operands o, CrossEntropyOptions options) {
    return o.targets(options.ignoreIndex());
  }

  private static Matrix outLoss(Operands o, CrossEntropyOptions options) {
    return options.reduction() == Reduction.NONE ? o.outRow("loss") : o.outTotal();
  }
}
