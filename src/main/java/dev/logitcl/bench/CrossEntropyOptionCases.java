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
import dev.logitcl.op.CrossEntropyOutputs;
import dev.logitcl.op.LabelSmoothing;
import dev.logitcl.op.Nll;
import dev.logitcl.op.NllBackward;
import dev.logitcl.op.Reduction;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cross-entropy with options, and the negative log-likelihood. Each combination is a program of its
 * own, so there are few: every option alone or beside one that it could be confused with, and one
 * case that uses nearly everything.
 */
final class CrossEntropyOptionCases {
  /** The case that uses nearly everything. */
  static final String EVERYTHING = "mean, all options";

  private static final CrossEntropyOptions NONE = DEFAULT.with(Reduction.NONE);
  private static final CrossEntropyOptions SUM = DEFAULT.with(Reduction.SUM);

  /** What a call may write. */
  enum Out {
    LOSS,
    Z_LOSS,
    LSE,
    PREDICTED,
    CORRECT,
    LOG_PROB,
    DX
  }

  private CrossEntropyOptionCases() {}

  static List<OpCase> all() {
    CrossEntropySettings smooth = of(NONE.with(LabelSmoothing.pytorch(0.1)));
    CrossEntropySettings weights = of(DEFAULT.ignoring(-100)).withWeights();
    CrossEntropySettings probabilities = of(DEFAULT).withProbabilities();
    CrossEntropySettings scaled = of(SUM.scaledBy(0.7)).withMask();
    CrossEntropySettings capped = of(NONE.cappedAt(5).withZLoss(0.01));
    CrossEntropySettings everything =
        of(everything(DEFAULT).ignoring(-100)).withWeights().withMask();
    CrossEntropySettings inPlace = of(everything(NONE).inPlaceOfLogits()).withProbabilities();
    return List.of(
        forward("none, smoothing", smooth, Out.LOSS, Out.DX),
        forward("mean, weights, ignoring -100", weights, Out.LOSS, Out.DX),
        forward("mean, probabilities", probabilities, Out.LOSS, Out.DX),
        forward("sum, mask, scale", scaled, Out.LOSS, Out.LSE, Out.LOG_PROB),
        forward("none, soft cap, z-loss", capped, Out.LOSS, Out.Z_LOSS, Out.DX),
        forward(
            EVERYTHING,
            everything,
            Out.LOSS,
            Out.Z_LOSS,
            Out.LSE,
            Out.PREDICTED,
            Out.CORRECT,
            Out.DX),
        forward("mean, predictions", of(DEFAULT.ignoring(0)), Out.CORRECT, Out.PREDICTED),
        forward("in place of x", inPlace, Out.LOSS, Out.DX),
        backward("mean, all options", everything, TOTAL),
        backward(
            "none, all options, probabilities",
            of(everything(NONE)).withWeights().withMask().withProbabilities(),
            PER_ROW),
        backward("in place of x", of(NONE.inPlaceOfLogits()), PER_ROW),
        likelihood("", of(DEFAULT)),
        likelihood("none, weights, ignoring -100", of(NONE.ignoring(-100)).withWeights()),
        likelihood("mean, weights, ignoring class 0", of(DEFAULT.ignoring(0)).withWeights()),
        likelihoodBackward("", of(DEFAULT), TOTAL),
        likelihoodBackward("sum, weights, no dloss", of(SUM.ignoring(-100)).withWeights(), ONE),
        likelihoodBackward("none, ignoring class 0", of(NONE.ignoring(0)), PER_ROW));
  }

  private static CrossEntropyOptions everything(CrossEntropyOptions options) {
    return options.with(LabelSmoothing.megatron(0.2)).withZLoss(0.003).scaledBy(0.6).cappedAt(12);
  }

  private static CrossEntropySettings of(CrossEntropyOptions options) {
    return CrossEntropySettings.of(options);
  }

  private static boolean needsClass(CrossEntropySettings settings) {
    return settings.plain().ignoreIndex().isEmpty() && !settings.probabilities();
  }

  static OpCase forward(String variant, CrossEntropySettings settings, Out... outs) {
    List<Out> wanted = Arrays.asList(outs);
    return new OpCase(
        "cross-entropy",
        wanted.contains(Out.DX) ? "forward+backward" : "forward",
        variant,
        CrossEntropy.class,
        o ->
            new CrossEntropy(
                o.x(),
                settings.operand(o),
                settings.options(o.inputs().cols()),
                outputs(o, settings.plain(), wanted)),
        new CrossEntropyReference(settings).outputs(ONE),
        needsClass(settings));
  }

  private static CrossEntropyOutputs outputs(
      Operands o, CrossEntropyOptions options, List<Out> wanted) {
    boolean perRow = options.reduction() == Reduction.NONE;
    CrossEntropyOutputs outputs = CrossEntropyOutputs.NONE;
    for (Out out : wanted) {
      String name = out.name();
      outputs =
          switch (out) {
            case LOSS -> outputs.withLoss(perRow ? o.outRow(name) : o.outTotal(name));
            case Z_LOSS -> outputs.withZLoss(perRow ? o.outRow(name) : o.outTotal(name));
            case LSE -> outputs.withLse(o.outRow(name));
            case PREDICTED -> outputs.withPredicted(o.outIndices(name));
            case CORRECT -> outputs.withCorrect(o.outTotal(name));
            case LOG_PROB -> outputs.withLogProb(o.outMatrix());
            case DX -> outputs.withDx(options.inPlace() ? o.x() : o.outMatrix());
          };
    }
    return outputs;
  }

  private static OpCase backward(
      String variant, CrossEntropySettings settings, Reference.Gradient gradient) {
    return new OpCase(
        "cross-entropy",
        "backward",
        variant,
        CrossEntropyBackward.class,
        o ->
            new CrossEntropyBackward(
                o.x(),
                incoming(o, gradient),
                settings.operand(o),
                settings.options(o.inputs().cols()),
                settings.plain().inPlace() ? o.x() : o.outMatrix()),
        new CrossEntropyReference(settings).outputs(gradient),
        needsClass(settings));
  }

  static @Nullable Matrix incoming(Operands o, Reference.Gradient gradient) {
    return switch (gradient) {
      case ONE -> null;
      case PER_ROW -> o.rowGradient();
      case TOTAL -> o.totalGradient();
    };
  }

  private static OpCase likelihood(String variant, CrossEntropySettings settings) {
    boolean perRow = settings.plain().reduction() == Reduction.NONE;
    return new OpCase(
        "nll",
        "forward",
        variant,
        Nll.class,
        o ->
            new Nll(
                o.logProbabilities(),
                labels(o, settings),
                settings.options(o.inputs().cols()),
                perRow ? o.outRow("loss") : o.outTotal("loss")),
        new CrossEntropyReference(settings).likelihood(ONE),
        needsClass(settings));
  }

  private static OpCase likelihoodBackward(
      String variant, CrossEntropySettings settings, Reference.Gradient gradient) {
    return new OpCase(
        "nll",
        "backward",
        variant,
        NllBackward.class,
        o ->
            new NllBackward(
                incoming(o, gradient),
                labels(o, settings),
                settings.options(o.inputs().cols()),
                o.outMatrix()),
        new CrossEntropyReference(settings).likelihood(gradient),
        needsClass(settings));
  }

  private static Labels labels(Operands o, CrossEntropySettings settings) {
    return (Labels) settings.operand(o);
  }
}
