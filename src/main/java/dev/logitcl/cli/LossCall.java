package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyType;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.CrossEntropyOutputs;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cross-entropy with the files that it reads beside the logits and writes beside gradients: all
 * that is asked for in one call, except the gradient that comes of another.
 */
record LossCall(
    LossTarget targets,
    @Nullable NpyReader gradOut,
    @Nullable NpyWriter out,
    @Nullable NpyWriter zLoss,
    @Nullable NpyWriter lse,
    @Nullable NpyWriter predicted,
    @Nullable NpyWriter correct) {

  /**
   * Opens the files.
   *
   * @param options the options that are no files
   * @param gradients the options that need the incoming gradient
   */
  static LossCall open(ApplyFiles files, CrossEntropyOptions options, String... gradients)
      throws IOException {
    LossTarget targets = LossTarget.open(files, options, true);
    List<Long> each = files.view().reduced(false);
    return new LossCall(
        targets,
        files.gradOut(targets.result(), gradients),
        targets.output(files, "--out"),
        targets.output(files, "--z-loss-out"),
        files.output("--lse", each),
        files.output("--predicted", NpyType.I4, each),
        files.total("--correct", List.of()));
  }

  /**
   * Computes what is asked for, and writes it, except the gradient.
   *
   * @param x the logits
   * @param y the targets, uploaded
   * @param dx receives the gradient with respect to the logits; null if it is not wanted
   */
  void run(ApplyDevice device, Matrix x, Target y, @Nullable Matrix dx) throws IOException {
    Shape lossShape = targets.lossShape(device);
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
      device.run(() -> new CrossEntropy(x, y, targets.options(), outputs));
    }
    if (dx != null && !fused) {
      Matrix dloss = device.gradient(gradOut, lossShape, device.arithmetic());
      device.run(() -> new CrossEntropyBackward(x, dloss, y, targets.options(), dx));
    }
    device.write(out, outputs.loss());
    device.write(zLoss, outputs.zLoss());
    device.write(lse, outputs.lse());
    device.write(predicted, outputs.predicted());
    device.write(correct, outputs.correct());
  }
}
