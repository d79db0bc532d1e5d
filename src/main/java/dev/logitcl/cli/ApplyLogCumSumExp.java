package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogCumSumExpBackward;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code apply log-cum-sum-exp}. Without a gradient the result replaces X. */
@Command(
    name = "log-cum-sum-exp",
    description = "log sum exp of each element and those before it.",
    footer = "  logitcl apply log-cum-sum-exp --x x.npy --axis 0 --out y.npy --grad-in dx.npy")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class ApplyLogCumSumExp extends ApplyToX {
  @Option(
      names = "--axis",
      split = Words.SPLIT,
      splitSynopsisLabel = ",",
      paramLabel = "A",
      description =
          "The axis along which sums run; a negative one counts from the end. Default: -1.")
  private List<Integer> axes = List.of();

  @Mixin private GradientArguments gradients;

  @Override
  List<Integer> axes(NpyReader opened) {
    requireOne(axes, "that of the sums");
    return axesOr(-1, axes, opened);
  }

  @Override
  OnDevice open(ApplyFiles files) throws IOException {
    NpyReader gradOut = files.gradOut(files.shape(), "--grad-in");
    NpyWriter out = files.output("--out", files.shape());
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    return device -> {
      Matrix x = device.loadX();
      Matrix y = gradIn == null ? x : device.tensor();
      device.run(new LogCumSumExp(x, y));
      device.writeTensor(out, y);
      if (gradIn != null) {
        Matrix dy = device.gradientTensor(gradOut);
        Matrix dx = device.tensor();
        device.run(new LogCumSumExpBackward(x, y, dy, dx));
        device.writeTensor(gradIn, dx);
      }
    };
  }
}
