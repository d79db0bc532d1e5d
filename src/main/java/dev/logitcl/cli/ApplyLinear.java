package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyType;
import dev.logitcl.matrix.LinearLogits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** An operation of {@code apply} on X that a linear layer computes, and that is never stored. */
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
abstract class ApplyLinear extends ApplyOperation {
  /** What the help says of X, of memory and of element types. */
  static final String ABOUT =
      "X = H W^T + B, rows x classes, is never stored. One device computes, also with --device all,"
          + " and W and B stay in its memory; H may be larger, and with --device cpu W, too, which"
          + " is then read anew for each part of H. Outputs are float32, or float64 for float64"
          + " files.";

  /** A TiB, more than a device has. */
  private static final int MOST_MIB = 1 << 20;

  @Option(
      names = "--hidden",
      required = true,
      paramLabel = "H.npy",
      description =
          "The inputs of the layer, rows x width: float32, float64 or float16. The last axis is the"
              + " width; any axes before it are rows.")
  private Path hidden;

  @Option(
      names = "--weights",
      required = true,
      paramLabel = "W.npy",
      description = "The layer's weights, classes x width, rounded to H's type.")
  private Path weights;

  @Option(
      names = "--bias",
      paramLabel = "B.npy",
      description = "One value for each class. Default: none.")
  private @Nullable Path bias;

  @Option(
      names = "--scratch-mib",
      paramLabel = "N",
      order = Context.LATER,
      description =
          "How many MiB of X are computed at a time, at least a row. Default: ${DEFAULT-VALUE}.")
  private int scratchMib = (int) (LinearLogits.SCRATCH_BYTES >> 20);

  /** Opens what the operation reads and writes beside the layer. */
  abstract OnDevice open(ApplyFiles files, LinearLayer layer) throws IOException;

  @Override
  final OnDevice open(ApplyFiles files) throws IOException {
    if (scratchMib < 1 || scratchMib > MOST_MIB) {
      throw UsageException.of("--scratch-mib", String.valueOf(scratchMib), "1 to " + MOST_MIB);
    }
    return open(files, LinearLayer.open(files));
  }

  /** The logits of a part of the rows. */
  final LinearLogits load(LinearLayer layer, ApplyDevice device) throws IOException {
    return layer.load(device, (long) scratchMib << 20);
  }

  @Override
  final String input() {
    return "--hidden";
  }

  @Override
  final List<Long> shape(ApplyFiles files) throws IOException {
    return LinearLayer.open(files).x();
  }

  /** As they are computed: gradients of what all rows share are sums. */
  @Override
  final NpyType results(NpyType input) {
    return ApplyFiles.arithmetic(input);
  }

  @Override
  final boolean isParallel() {
    return false;
  }

  @Override
  final List<Integer> axes(NpyReader opened) {
    return List.of(-1);
  }
}
