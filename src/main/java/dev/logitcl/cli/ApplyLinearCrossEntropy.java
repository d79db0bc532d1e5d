package dev.logitcl.cli;

import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.LinearGradient;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code apply linear-cross-entropy}: gradients of what all rows share are added up on the device.
 */
@Command(
    name = "linear-cross-entropy",
    description = {
      "The cross-entropy of a linear layer's outputs.",
      ApplyLinear.ABOUT,
      "The gradients of W and B stay in the device's memory, too."
    },
    footer = {
      "  logitcl apply linear-cross-entropy --hidden h.npy --weights w.npy \\",
      "      --target labels.npy --ignore-index -100 --out loss.npy \\",
      "      --grad-hidden dh.npy --grad-weights dw.npy"
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class ApplyLinearCrossEntropy extends ApplyLinear {
  @Mixin private LossArguments loss;
  @Mixin private CrossEntropyArguments arguments;
  @Mixin private ResultArguments results;

  @Option(
      names = "--grad-hidden",
      paramLabel = "D.npy",
      description = "Where the gradient with respect to H goes.")
  private @Nullable NewFile gradHidden;

  @Option(
      names = "--grad-weights",
      paramLabel = "D.npy",
      description = "Where the gradient with respect to W goes.")
  private @Nullable NewFile gradWeights;

  @Option(
      names = "--grad-bias",
      paramLabel = "D.npy",
      description = "Where the gradient with respect to B goes, also without --bias.")
  private @Nullable NewFile gradBias;

  @Override
  OnDevice open(ApplyFiles files, LinearLayer layer) throws IOException {
    LossCall call =
        LossCall.open(
            files,
            arguments.options(loss.options()),
            "--grad-hidden",
            "--grad-weights",
            "--grad-bias");
    NpyWriter toHidden = files.output("--grad-hidden", layer.hidden().header().shape());
    NpyWriter toWeights = files.output("--grad-weights", layer.weights().header().shape());
    NpyWriter toBias = files.output("--grad-bias", layer.biasShape());
    return device -> {
      LinearLogits x = load(layer, device);
      Target y = call.targets().upload(device, x.dtype());
      Matrix dh = device.wanted(toHidden, x.hidden().shape());
      Matrix dw = device.kept().sum(toWeights, x.weights().shape(), x.dtype());
      Matrix db = device.kept().sum(toBias, new Shape(1, x.cols()), x.dtype());
      LinearGradient dx =
          dh == null && dw == null && db == null ? null : x.gradient(dh, dw, db).accumulating();
      call.run(device, x, y, dx);
      device.write(toHidden, dh);
    };
  }
}
