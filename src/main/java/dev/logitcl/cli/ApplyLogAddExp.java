package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogAddExp;
import dev.logitcl.op.LogAddExpBackward;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code apply log-add-exp}: element by element, of two files of one shape. */
@Command(
    name = "log-add-exp",
    description = "log(exp(x) + exp(y)), element by element.",
    footer = "  logitcl apply log-add-exp --x a.npy --y b.npy --out sum.npy")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class ApplyLogAddExp extends ApplyToX {
  @Option(
      names = "--y",
      required = true,
      paramLabel = "Y.npy",
      description = "The other input, shaped as X.")
  private @Nullable Path y;

  @Mixin private GradientArguments gradients;

  @Option(
      names = "--grad-y",
      paramLabel = "D.npy",
      description = "Where the gradient with respect to Y goes.")
  private @Nullable NewFile gradY;

  @Override
  OnDevice open(ApplyFiles files) throws IOException {
    NpyReader other = files.required("--y");
    other.requireFloating();
    ApplyFiles.requireShape(other, files.shape(), "the shape of X");
    NpyReader gradOut = files.gradOut(files.shape(), "--grad-in", "--grad-y");
    NpyWriter out = files.output("--out", files.shape());
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    NpyWriter otherGrad = files.output("--grad-y", files.shape());
    return device -> {
      Matrix a = device.loadX();
      Matrix b = device.loadTensor(other, device.dtype());
      boolean backward = gradIn != null || otherGrad != null;
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
        if (otherGrad != null) {
          device.run(new LogAddExpBackward(b, a, g, result));
          device.writeTensor(otherGrad, result);
        }
      }
    };
  }
}
