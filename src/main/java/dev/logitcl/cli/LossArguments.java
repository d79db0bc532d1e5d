package dev.logitcl.cli;

import dev.logitcl.op.AllIgnored;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Reduction;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code apply} that every loss has. */
@SuppressWarnings("UnusedVariable") // picocli uses the annotated fields, ApplyFiles their names
final class LossArguments {
  /** What the targets of any loss may be. */
  static final String INDICES = "class indices (integers), shaped as X without its class axis";

  @Option(names = "--class-weight", paramLabel = "CW.npy", description = "A weight for each class.")
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
      description =
          "mean (default), sum or none. A mean or a sum of float16 is written as float32.")
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
}
