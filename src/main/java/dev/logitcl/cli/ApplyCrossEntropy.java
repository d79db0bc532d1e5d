package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyType;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyDoubleBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.CrossEntropyOutputs;
import dev.logitcl.op.LabelSmoothing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code apply cross-entropy}: all that is asked for in one call, except log-probabilities beside a
 * gradient, and a gradient that comes of another.
 */
@Command(
    name = "cross-entropy",
    description = "The cross-entropy of targets and the softmax of X.",
    footer = {
      "  logitcl apply cross-entropy --x logits.npy --target labels.npy \\",
      "      --ignore-index -100 --out loss.npy --grad-in dx.npy --device gpu",
      "  logitcl apply cross-entropy --x logits.npy --target labels.npy \\",
      "      --class-weight w.npy --label-smoothing 0.1 --z-loss 1e-4 --z-loss-out z.npy --out loss.npy"
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class ApplyCrossEntropy extends ApplyLoss {
  @Option(
      names = "--target",
      required = true,
      paramLabel = "T.npy",
      description = "The targets: " + INDICES + "; or probabilities (float), shaped as X.")
  private Path target;

  @Option(
      names = "--class-mask",
      paramLabel = "M.npy",
      description = "Which classes take part: false or 0 for those that do not.")
  private @Nullable Path classMask;

  @Option(
      names = "--label-smoothing",
      paramLabel = "E",
      description = "The part of a target that is spread over the classes, 0 to 1.")
  private @Nullable Double labelSmoothing;

  @Option(
      names = "--smoothing-convention",
      paramLabel = "C",
      converter = ConventionConverter.class,
      description =
          "What that part is. pytorch (default): targets are (1 - E) t + E / K. megatron: the target"
              + " class keeps 1 - E.")
  private LabelSmoothing.@Nullable Convention convention;

  @Option(names = "--z-loss", paramLabel = "L", description = "Add the gradient of L lse^2.")
  private @Nullable Double zLoss;

  @Option(names = "--soft-cap", paramLabel = "C", description = "Scores are C tanh(score / C).")
  private @Nullable Double softCap;

  @Option(
      names = "--logit-scale",
      paramLabel = "S",
      description = "Scores are X times S, before the cap.")
  private @Nullable Double logitScale;

  @Mixin private GradientArguments gradients;

  @Option(
      names = "--log-prob",
      paramLabel = "P.npy",
      description = "Where the log-softmax of the scores goes.")
  private @Nullable NewFile logProb;

  @Option(
      names = "--z-loss-out",
      paramLabel = "Z.npy",
      description = "Where L lse^2 goes, reduced as the loss is.")
  private @Nullable NewFile zLossOut;

  @Option(
      names = "--lse",
      paramLabel = "L.npy",
      description = "Where the log-sum-exp of the scores goes.")
  private @Nullable NewFile lse;

  @Option(
      names = "--predicted",
      paramLabel = "C.npy",
      description = "Where the most likely classes go (int32); of equal ones the lowest.")
  private @Nullable NewFile predicted;

  @Option(
      names = "--correct",
      paramLabel = "N.npy",
      description = "Where the number of right predictions goes.")
  private @Nullable NewFile correct;

  @Option(
      names = "--direction",
      paramLabel = "V.npy",
      description = "A direction in which X moves, shaped as X.")
  private @Nullable Path direction;

  @Option(
      names = "--hvp",
      paramLabel = "H.npy",
      description = {
        "Where the Hessian times the direction and the --grad-out goes.",
        "The Hessian is that of the plain loss: without class weights or mask, smoothing, z-loss, soft"
            + " cap and logit scale."
      })
  private @Nullable NewFile hvp;

  @Option(
      names = "--grad-grad-out",
      paramLabel = "D.npy",
      description = "Where the gradient of <--grad-in, direction> with respect to --grad-out goes.")
  private @Nullable NewFile gradGradOut;

  /** Reads a {@link LabelSmoothing.Convention}. */
  static final class ConventionConverter extends Constant<LabelSmoothing.Convention> {
    ConventionConverter() {
      super(LabelSmoothing.Convention.values());
    }
  }

  @Override
  CrossEntropyOptions options() {
    if (convention != null && labelSmoothing == null) {
      throw UsageException.of(
          "--smoothing-convention", "it alone", "it with --label-smoothing only");
    }
    if (zLossOut != null && zLoss == null) {
      throw UsageException.of("--z-loss-out", "it alone", "it with --z-loss only");
    }
    CrossEntropyOptions options = super.options();
    try {
      if (labelSmoothing != null) {
        LabelSmoothing.Convention meaning =
            convention == null ? LabelSmoothing.Convention.PYTORCH : convention;
        options = options.with(new LabelSmoothing(labelSmoothing, meaning));
      }
      options = zLoss == null ? options : options.withZLoss(zLoss);
      options = logitScale == null ? options : options.scaledBy(logitScale);
      return softCap == null ? options : options.cappedAt(softCap);
    } catch (IllegalArgumentException e) {
      throw new UsageException("apply: " + e.getMessage(), e);
    }
  }

  @Override
  OnDevice open(ApplyFiles files) throws IOException {
    LossTarget targets = LossTarget.open(files, options(), true);
    CrossEntropyOptions all = targets.options();
    NpyReader along = files.direction("--hvp", "--grad-grad-out");
    if (along != null && targets.labels() == null) {
      throw UsageException.of("--direction", "probabilities as targets", "class indices");
    }
    List<Long> each = files.view().reduced(false);
    NpyReader gradOut = files.gradOut(targets.result(), "--grad-in", "--hvp", "--grad-grad-out");
    NpyWriter out = files.output("--out", targets.result());
    NpyWriter toZLoss = files.output("--z-loss-out", targets.result());
    NpyWriter toLse = files.output("--lse", each);
    NpyWriter toPredicted = files.output("--predicted", NpyType.I4, each);
    NpyWriter toCorrect = files.output("--correct", List.of());
    NpyWriter toLogProb = files.output("--log-prob", files.shape());
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    NpyWriter toHvp = files.output("--hvp", files.shape());
    NpyWriter toGradGradOut = files.output("--grad-grad-out", targets.result());
    return device -> {
      Matrix x = device.loadX();
      Target y = targets.upload(device);
      Shape lossShape = targets.lossShape(device);
      if (along != null) {
        Matrix v = device.loadTensor(along, device.dtype());
        Matrix g = device.gradient(gradOut, lossShape, device.arithmetic());
        Matrix dg = device.wanted(toGradGradOut, lossShape);
        Matrix ddx = toHvp == null ? null : device.tensor();
        device.run(() -> new CrossEntropyDoubleBackward(x, v, g, (Labels) y, all, dg, ddx));
        device.write(toGradGradOut, dg);
        device.write(toHvp, ddx);
      }
      Matrix dx = gradIn == null ? null : device.tensor();
      boolean fused = gradOut == null;
      CrossEntropyOutputs outputs =
          CrossEntropyOutputs.NONE
              .withLoss(device.wanted(out, lossShape))
              .withZLoss(device.wanted(toZLoss, lossShape))
              .withLse(device.wanted(toLse, device.perRow()))
              .withPredicted(device.wanted(toPredicted, device.perRow(), DType.I32))
              .withCorrect(device.wanted(toCorrect, Shape.column(1)))
              .withDx(fused ? dx : null);
      if (!outputs.equals(CrossEntropyOutputs.NONE)) {
        device.run(() -> new CrossEntropy(x, y, all, outputs));
      }
      if (dx != null && !fused) {
        Matrix dloss = device.gradient(gradOut, lossShape, device.arithmetic());
        device.run(() -> new CrossEntropyBackward(x, dloss, y, all, dx));
      }
      device.write(out, outputs.loss());
      device.write(toZLoss, outputs.zLoss());
      device.write(toLse, outputs.lse());
      device.write(toPredicted, outputs.predicted());
      device.write(toCorrect, outputs.correct());
      device.write(gradIn, dx);
      if (toLogProb != null) {
        // Another call, since one writes one matrix: that of the gradient has been written, if any.
        Matrix p = dx != null ? dx : device.tensor();
        device.run(() -> new CrossEntropy(x, y, all, CrossEntropyOutputs.NONE.withLogProb(p)));
        device.write(toLogProb, p);
      }
    };
  }
}
