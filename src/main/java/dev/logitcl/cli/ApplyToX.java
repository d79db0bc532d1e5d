package dev.logitcl.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** An operation of {@code apply} on an array X that is in a file. */
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
abstract class ApplyToX extends ApplyOperation {
  @Option(
      names = "--x",
      required = true,
      paramLabel = "X.npy",
      description =
          "The input: float32, float64 or float16; C order, or Fortran order, which is converted.")
  private Path x;

  @Override
  final String input() {
    return "--x";
  }
}
