package dev.logitcl.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code apply} for the derivative of a result in a direction. */
@SuppressWarnings("UnusedVariable") // picocli uses the annotated fields, ApplyFiles their names
final class JvpArguments {
  @Option(
      names = "--direction",
      paramLabel = "V.npy",
      description = "A direction in which X moves, shaped as X.")
  private @Nullable Path direction;

  @Option(
      names = "--jvp",
      paramLabel = "J.npy",
      description = "Where the derivative of the result in that direction goes.")
  private @Nullable NewFile jvp;
}
