package dev.logitcl.cli;

import dev.logitcl.op.AllIgnored;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LabelSmoothing;
import dev.logitcl.op.Reduction;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

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
      description = "cross-entropy: where the log-softmax of the scores goes.")
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

  /** Reads the name of a constant, in small letters. */
  private abstract static class Constant<E extends Enum<E>> implements ITypeConverter<E> {
    private final E[] values;

    Constant(E[] values) {
      this.values = values;
    }

    @Override
    public E convert(String text) {
      for (E value : values) {
        if (value.name().toLowerCase(Locale.ROOT).equals(text)) {
          return value;
        }
      }
      String names =
          Arrays.stream(values)
              .map(value -> value.name().toLowerCase(Locale.ROOT))
              .collect(Collectors.joining(", "))
              .replaceFirst(", (?=[^,]*$)", " or ");
      throw new TypeConversionException("found '" + text + "', expected " + names);
    }
  }

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

  /** What {@code nll} has in common with cross-entropy. */
  private static final Set<String> OF_NLL =
      Set.of("--target", "--class-weight", "--ignore-index", "--reduction", "--all-ignored");

  /**
   * What is asked for; null for an operation without targets.
   *
   * @throws UsageException if an option is not the operation's, or out of range
   */
  @Nullable LossRequest request(ApplyOp op) {
    given()
        .forEach(
            (option, there) -> {
              boolean nll = OF_NLL.contains(option);
              if (there && !(op == ApplyOp.CROSS_ENTROPY || (op == ApplyOp.NLL && nll))) {
                String owners = ApplyOp.CROSS_ENTROPY + (nll ? " and " + ApplyOp.NLL : "");
                throw UsageException.of(option, "it with " + op, "it with " + owners + " only");
              }
            });
    if (!op.hasTargets()) {
      return null;
    }
    if (target == null) {
      throw UsageException.of("--target", "nothing", "a file of class indices");
    }
    if (convention != null && labelSmoothing == null) {
      throw UsageException.of(
          "--smoothing-convention", "it alone", "it with --label-smoothing only");
    }
    if (zLossOut != null && zLoss == null) {
      throw UsageException.of("--z-loss-out", "it alone", "it with --z-loss only");
    }
    return new LossRequest(
        target, classWeight, classMask, options(), logProb, zLossOut, lse, predicted, correct);
  }

  private CrossEntropyOptions options() {
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

  private Map<String, Boolean> given() {
    Map<String, Boolean> given = new LinkedHashMap<>();
    given.put("--target", target != null);
    given.put("--class-weight", classWeight != null);
    given.put("--class-mask", classMask != null);
    given.put("--ignore-index", ignoreIndex != null);
    given.put("--reduction", reduction != null);
    given.put("--all-ignored", allIgnored != null);
    given.put("--label-smoothing", labelSmoothing != null);
    given.put("--smoothing-convention", convention != null);
    given.put("--z-loss", zLoss != null);
    given.put("--soft-cap", softCap != null);
    given.put("--logit-scale", logitScale != null);
    given.put("--log-prob", logProb != null);
    given.put("--z-loss-out", zLossOut != null);
    given.put("--lse", lse != null);
    given.put("--predicted", predicted != null);
    given.put("--correct", correct != null);
    return given;
  }
}
