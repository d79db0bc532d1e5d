package dev.logitcl.examples;

import dev.logitcl.Tensors;
import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Axes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Torch7's module {@code nn.LogSoftMax} (torch/nn, {@code lib/THNN/generic/LogSoftMax.c}):
 *
 * <pre>
 *   updateOutput     output    = input - log sum exp(input)
 *   updateGradInput  gradInput = gradOutput - exp(output) * sum(gradOutput)
 * </pre>
 *
 * <p>over the classes: the only axis of a vector, the second of frames x classes, the first of C x
 * H x W, the second of N x C x H x W. Images are walked as they lie in memory.
 */
public final class TorchLogSoftMax {
  private final Tensors tensors;
  private @Nullable Tensor output;

  /** A module. */
  public TorchLogSoftMax(Backend backend) {
    this.tensors = Tensors.on(backend);
  }

  /** The forward pass; the module keeps its result for the backward pass. */
  public Tensor updateOutput(Tensor input) {
    output = new Tensor(tensors.logSoftmax(input.values(), classes(input)), input.dims());
    return output;
  }

  /** The backward pass, after the forward pass of the same input. */
  public Tensor updateGradInput(Tensor input, Tensor gradOutput) {
    if (output == null || !Arrays.equals(output.dims(), input.dims())) {
      throw new IllegalStateException("updateGradInput before updateOutput of the same input");
    }
    float[] gradient =
        tensors.logSoftmaxBackward(output.values(), gradOutput.values(), classes(input));
    return new Tensor(gradient, input.dims());
  }

  private static Axes classes(Tensor input) {
    return input.axes(classAxis(input));
  }

  private static int classAxis(Tensor input) {
    return switch (input.dims().length) {
      case 1, 3 -> 0;
      case 2, 4 -> 1;
      default -> throw new IllegalArgumentException("1D, 2D, 3D or 4D tensor expected");
    };
  }

  static List<Check> demo(Backend backend) {
    List<Check> checks = new ArrayList<>();
    // Log-probabilities down to -8, where a rounding is 2^-22; two of them, and those of the sum.
    double tolerance = 4 * 4 * Check.ROUNDING;
    TorchLogSoftMax module = new TorchLogSoftMax(backend);
    for (long[] dims : new long[][] {{5}, {3, 4}, {3, 2, 4}, {2, 3, 2, 4}}) {
      int elements = (int) Arrays.stream(dims).reduce(1, (a, b) -> a * b);
      Tensor input = new Tensor(Plain.random(elements, 3, dims.length), dims);
      Tensor gradOutput = new Tensor(Plain.random(elements, 1, 10 + dims.length), dims);
      double[] at = Plain.of(input.values());
      double[] g = Plain.of(gradOutput.values());
      int[] rows = Plain.rowOfEach(dims, classAxis(input));
      String name = Arrays.toString(dims);
      checks.add(
          Check.all(
              name + ": output",
              module.updateOutput(input).values(),
              logSoftmax(at, rows),
              tolerance));
      checks.add(
          Check.all(
              name + ": gradInput",
              module.updateGradInput(input, gradOutput).values(),
              Plain.gradient(x -> Plain.dot(logSoftmax(x, rows), g), at),
              tolerance));
    }
    return checks;
  }

  private static double[] logSoftmax(double[] x, int[] rows) {
    double[] sums = Plain.logSumExp(x, rows);
    double[] result = x.clone();
    Arrays.setAll(result, i -> x[i] - sums[rows[i]]);
    return result;
  }
}
