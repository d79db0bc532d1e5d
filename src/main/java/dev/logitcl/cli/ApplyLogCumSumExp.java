package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogCumSumExpBackward;
import java.io.IOException;

/** {@code apply log-cum-sum-exp}. Without a gradient the result replaces X. */
record ApplyLogCumSumExp() implements ApplyCalls {
  @Override
  public OnDevice open(ApplyFiles files) throws IOException {
    NpyReader gradOut = files.gradOut(files.shape());
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
