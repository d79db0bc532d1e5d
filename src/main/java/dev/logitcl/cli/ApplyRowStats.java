package dev.logitcl.cli;

import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.ComputeRowStats;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code apply row-stats}. The files of a half type's statistics are float32, as the statistics
 * are: a sum of more than 65504 has no half.
 */
@Command(
    name = "row-stats",
    description = {
      "The maximum of each row, and its sum of exponentials.",
      "They are logsumexp in two parts, which can be merged with those of further columns:"
          + " logsumexp = maximum + log(sum). The results of float16 are float32."
    },
    footer = "  logitcl apply row-stats --x shard.npy --max m.npy --sum-exp s.npy")
@SuppressWarnings("UnusedVariable") // picocli uses the annotated fields, ApplyFiles their names
final class ApplyRowStats extends ApplyReduction {
  @Option(names = "--keepdims", description = KEEP_DIMS)
  private boolean keepDims;

  @Option(
      names = "--max",
      paramLabel = "M.npy",
      description = "Where the maximum of each row goes.")
  private @Nullable NewFile maxima;

  @Option(
      names = "--sum-exp",
      paramLabel = "S.npy",
      description = "Where the sum of exp(x - maximum) of each row goes.")
  private @Nullable NewFile sums;

  @Override
  OnDevice open(ApplyFiles files) throws IOException {
    List<Long> result = files.view().reduced(keepDims);
    NpyWriter max = files.total("--max", result);
    NpyWriter sumExp = files.total("--sum-exp", result);
    return device -> {
      Matrix m = device.allocate(device.perRow(), device.arithmetic());
      Matrix s = device.allocate(device.perRow(), device.arithmetic());
      device.run(new ComputeRowStats(device.loadX(), m, s));
      device.write(max, m);
      device.write(sumExp, s);
    };
  }
}
