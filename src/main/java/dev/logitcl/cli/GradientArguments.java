package dev.logitcl.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@code apply} for a result and the gradient with respect to X. */
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class GradientArguments {
  @Mixin private ResultArguments results;

  @Option(
      names = "--grad-in",
      paramLabel = "D.npy",
      description = "Where the gradient with respect to X goes.")
  private @Nullable NewFile gradIn;
}
