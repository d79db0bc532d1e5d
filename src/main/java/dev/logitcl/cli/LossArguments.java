package dev.logitcl.cli;

import dev.logitcl.op.AllIgnored;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LabelSmoothing;
import dev.logitcl.op.Reduction;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code apply} that belong to cross-entropy and the negative log-likelihood. */
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class LossArguments {
  @Option(
      names = "--target",
      paramLabel = "T.npy",
      description =
          "cross-entropy, nll: class indices (int64, int32), shaped as X without the classes; or"
              + " for cross-entropy probabilities (float), shaped as X.")
  private @Nullable Path target;

  @Option(
      names = "--class-weight",
      paramLabel = "W.npy",
      description = "cross-entropy, nll: a weight per class.")
  private @Nullable Path classWeight;

  @Option(
      names = "--class-mask",
      paramLabel = "M.npy",
      description = "cross-entropy: classes that take part, 0 for those that do not.")
  private @Nullable Path classMask;

  @Option(
      names = "--ignore-index",
      paramLabel = "N",
      description = "cross-entropy, nll: leave out rows with this target; default: none.")
  private @Nullable Integer ignoreIndex;

  @Option(
      names = "--reduction",
      paramLabel = "R",
      converter = ReductionConverter.class,
      description = "cross-entropy, nll: mean (default), sum or none.")
  private @Nullable Reduction reduction;

  @Option(
      names = "--all-ignored",
      paramLabel = "V",
      converter = AllIgnoredConverter.class,
      description = "cross-entropy, nll: what the mean over no rows is, nan (default) or zero.")
  private @Nullable AllIgnored allIgnored;

  @Option(
      names = "--label-smoothing",
      paramLabel = "E",
      description = "cross-entropy: the part of a target that is spread over the classes, 0 to 1.")
  private @Nullable Double labelSmoothing;

  @Option(
      names = "--smoothing-convention",
      paramLabel = "C",
      converter = ConventionConverter.class,
      description =
          "cross-entropy: pytorch (default), (1 - E) t + E / K; megatron, the target keeps 1 - E.")
  private LabelSmoothing.@Nullable Convention convention;

  @Option(
      names = "--z-loss",
      paramLabel = "L",
      description = "cross-entropy: add the gradient of L lse^2.")
  private @Nullable Double zLoss;

  @Option(
      names = "--soft-cap",
      paramLabel = "C",
      description = "cross-entropy: scores are C tanh(score / C).")
  private @Nullable Double softCap;

  @Option(
      names = "--logit-scale",
      paramLabel = "S",
      description = "cross-entropy: X times S, before the cap.")
  private @Nullable Double logitScale;

  @Option(
      names = "--log-prob",
      paramLabel = "P.npy",
      description =
          "cross-entropy: where the log-softmax of the scores goes. token-logprobs: where the"
              + " log-probabilities of the chosen tokens go.")
  private @Nullable Path logProb;

  @Option(
      names = "--z-loss-out",
      paramLabel = "Z.npy",
      description = "cross-entropy: where L lse^2 goes, reduced as the loss is.")
  private @Nullable Path zLossOut;

  @Option(
      names = "--lse",
      paramLabel = "L.npy",
      description = "cross-entropy: where the log-sum-exp of the scores goes.")
  private @Nullable Path lse;

  @Option(
      names = "--predicted",
      paramLabel = "C.npy",
      description =
          "cross-entropy: where the most likely classes go (int32; the lowest of several).")
  private @Nullable Path predicted;

  @Option(
      names = "--correct",
      paramLabel = "N.npy",
      description = "cross-entropy: where the number of right predictions goes.")
  private @Nullable Path correct;

  /** Reads a {@link Reduction}. */
  static final class ReductionConverter extends Constant<Reduction> {
    ReductionConverter() {
      super(new Reduction[] {Reduction.MEAN, Reduction.SUM, Reduction.NONE});
    }
  }

  /** Reads an {@link AllIgnored}. */
  static final class AllIgnoredConverter extends Constant<AllIgnored> {
    AllIgnoredConverter() {
      super(AllIgnored.values());
    }
  }

  /** Reads a {@link LabelSmoothing.Convention}. */
  static final class ConventionConverter extends Constant<LabelSmoothing.Convention> {
    ConventionConverter() {
      super(LabelSmoothing.Convention.values());
    }
  }

  /**
   * The options that are no files.
   *
   * @throws UsageException if one is out of range, or lacks what it belongs to
   */
  CrossEntropyOptions options() {
    if (convention != null && labelSmoothing == null) {
      throw UsageException.of(
          "--smoothing-convention", "it alone", "it with --label-smoothing only");
    }
    if (zLossOut != null && zLoss == null) {
      throw UsageException.of("--z-loss-out", "it alone", "it with --z-loss only");
    }
    CrossEntropyOptions options =
        new CrossEntropyOptions(
                reduction == null ? Reduction.MEAN : reduction,
                ignoreIndex == null ? OptionalInt.empty() : OptionalInt.of(ignoreIndex))
            .with(allIgnored == null ? AllIgnored.NAN : allIgnored);
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
