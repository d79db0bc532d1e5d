package dev.logitcl.cli;

import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code apply log-mean-exp}. */
@Command(
    name = "log-mean-exp",
    description = "log mean exp(x) of each row; with a mask, too.",
    footer =
        "  logitcl apply log-mean-exp --x samples.npy --axis 0 --where mask.npy --out mean.npy")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class ApplyLogMeanExp extends ApplyReduction {
  @Option(names = "--keepdims", description = KEEP_DIMS)
  private boolean keepDims;

  @Mixin private WhereArgument where;
  @Mixin private GradientArguments gradients;

  @Override
  OnDevice open(ApplyFiles files) throws IOException {
    return new ApplyWeightedLogSumExp(true, keepDims).open(files);
  }
}
