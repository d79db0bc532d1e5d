package dev.logitcl.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option {@code --where} of {@code apply}. */
@SuppressWarnings("UnusedVariable") // picocli uses the annotated field, ApplyFiles its name
final class WhereArgument {
  @Option(
      names = "--where",
      paramLabel = "M.npy",
      description = "Which elements take part, shaped as X: false or 0 for those that do not.")
  private @Nullable Path where;
}
