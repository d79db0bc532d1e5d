package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Nll;
import dev.logitcl.op.NllBackward;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code apply nll}. The gradient does not read the log-probabilities, so it takes their place. */
@Command(
    name = "nll",
    description = "The negative log-likelihood of log-probabilities X.",
    footer = "  logitcl apply nll --x log-probabilities.npy --target labels.npy --out loss.npy")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class ApplyNll extends ApplyLoss {
  @Option(
      names = "--target",
      required = true,
      paramLabel = "T.npy",
      description = "The targets: " + LossArguments.INDICES + ".")
  private Path target;

  @Mixin private GradientArguments gradients;

  @Override
  OnDevice open(ApplyFiles files) throws IOException {
    LossTarget targets = LossTarget.open(files, options(), false);
    CrossEntropyOptions all = targets.options();
    NpyReader gradOut = files.gradOut(targets.result(), "--grad-in");
    NpyWriter out = targets.output(files, "--out");
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    return device -> {
      Matrix y = device.loadX();
      Labels labels = (Labels) targets.upload(device, device.dtype());
      Matrix loss = device.wanted(out, targets.lossShape(device));
      if (loss != null) {
        device.run(() -> new Nll(y, labels, all, loss));
        device.write(out, loss);
      }
      if (gradIn != null) {
        Matrix dloss = device.gradient(gradOut, targets.lossShape(device), device.arithmetic());
        device.run(() -> new NllBackward(dloss, labels, all, y));
        device.writeTensor(gradIn, y);
      }
    };
  }
}
