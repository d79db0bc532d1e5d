package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.EmptyRow;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSoftmaxJvp;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import dev.logitcl.op.SoftmaxJvp;
import java.io.IOException;
import java.util.List;

/**
 * {@code apply softmax} and {@code apply log-softmax}. The result replaces X and a gradient the
 * incoming one, so that no matrix of X's size is made for them.
 *
 * @param log whether it is the logarithm
 * @param emptyRow what a row of -inf only gives
 */
record ApplySoftmax(boolean log, EmptyRow emptyRow) implements ApplyCalls {
  @Override
  public OnDevice open(ApplyFiles files) throws IOException {
    if (log) {
      files.arguments().requireNotBoth("--empty-row", "--jvp");
    }
    NpyReader direction = files.direction(List.of("--jvp"));
    NpyReader gradOut = files.gradOut(files.shape());
    NpyWriter out = files.output("--out", files.shape());
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    NpyWriter jvp = files.output("--jvp", files.shape());
    return device -> {
      Matrix y = device.loadX();
      device.run(log ? new LogSoftmax(y, y, emptyRow) : new Softmax(y, y, emptyRow));
      device.writeTensor(out, y);
      if (jvp != null && direction != null) {
        Matrix v = device.loadTensor(direction, device.dtype());
        device.run(log ? new LogSoftmaxJvp(y, v, v) : new SoftmaxJvp(y, v, v));
        device.writeTensor(jvp, v);
      }
      if (gradIn != null) {
        Matrix dy = device.gradientTensor(gradOut);
        device.run(
            log ? new LogSoftmaxBackward(y, dy, dy, emptyRow) : new SoftmaxBackward(y, dy, dy));
        device.writeTensor(gradIn, dy);
      }
    };
  }
}
