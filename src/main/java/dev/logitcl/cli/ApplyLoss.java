package dev.logitcl.cli;

import dev.logitcl.io.BadFileException;
import dev.logitcl.io.NpyReader;
import dev.logitcl.op.CrossEntropyOptions;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** An operation of {@code apply} with a target for each row: a loss over an axis of classes. */
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
abstract class ApplyLoss extends ApplyToX {
  @Option(
      names = "--axis",
      split = Words.SPLIT,
      splitSynopsisLabel = ",",
      paramLabel = "A",
      description =
          "The class axis; a negative one counts from the end. Default: 1, or 0 for one dimension.")
  private List<Integer> axes = List.of();

  @Mixin private LossArguments loss;

  /** The options of every loss that are no files. */
  final CrossEntropyOptions options() {
    return loss.options();
  }

  @Override
  final List<Integer> axes(NpyReader opened) throws BadFileException {
    requireOne(axes, "that of the classes");
    int dimensions = opened.header().shape().size();
    if (dimensions == 0) {
      throw new BadFileException(opened.file(), "a single value, shape ()", "an axis of classes");
    }
    return axesOr(Math.min(1, dimensions - 1), axes, opened);
  }
}
