package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.Nll;
import dev.logitcl.op.NllBackward;
import java.io.IOException;

/**
 * {@code apply nll}. The gradient does not read the log-probabilities, so it takes their place.
 *
 * @param options the options that are no files
 */
record ApplyNll(CrossEntropyOptions options) implements ApplyCalls {
  @Override
  public OnDevice open(ApplyFiles files) throws IOException {
    LossTarget targets = LossTarget.open(files, options, false);
    CrossEntropyOptions all = targets.options();
    NpyReader gradOut = files.gradOut(targets.result());
    NpyWriter out = files.output("--out", targets.result());
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    return device -> {
      Matrix y = device.loadX();
      Labels target = (Labels) targets.upload(device);
      Matrix loss = device.wanted(out, targets.lossShape(device));
      if (loss != null) {
        device.run(() -> new Nll(y, target, all, loss));
        device.write(out, loss);
      }
      if (gradIn != null) {
        Matrix dloss = device.gradient(gradOut, targets.lossShape(device), device.arithmetic());
        device.run(() -> new NllBackward(dloss, target, all, y));
        device.writeTensor(gradIn, y);
      }
    };
  }
}
