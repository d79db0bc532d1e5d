package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import java.util.List;
import picocli.CommandLine.Option;

/** An operation of {@code apply} over one or more axes together. */
abstract class ApplyReduction extends ApplyToX {
  /** What {@code --keepdims} does, for the operations that have it. */
  static final String KEEP_DIMS = "Keep the reduced axes in the result, with size 1.";

  @Option(
      names = "--axis",
      split = Words.SPLIT,
      splitSynopsisLabel = ",",
      paramLabel = "A",
      description =
          "The axes that are reduced together; negative ones count from the end. Default: -1.")
  private List<Integer> axes = List.of();

  @Override
  final List<Integer> axes(NpyReader opened) {
    return axesOr(-1, axes, opened);
  }
}
