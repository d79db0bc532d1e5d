package dev.logitcl.cli;

import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LabelSmoothing;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options of {@code apply} for cross-entropy beside those of every loss, for logits in a file
 * and for those of a linear layer.
 */
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class CrossEntropyArguments {
  @Option(
      names = "--target",
      required = true,
      paramLabel = "T.npy",
      description =
          "The targets: " + LossArguments.INDICES + "; or probabilities (float), shaped as X.")
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

  @Option(
      names = "--z-loss",
      paramLabel = "L",
      description =
          "A penalty L lse^2, lse the log-sum-exp of the scores. The gradients contain its gradient;"
              + " the loss does not contain it.")
  private @Nullable Double zLoss;

  @Option(names = "--soft-cap", paramLabel = "C", description = "Scores are C tanh(score / C).")
  private @Nullable Double softCap;

  @Option(
      names = "--logit-scale",
      paramLabel = "S",
      description = "Scores are X times S, before the cap.")
  private @Nullable Double logitScale;

  @Option(
      names = "--z-loss-out",
      paramLabel = "Z.npy",
      description = "Where that penalty goes, reduced as the loss is.")
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
      description = "Where the number of right predictions goes; float32 for float16.")
  private @Nullable NewFile correct;

  /** Reads a {@link LabelSmoothing.Convention}. */
  static final class ConventionConverter extends Constant<LabelSmoothing.Convention> {
    ConventionConverter() {
      super(LabelSmoothing.Convention.values());
    }
  }

  /** Adds the options that are no files to those of every loss. */
  CrossEntropyOptions options(CrossEntropyOptions ofLoss) {
    if (convention != null && labelSmoothing == null) {
      throw UsageException.of(
          "--smoothing-convention", "it alone", "it with --label-smoothing only");
    }
    if (zLossOut != null && zLoss == null) {
      throw UsageException.of("--z-loss-out", "it alone", "it with --z-loss only");
    }
    if (zLossOut != null && zLoss != null && zLoss == 0) {
      throw UsageException.of("--z-loss-out", "it with --z-loss " + zLoss, "a --z-loss above 0");
    }
    CrossEntropyOptions options = ofLoss;
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
}
