package dev.logitcl;

import static dev.logitcl.ArrayOps.classes;
import static dev.logitcl.ArrayOps.probabilities;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.Axes;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogCumSumExp;
import dev.logitcl.op.LogCumSumExpBackward;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.Nll;
import dev.logitcl.op.NllBackward;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.util.function.Consumer;

/**
 * The operations along any axes of tensors in host arrays, row-major {@code float[]} in, new arrays
 * out; the same in double precision for {@code double[]}, where {@link Rows} has it:
 *
 * <pre>{@code
 * long[] dims = {2, 19, 512, 512};                                     // N, C, H, W
 * float[] logp = Tensors.on(backend).logSoftmax(x, Axes.of(dims, 1));  // over the classes
 * }</pre>
 *
 * <p>What has one value per row has one for each position along the other axes, in their order:
 * {@link Axes#reduced} has its dimensions, with or without the axes. Nothing is moved where the
 * axes are adjacent; else the tensor is transposed on the device, before and after. What each
 * operation computes is said at its record ({@link LogSoftmax} and so on); lengths that do not
 * match are {@link IllegalArgumentException}s. On a device, a record takes {@code
 * x.view(axes.shape())}.
 */
public final class Tensors {
  private final ArrayOps<float[]> floats;
  private final ArrayOps<double[]> doubles;

  private Tensors(Backend backend, Consumer<RunReport> listener) {
    this.floats = new ArrayOps<>(backend, ArrayType.FLOATS, listener);
    this.doubles = new ArrayOps<>(backend, ArrayType.DOUBLES, listener);
  }

  /** Computes on {@code backend}, or where {@link Rows#on} would. */
  public static Tensors on(Backend backend) {
    return new Tensors(backend, report -> {});
  }

  /**
   * As above, and tells what each call launched and where, once it is computed; on the caller's
   * thread.
   */
  public static Tensors on(Backend backend, Consumer<RunReport> listener) {
    return new Tensors(backend, listener);
  }

  /** {@link LogSumExp}: one value per row. */
  public float[] logSumExp(float[] x, Axes axes) {
    return floats.logSumExp(x, axes);
  }

  /** {@link LogSumExpBackward}, from the forward pass's input and output. */
  public float[] logSumExpBackward(float[] x, float[] lse, float[] dlse, Axes axes) {
    return floats.logSumExpBackward(x, lse, dlse, axes);
  }

  /** {@link LogSoftmax}. */
  public float[] logSoftmax(float[] x, Axes axes) {
    return floats.logSoftmax(x, axes);
  }

  /** {@link LogSoftmaxBackward}, from the forward pass's output. */
  public float[] logSoftmaxBackward(float[] y, float[] dy, Axes axes) {
    return floats.logSoftmaxBackward(y, dy, axes);
  }

  /** {@link Softmax}. */
  public float[] softmax(float[] x, Axes axes) {
    return floats.softmax(x, axes);
  }

  /** {@link SoftmaxBackward}, from the forward pass's output. */
  public float[] softmaxBackward(float[] y, float[] dy, Axes axes) {
    return floats.softmaxBackward(y, dy, axes);
  }

  /**
   * {@link CrossEntropy} along a class axis: one loss, or one per row without reduction. There is a
   * target for each position along the other axes.
   */
  public float[] crossEntropy(float[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    return floats.crossEntropy(x, classes(target), classes, options);
  }

  /** The same for probability targets, of the shape of the scores. */
  public float[] crossEntropy(
      float[] x, float[] target, Axes classes, CrossEntropyOptions options) {
    return floats.crossEntropy(x, probabilities(target), classes, options);
  }

  /** {@link CrossEntropyBackward}, for an incoming gradient of ones. */
  public float[] crossEntropyBackward(
      float[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    return floats.crossEntropyBackward(x, classes(target), classes, options);
  }

  /** The same for probability targets, of the shape of the scores. */
  public float[] crossEntropyBackward(
      float[] x, float[] target, Axes classes, CrossEntropyOptions options) {
    return floats.crossEntropyBackward(x, probabilities(target), classes, options);
  }

  /** {@link CrossEntropy} and its gradient in one pass. */
  public Rows.LossAndGradient crossEntropyWithGradient(
      float[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    return floats.crossEntropyWithGradient(
        x, classes(target), classes, options, Rows.LossAndGradient::new);
  }

  /** The same for probability targets, of the shape of the scores. */
  public Rows.LossAndGradient crossEntropyWithGradient(
      float[] x, float[] target, Axes classes, CrossEntropyOptions options) {
    return floats.crossEntropyWithGradient(
        x, probabilities(target), classes, options, Rows.LossAndGradient::new);
  }

  /** {@link Nll} of log-probabilities: one loss, or one per row without reduction. */
  public float[] nll(float[] y, int[] target, Axes classes, CrossEntropyOptions options) {
    return floats.nll(y, target, classes, options);
  }

  /** {@link NllBackward}, for an incoming gradient of ones. */
  public float[] nllBackward(int[] target, Axes classes, CrossEntropyOptions options) {
    return floats.nllBackward(null, target, classes, options);
  }

  /** {@link NllBackward}, for the incoming gradient of what {@link #nll} gave. */
  public float[] nllBackward(
      float[] dloss, int[] target, Axes classes, CrossEntropyOptions options) {
    return floats.nllBackward(dloss, target, classes, options);
  }

  /** {@link LogCumSumExp}, along one axis or several as if they were one. */
  public float[] logCumSumExp(float[] x, Axes axes) {
    return floats.logCumSumExp(x, axes);
  }

  /** {@link LogCumSumExpBackward}, from the forward pass's input and output. */
  public float[] logCumSumExpBackward(float[] x, float[] y, float[] dy, Axes axes) {
    return floats.logCumSumExpBackward(x, y, dy, axes);
  }

  /** {@link LogSumExp} in double precision: one value per row. */
  public double[] logSumExp(double[] x, Axes axes) {
    return doubles.logSumExp(x, axes);
  }

  /** {@link LogSumExpBackward} in double precision, from the forward pass's input and output. */
  public double[] logSumExpBackward(double[] x, double[] lse, double[] dlse, Axes axes) {
    return doubles.logSumExpBackward(x, lse, dlse, axes);
  }

  /** {@link LogSoftmax} in double precision. */
  public double[] logSoftmax(double[] x, Axes axes) {
    return doubles.logSoftmax(x, axes);
  }

  /** {@link LogSoftmaxBackward} in double precision, from the forward pass's output. */
  public double[] logSoftmaxBackward(double[] y, double[] dy, Axes axes) {
    return doubles.logSoftmaxBackward(y, dy, axes);
  }

  /** {@link Softmax} in double precision. */
  public double[] softmax(double[] x, Axes axes) {
    return doubles.softmax(x, axes);
  }

  /** {@link SoftmaxBackward} in double precision, from the forward pass's output. */
  public double[] softmaxBackward(double[] y, double[] dy, Axes axes) {
    return doubles.softmaxBackward(y, dy, axes);
  }

  /**
   * {@link CrossEntropy} in double precision along a class axis: one loss, or one per row without
   * reduction. There is a target for each position along the other axes.
   */
  public double[] crossEntropy(
      double[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.crossEntropy(x, classes(target), classes, options);
  }

  /** The same for probability targets, of the shape of the scores. */
  public double[] crossEntropy(
      double[] x, double[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.crossEntropy(x, probabilities(target), classes, options);
  }

  /** {@link CrossEntropyBackward} in double precision, for an incoming gradient of ones. */
  public double[] crossEntropyBackward(
      double[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.crossEntropyBackward(x, classes(target), classes, options);
  }

  /** The same for probability targets, of the shape of the scores. */
  public double[] crossEntropyBackward(
      double[] x, double[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.crossEntropyBackward(x, probabilities(target), classes, options);
  }

  /** {@link CrossEntropy} and its gradient in double precision in one pass. */
  public Rows.LossAndGradientInDouble crossEntropyWithGradient(
      double[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.crossEntropyWithGradient(
        x, classes(target), classes, options, Rows.LossAndGradientInDouble::new);
  }

  /** The same for probability targets, of the shape of the scores. */
  public Rows.LossAndGradientInDouble crossEntropyWithGradient(
      double[] x, double[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.crossEntropyWithGradient(
        x, probabilities(target), classes, options, Rows.LossAndGradientInDouble::new);
  }

  /**
   * {@link Nll} of log-probabilities in double precision: one loss, or one per row without
   * reduction.
   */
  public double[] nll(double[] y, int[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.nll(y, target, classes, options);
  }

  /**
   * {@link NllBackward} in double precision, for the incoming gradient of what {@link #nll} gave.
   */
  public double[] nllBackward(
      double[] dloss, int[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.nllBackward(dloss, target, classes, options);
  }

  /** {@link LogCumSumExp} in double precision, along one axis or several as if they were one. */
  public double[] logCumSumExp(double[] x, Axes axes) {
    return doubles.logCumSumExp(x, axes);
  }

  /** {@link LogCumSumExpBackward} in double precision, from the forward pass's input and output. */
  public double[] logCumSumExpBackward(double[] x, double[] y, double[] dy, Axes axes) {
    return doubles.logCumSumExpBackward(x, y, dy, axes);
  }
}
