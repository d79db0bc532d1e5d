package dev.logitcl.cli;

import dev.logitcl.io.BadFileException;
import dev.logitcl.io.NpyReader;
import dev.logitcl.op.AllIgnored;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** An operation of {@code apply} with a target for each row: a loss over an axis of classes. */
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
abstract class ApplyLoss extends ApplyOperation {
  /** What the targets of any loss may be. */
  static final String INDICES = "class indices (integers), shaped as X without its class axis";

  @Option(
      names = "--axis",
      split = Words.SPLIT,
      splitSynopsisLabel = ",",
      paramLabel = "A",
      description =
          "The class axis; a negative one counts from the end. Default: 1, or 0 for one dimension.")
  private List<Integer> axes = List.of();

  @Option(names = "--class-weight", paramLabel = "W.npy", description = "A weight for each class.")
  private @Nullable Path classWeight;

  @Option(
      names = "--ignore-index",
      paramLabel = "N",
      description = "Leave out the rows that have this target. Default: none.")
  private @Nullable Integer ignoreIndex;

  @Option(
      names = "--reduction",
      paramLabel = "R",
      converter = ReductionConverter.class,
      description = "mean (default), sum or none.")
  private Reduction reduction = Reduction.MEAN;

  @Option(
      names = "--all-ignored",
      paramLabel = "V",
      converter = AllIgnoredConverter.class,
      description = "What the mean over no rows is: nan (default) or zero.")
  private AllIgnored allIgnored = AllIgnored.NAN;

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

  /** The options that are no files. */
  CrossEntropyOptions options() {
    return new CrossEntropyOptions(
            reduction, ignoreIndex == null ? OptionalInt.empty() : OptionalInt.of(ignoreIndex))
        .with(allIgnored);
  }

  @Override
  final List<Integer> axes(NpyReader opened) throws BadFileException {
    requireOne(axes, "that of the classes");
    int dimensions = opened.header().shape().size();
    if (dimensions == 0) {
      throw new BadFileException(opened.file(), "a single value, shape ()", "an axis of classes");
    }
    return axesOr(Math.min(1, dimensions - 1), axes, opened);
  }
}
