package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.EmptyRow;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.LogSumExpHvp;
import dev.logitcl.op.LogSumExpJvp;
import java.io.IOException;
import java.util.List;

/**
 * {@code apply logsumexp}, plain. The gradient replaces X.
 *
 * @param keepDims whether the result keeps reduced axes as 1
 * @param emptyRow what the gradient of a row of -inf only is
 */
record ApplyLogSumExp(boolean keepDims, EmptyRow emptyRow) implements ApplyCalls {
  @Override
  public OnDevice open(ApplyFiles files) throws IOException {
    List<Long> result = files.view().reduced(keepDims);
    files.arguments().requireNotBoth("--empty-row", "--jvp");
    files.arguments().requireNotBoth("--empty-row", "--hvp");
    NpyReader direction = files.direction(List.of("--jvp", "--hvp"));
    NpyReader gradOut = files.gradOut(result);
    NpyWriter out = files.output("--out", result);
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    NpyWriter jvp = files.output("--jvp", result);
    NpyWriter hvp = files.output("--hvp", files.shape());
    return device -> {
      Matrix x = device.loadX();
      if (direction != null) {
        Matrix v = device.loadTensor(direction, device.dtype());
        if (jvp != null) {
          Matrix jv = device.allocate(device.perRow(), device.arithmetic());
          device.run(new LogSumExpJvp(x, v, jv));
          device.write(jvp, jv);
        }
        if (hvp != null) {
          Matrix hv = device.tensor();
          device.run(new LogSumExpHvp(x, v, device.gradientPerRow(gradOut), hv));
          device.writeTensor(hvp, hv);
        }
      }
      if (out == null && gradIn == null) {
        return;
      }
      Matrix lse = device.allocate(device.perRow(), device.arithmetic());
      device.run(new LogSumExp(x, lse));
      device.write(out, lse);
      if (gradIn != null) {
        Matrix dlse = device.gradientPerRow(gradOut);
        device.run(new LogSumExpBackward(x, lse, dlse, x, emptyRow));
        device.writeTensor(gradIn, x);
      }
    };
  }
}
