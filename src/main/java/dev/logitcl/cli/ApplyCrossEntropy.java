package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyDoubleBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.CrossEntropyOutputs;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code apply cross-entropy}: all that is asked for in one call, except log-probabilities beside a
 * gradient, and a gradient that comes of another.
 */
@Command(
    name = "cross-entropy",
    description = "The cross-entropy of targets and the softmax of X.",
    footer = {
      "  logitcl apply cross-entropy --x logits.npy --target labels.npy \\",
      "      --ignore-index -100 --out loss.npy --grad-in dx.npy --device gpu",
      "  logitcl apply cross-entropy --x logits.npy --target labels.npy \\",
      "      --class-weight w.npy --label-smoothing 0.1 --z-loss 1e-4 --z-loss-out z.npy --out loss.npy"
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class ApplyCrossEntropy extends ApplyLoss {
  @Mixin private CrossEntropyArguments arguments;

  @Mixin private GradientArguments gradients;

  @Option(
      names = "--log-prob",
      paramLabel = "P.npy",
      description = "Where the log-softmax of the scores goes.")
  private @Nullable NewFile logProb;

  @Option(
      names = "--direction",
      paramLabel = "V.npy",
      description = "A direction in which X moves, shaped as X.")
  private @Nullable Path direction;

  @Option(
      names = "--hvp",
      paramLabel = "H.npy",
      description = {
        "Where the Hessian times the direction and the --grad-out goes.",
        "The Hessian is that of the plain loss: without class weights or mask, smoothing, z-loss, soft"
            + " cap and logit scale."
      })
  private @Nullable NewFile hvp;

  @Option(
      names = "--grad-grad-out",
      paramLabel = "D.npy",
      description = "Where the gradient of <--grad-in, direction> with respect to --grad-out goes.")
  private @Nullable NewFile gradGradOut;

  @Override
  OnDevice open(ApplyFiles files) throws IOException {
    LossCall call =
        LossCall.open(files, arguments.options(options()), "--grad-in", "--hvp", "--grad-grad-out");
    LossTarget targets = call.targets();
    CrossEntropyOptions all = targets.options();
    NpyReader along = files.direction("--hvp", "--grad-grad-out");
    NpyWriter toLogProb = files.output("--log-prob", files.shape());
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    NpyWriter toHvp = files.output("--hvp", files.shape());
    NpyWriter toGradGradOut = targets.output(files, "--grad-grad-out");
    return device -> {
      Matrix x = device.loadX();
      Target y = targets.upload(device, device.dtype());
      if (along != null) {
        Shape lossShape = targets.lossShape(device);
        Matrix v = device.loadTensor(along, device.dtype());
        Matrix g = device.gradient(call.gradOut(), lossShape, device.arithmetic());
        Matrix dg = device.wanted(toGradGradOut, lossShape);
        Matrix ddx = toHvp == null ? null : device.tensor();
        device.run(() -> new CrossEntropyDoubleBackward(x, v, g, (Labels) y, all, dg, ddx));
        device.write(toGradGradOut, dg);
        device.write(toHvp, ddx);
      }
      Matrix dx = gradIn == null ? null : device.tensor();
      call.run(device, x, y, dx);
      device.write(gradIn, dx);
      if (toLogProb != null) {
        // Another call, since one writes one matrix: that of the gradient has been written, if any.
        Matrix p = dx != null ? dx : device.tensor();
        device.run(() -> new CrossEntropy(x, y, all, CrossEntropyOutputs.NONE.withLogProb(p)));
        device.write(toLogProb, p);
      }
    };
  }
}
