package dev.logitcl.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code apply} for a result and the gradient with respect to X. */
@SuppressWarnings("UnusedVariable") // picocli uses the annotated fields, ApplyFiles their names
final class GradientArguments {
  @Option(names = "--out", paramLabel = "Y.npy", description = "Where the result goes.")
  private @Nullable NewFile out;

  @Option(
      names = "--grad-out",
      paramLabel = "G.npy",
      description = "The gradient with respect to the result, shaped like it. Default: ones.")
  private @Nullable Path gradOut;

  @Option(
      names = "--grad-in",
      paramLabel = "D.npy",
      description = "Where the gradient with respect to X goes.")
  private @Nullable NewFile gradIn;
}
