package dev.logitcl.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code apply} for a result and the gradient with respect to it. */
@SuppressWarnings("UnusedVariable") // picocli uses the annotated fields, ApplyFiles their names
final class ResultArguments {
  @Option(names = "--out", paramLabel = "Y.npy", description = "Where the result goes.")
  private @Nullable NewFile out;

  @Option(
      names = "--grad-out",
      paramLabel = "G.npy",
      description = "The gradient with respect to the result, shaped like it. Default: ones.")
  private @Nullable Path gradOut;
}
