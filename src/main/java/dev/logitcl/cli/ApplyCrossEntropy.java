package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyType;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyDoubleBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.CrossEntropyOutputs;
import java.io.IOException;
import java.util.List;

/**
 * {@code apply cross-entropy}: all that is asked for in one call, but for log-probabilities beside
 * a gradient, and a gradient that comes of another.
 *
 * @param options the options that are no files
 */
record ApplyCrossEntropy(CrossEntropyOptions options) implements ApplyCalls {
  /** The derivatives of the gradient. */
  private static final List<String> SECOND = List.of("--hvp", "--grad-grad-out");

  @Override
  public OnDevice open(ApplyFiles files) throws IOException {
    LossTarget targets = LossTarget.open(files, options, true);
    CrossEntropyOptions all = targets.options();
    NpyReader direction = files.direction(SECOND);
    if (direction != null && targets.labels() == null) {
      throw UsageException.of("--direction", "probabilities as targets", "class indices");
    }
    List<Long> each = files.view().reduced(false);
    NpyReader gradOut = files.gradOut(targets.result());
    NpyWriter out = files.output("--out", targets.result());
    NpyWriter zLoss = files.output("--z-loss-out", targets.result());
    NpyWriter lse = files.output("--lse", each);
    NpyWriter predicted = files.output("--predicted", NpyType.I4, each);
    NpyWriter correct = files.output("--correct", List.of());
    NpyWriter logProb = files.output("--log-prob", files.shape());
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    NpyWriter hvp = files.output("--hvp", files.shape());
    NpyWriter gradGradOut = files.output("--grad-grad-out", targets.result());
    return device -> {
      Matrix x = device.loadX();
      Target target = targets.upload(device);
      Shape lossShape = targets.lossShape(device);
      if (direction != null) {
        Matrix v = device.loadTensor(direction, device.dtype());
        Matrix g = device.gradient(gradOut, lossShape, device.arithmetic());
        Matrix dg = device.wanted(gradGradOut, lossShape);
        Matrix ddx = hvp == null ? null : device.tensor();
        device.run(() -> new CrossEntropyDoubleBackward(x, v, g, (Labels) target, all, dg, ddx));
        device.write(gradGradOut, dg);
        device.write(hvp, ddx);
      }
      Matrix dx = gradIn == null ? null : device.tensor();
      boolean fused = gradOut == null;
      CrossEntropyOutputs outputs =
          CrossEntropyOutputs.NONE
              .withLoss(device.wanted(out, lossShape))
              .withZLoss(device.wanted(zLoss, lossShape))
              .withLse(device.wanted(lse, device.perRow()))
              .withPredicted(device.wanted(predicted, device.perRow(), DType.I32))
              .withCorrect(device.wanted(correct, Shape.column(1)))
              .withDx(fused ? dx : null);
      if (!outputs.equals(CrossEntropyOutputs.NONE)) {
        device.run(() -> new CrossEntropy(x, target, all, outputs));
      }
      if (dx != null && !fused) {
        Matrix dloss = device.gradient(gradOut, lossShape, device.arithmetic());
        device.run(() -> new CrossEntropyBackward(x, dloss, target, all, dx));
      }
      device.write(out, outputs.loss());
      device.write(zLoss, outputs.zLoss());
      device.write(lse, outputs.lse());
      device.write(predicted, outputs.predicted());
      device.write(correct, outputs.correct());
      device.write(gradIn, dx);
      if (logProb != null) {
        // Another call, since one writes one matrix: that of the gradient has been written, if any.
        Matrix y = dx != null ? dx : device.tensor();
        device.run(() -> new CrossEntropy(x, target, all, CrossEntropyOutputs.NONE.withLogProb(y)));
        device.write(logProb, y);
      }
    };
  }
}
