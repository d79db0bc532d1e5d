package dev.logitcl.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code apply} that belong to expectations. */
@SuppressWarnings("UnusedVariable") // picocli uses the annotated fields, ApplyFiles their names
final class ExpectationArguments {
  @Option(
      names = "--values",
      paramLabel = "T.npy",
      description =
          "expectation: the values, shaped as X; or as its reduced axes, for all rows alike.")
  private @Nullable Path values;

  @Option(
      names = "--values-matrix",
      paramLabel = "A.npy",
      description =
          "expectation: several values for each column, shaped as the reduced axes with one axis"
              + " more; the result has that axis too.")
  private @Nullable Path valuesMatrix;

  @Option(
      names = "--grad-values",
      paramLabel = "D.npy",
      description = "expectation: where the gradient with respect to the values goes.")
  private @Nullable Path gradValues;
}
