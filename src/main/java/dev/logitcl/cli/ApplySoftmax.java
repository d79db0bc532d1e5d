package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSoftmaxJvp;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import dev.logitcl.op.SoftmaxJvp;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code apply softmax} and {@code apply log-softmax}. The result replaces X and a gradient the
 * incoming one, so that no matrix of X's size is made for them.
 */
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
abstract class ApplySoftmax extends ApplyReduction {
  private final boolean log;

  @Mixin private EmptyRowArgument emptyRow;
  @Mixin private GradientArguments gradients;
  @Mixin private JvpArguments derivatives;

  /** With {@code log} the logarithm. */
  private ApplySoftmax(boolean log) {
    this.log = log;
  }

  @Override
  OnDevice open(ApplyFiles files) throws IOException {
    if (log) {
      files.arguments().requireNotBoth("--empty-row", "--jvp");
    }
    NpyReader direction = files.direction("--jvp");
    NpyReader gradOut = files.gradOut(files.shape(), "--grad-in");
    NpyWriter out = files.output("--out", files.shape());
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    NpyWriter jvp = files.output("--jvp", files.shape());
    return device -> {
      Matrix y = device.loadX();
      device.run(
          log ? new LogSoftmax(y, y, emptyRow.emptyRow()) : new Softmax(y, y, emptyRow.emptyRow()));
      device.writeTensor(out, y);
      if (jvp != null && direction != null) {
        Matrix v = device.loadTensor(direction, device.dtype());
        device.run(log ? new LogSoftmaxJvp(y, v, v) : new SoftmaxJvp(y, v, v));
        device.writeTensor(jvp, v);
      }
      if (gradIn != null) {
        Matrix dy = device.gradientTensor(gradOut);
        device.run(
            log
                ? new LogSoftmaxBackward(y, dy, dy, emptyRow.emptyRow())
                : new SoftmaxBackward(y, dy, dy));
        device.writeTensor(gradIn, dy);
      }
    };
  }

  /** Softmax itself. */
  @Command(
      name = "softmax",
      description = "exp(x) / sum exp(x) of each row.",
      footer = {
        "  logitcl apply softmax --x logits.npy --out probabilities.npy",
        "  logitcl apply softmax --x logits.npy --direction v.npy --jvp jv.npy"
      })
  static final class Plain extends ApplySoftmax {
    Plain() {
      super(false);
    }
  }

  /** The logarithm. */
  @Command(
      name = "log-softmax",
      description = "The logarithm of softmax: x - log sum exp(x).",
      footer = {
        "  logitcl apply log-softmax --x logits.npy --out log-probabilities.npy",
        "  logitcl apply log-softmax --x logits.npy --grad-out g.npy --grad-in dx.npy"
      })
  static final class OfLog extends ApplySoftmax {
    OfLog() {
      super(true);
    }
  }
}
