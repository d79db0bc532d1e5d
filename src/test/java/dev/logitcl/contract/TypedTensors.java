package dev.logitcl.contract;

import dev.logitcl.Tensors;
import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.DType;
import dev.logitcl.op.CrossEntropyOptions;
import java.util.List;
import java.util.stream.IntStream;

/** {@link Tensors} in one element type; outside, numbers are doubles. */
public interface TypedTensors {
  static TypedTensors of(Backend backend, DType dtype) {
    Tensors tensors = Tensors.on(backend);
    return dtype == DType.F64 ? new Doubles(tensors) : new Floats(tensors);
  }

  double[] logSumExp(double[] x, Axes axes);

  double[] logSumExpBackward(double[] x, double[] dlse, Axes axes);

  double[] logSoftmax(double[] x, Axes axes);

  double[] logSoftmaxBackward(double[] y, double[] dy, Axes axes);

  double[] softmax(double[] x, Axes axes);

  double[] softmaxBackward(double[] y, double[] dy, Axes axes);

  double[] crossEntropy(double[] x, int[] target, Axes classes, CrossEntropyOptions options);

  double[] crossEntropy(double[] x, double[] target, Axes classes, CrossEntropyOptions options);

  double[] crossEntropyBackward(
      double[] x, double[] target, Axes classes, CrossEntropyOptions options);

  double[] crossEntropyBackward(
      double[] x, int[] target, Axes classes, CrossEntropyOptions options);

  /** Losses, gradient. */
  List<double[]> crossEntropyWithGradient(
      double[] x, int[] target, Axes classes, CrossEntropyOptions options);

  /** Losses, gradient. */
  List<double[]> crossEntropyWithGradient(
      double[] x, double[] target, Axes classes, CrossEntropyOptions options);

  double[] nll(double[] y, int[] target, Axes classes, CrossEntropyOptions options);

  double[] nllBackward(double[] dloss, int[] target, Axes classes, CrossEntropyOptions options);

  double[] logCumSumExp(double[] x, Axes axes);

  double[] logCumSumExpBackward(double[] x, double[] y, double[] dy, Axes axes);

  /** In float64. */
  record Doubles(Tensors on) implements TypedTensors {
    @Override
    public double[] logSumExp(double[] x, Axes axes) {
      return on.logSumExp(x, axes);
    }

    @Override
    public double[] logSumExpBackward(double[] x, double[] dlse, Axes axes) {
      return on.logSumExpBackward(x, dlse, axes);
    }

    @Override
    public double[] logSoftmax(double[] x, Axes axes) {
      return on.logSoftmax(x, axes);
    }

    @Override
    public double[] logSoftmaxBackward(double[] y, double[] dy, Axes axes) {
      return on.logSoftmaxBackward(y, dy, axes);
    }

    @Override
    public double[] softmax(double[] x, Axes axes) {
      return on.softmax(x, axes);
    }

    @Override
    public double[] softmaxBackward(double[] y, double[] dy, Axes axes) {
      return on.softmaxBackward(y, dy, axes);
    }

    @Override
    public double[] crossEntropy(double[] x, int[] target, Axes axes, CrossEntropyOptions options) {
      return on.crossEntropy(x, target, axes, options);
    }

    @Override
    public double[] crossEntropy(
        double[] x, double[] target, Axes axes, CrossEntropyOptions options) {
      return on.crossEntropy(x, target, axes, options);
    }

    @Override
    public double[] crossEntropyBackward(
        double[] x, double[] target, Axes axes, CrossEntropyOptions options) {
      return on.crossEntropyBackward(x, target, axes, options);
    }

    @Override
    public double[] nll(double[] y, int[] target, Axes axes, CrossEntropyOptions options) {
      return on.nll(y, target, axes, options);
    }

    @Override
    public double[] crossEntropyBackward(
        double[] x, int[] target, Axes axes, CrossEntropyOptions options) {
      return on.crossEntropyBackward(x, target, axes, options);
    }

    @Override
    public List<double[]> crossEntropyWithGradient(
        double[] x, int[] target, Axes axes, CrossEntropyOptions options) {
      var both = on.crossEntropyWithGradient(x, target, axes, options);
      return List.of(both.loss(), both.gradient());
    }

    @Override
    public List<double[]> crossEntropyWithGradient(
        double[] x, double[] target, Axes axes, CrossEntropyOptions options) {
      var both = on.crossEntropyWithGradient(x, target, axes, options);
      return List.of(both.loss(), both.gradient());
    }

    @Override
    public double[] nllBackward(
        double[] dloss, int[] target, Axes axes, CrossEntropyOptions options) {
      return on.nllBackward(dloss, target, axes, options);
    }

    @Override
    public double[] logCumSumExp(double[] x, Axes axes) {
      return on.logCumSumExp(x, axes);
    }

    @Override
    public double[] logCumSumExpBackward(double[] x, double[] y, double[] dy, Axes axes) {
      return on.logCumSumExpBackward(x, y, dy, axes);
    }
  }

  /** In float32, to which what is given is rounded. */
  record Floats(Tensors on) implements TypedTensors {
    @Override
    public double[] logSumExp(double[] x, Axes axes) {
      return wide(on.logSumExp(floats(x), axes));
    }

    @Override
    public double[] logSumExpBackward(double[] x, double[] dlse, Axes axes) {
      return wide(on.logSumExpBackward(floats(x), floats(dlse), axes));
    }

    @Override
    public double[] logSoftmax(double[] x, Axes axes) {
      return wide(on.logSoftmax(floats(x), axes));
    }

    @Override
    public double[] logSoftmaxBackward(double[] y, double[] dy, Axes axes) {
      return wide(on.logSoftmaxBackward(floats(y), floats(dy), axes));
    }

    @Override
    public double[] softmax(double[] x, Axes axes) {
      return wide(on.softmax(floats(x), axes));
    }

    @Override
    public double[] softmaxBackward(double[] y, double[] dy, Axes axes) {
      return wide(on.softmaxBackward(floats(y), floats(dy), axes));
    }

    @Override
    public double[] crossEntropy(double[] x, int[] target, Axes axes, CrossEntropyOptions options) {
      return wide(on.crossEntropy(floats(x), target, axes, options));
    }

    @Override
    public double[] crossEntropy(
        double[] x, double[] target, Axes axes, CrossEntropyOptions options) {
      return wide(on.crossEntropy(floats(x), floats(target), axes, options));
    }

    @Override
    public double[] crossEntropyBackward(
        double[] x, double[] target, Axes axes, CrossEntropyOptions options) {
      return wide(on.crossEntropyBackward(floats(x), floats(target), axes, options));
    }

    @Override
    public double[] nll(double[] y, int[] target, Axes axes, CrossEntropyOptions options) {
      return wide(on.nll(floats(y), target, axes, options));
    }

    @Override
    public double[] crossEntropyBackward(
        double[] x, int[] target, Axes axes, CrossEntropyOptions options) {
      return wide(on.crossEntropyBackward(floats(x), target, axes, options));
    }

    @Override
    public List<double[]> crossEntropyWithGradient(
        double[] x, int[] target, Axes axes, CrossEntropyOptions options) {
      var both = on.crossEntropyWithGradient(floats(x), target, axes, options);
      return List.of(wide(both.loss()), wide(both.gradient()));
    }

    @Override
    public List<double[]> crossEntropyWithGradient(
        double[] x, double[] target, Axes axes, CrossEntropyOptions options) {
      var both = on.crossEntropyWithGradient(floats(x), floats(target), axes, options);
      return List.of(wide(both.loss()), wide(both.gradient()));
    }

    @Override
    public double[] nllBackward(
        double[] dloss, int[] target, Axes axes, CrossEntropyOptions options) {
      return wide(on.nllBackward(floats(dloss), target, axes, options));
    }

    @Override
    public double[] logCumSumExp(double[] x, Axes axes) {
      return wide(on.logCumSumExp(floats(x), axes));
    }

    @Override
    public double[] logCumSumExpBackward(double[] x, double[] y, double[] dy, Axes axes) {
      return wide(on.logCumSumExpBackward(floats(x), floats(y), floats(dy), axes));
    }

    private static float[] floats(double[] values) {
      float[] narrow = new float[values.length];
      for (int i = 0; i < values.length; i++) {
        narrow[i] = (float) values[i];
      }
      return narrow;
    }

    private static double[] wide(float[] values) {
      return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }
  }
}
