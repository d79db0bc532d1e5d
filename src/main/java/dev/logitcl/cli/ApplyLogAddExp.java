package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogAddExp;
import dev.logitcl.op.LogAddExpBackward;
import java.io.IOException;

/** {@code apply log-add-exp}: element by element, of two files of one shape. */
record ApplyLogAddExp() implements ApplyCalls {
  @Override
  public OnDevice open(ApplyFiles files) throws IOException {
    NpyReader y = files.required("--y", "a file of X's shape");
    y.requireFloating();
    ApplyFiles.requireShape(y, files.shape(), "the shape of X");
    NpyReader gradOut = files.gradOut(files.shape());
    NpyWriter out = files.output("--out", files.shape());
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    NpyWriter gradY = files.output("--grad-y", files.shape());
    return device -> {
      Matrix a = device.loadX();
      Matrix b = device.loadTensor(y, device.dtype());
      boolean backward = gradIn != null || gradY != null;
      Matrix result = backward ? device.tensor() : a;
      if (out != null) {
        device.run(new LogAddExp(a, b, result));
        device.writeTensor(out, result);
      }
      if (backward) {
        Matrix g = device.gradientTensor(gradOut);
        if (gradIn != null) {
          device.run(new LogAddExpBackward(a, b, g, result));
          device.writeTensor(gradIn, result);
        }
        if (gradY != null) {
          device.run(new LogAddExpBackward(b, a, g, result));
          device.writeTensor(gradY, result);
        }
      }
    };
  }
}
