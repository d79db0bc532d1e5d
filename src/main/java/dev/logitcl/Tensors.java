package dev.logitcl;

import static dev.logitcl.ArrayOps.classes;
import static dev.logitcl.ArrayOps.probabilities;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Elements;
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
 * The operations of the softmax family along any axes of tensors in host arrays. A tensor is a
 * row-major array: its last axis runs fastest. Methods on arrays read their arguments, never change
 * them, and return new arrays. Methods on {@link Elements} read memory of the caller wherever it
 * lies, such as a direct buffer, and write their results into memory of the caller.
 *
 * <pre>{@code
 * long[] dims = {2, 19, 512, 512};                                     // N, C, H, W
 * float[] logp = Tensors.on(backend).logSoftmax(x, Axes.of(dims, 1));  // over the classes
 * }</pre>
 *
 * <p>{@link Axes} names the tensor's dimensions and the chosen axes. The elements along the chosen
 * axes are a <em>row</em>, and there is a row for each position along the other axes, in their
 * order. A result with one value per row has the dimensions {@link Axes#reduced}. Nothing is moved
 * where the chosen axes are adjacent; otherwise the tensor is transposed on the device before and
 * after.
 *
 * <p>Methods on {@code float[]} compute in float32, methods on {@code double[]} in float64, and
 * methods on {@link Elements} in their type: all tensors of a call have one, and what has one value
 * per row is float32 for float16 and bfloat16. The Java path computes elements in arrays where they
 * lie, and copies others: some rows at a time, or all at once where the chosen axes are apart. A
 * result may be written over the tensor that is read where the operation works in place, as its
 * record in {@link dev.logitcl.op} says; if the device then fails while it writes, the input is
 * lost and the call throws {@link IllegalStateException}. If a device has no float64, a backend of
 * {@link Backends#best()} takes the Java path, and any other backend throws {@link
 * IllegalArgumentException}.
 *
 * <p>Every method throws {@link IllegalArgumentException} if an array has another length than its
 * parameter says, {@link IllegalStateException} if the backend is closed, and {@link
 * dev.logitcl.backend.BackendException} if the device fails (see {@link Fallback}). No argument may
 * be null. In formulas {@code i} is a row, {@code j} and {@code k} are positions in it, and log is
 * the natural logarithm.
 *
 * <p>An object of this class needs no closing: its backend stays the caller's. Several threads may
 * use it at the same time. A tensor {@code x} that lies on a device already needs no array: the
 * records of {@link dev.logitcl.op} take {@code x.view(axes.shape())}.
 */
public final class Tensors {
  private final ArrayOps<float[]> floats;
  private final ArrayOps<double[]> doubles;

  private Tensors(Backend backend, Consumer<RunReport> listener) {
    this.floats = new ArrayOps<>(backend, ArrayType.FLOATS, listener);
    this.doubles = new ArrayOps<>(backend, ArrayType.DOUBLES, listener);
  }

  /**
   * Computes tensors on {@code backend}, which stays the caller's to close. A backend of {@link
   * Backends#best()} takes the faster of its device and the Java path for each call; every other
   * backend computes all calls itself.
   */
  public static Tensors on(Backend backend) {
    return new Tensors(backend, report -> {});
  }

  /**
   * Computes tensors on {@code backend}, as {@link #on(Backend)} does, and reports each call.
   *
   * @param backend the backend, which stays the caller's to close
   * @param listener is told which kernels a call launched and where, after the call is computed and
   *     before it returns, on the caller's thread; an exception that it throws reaches the caller
   */
  public static Tensors on(Backend backend, Consumer<RunReport> listener) {
    return new Tensors(backend, listener);
  }

  /**
   * Computes the log-sum-exp of each row, the elements along the chosen axes: {@code lse_i =
   * log(sum_j exp(x_ij))}, without overflow. A row without elements, or of -inf only, gives -inf. A
   * row with NaN gives NaN, any other row with +inf gives +inf. {@link LogSumExp} says more.
   *
   * @param x the input, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return a new array with one value per row; its dimensions are {@link Axes#reduced}
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] logSumExp(float[] x, Axes axes) {
    return floats.logSumExp(x, axes, null);
  }

  /**
   * Computes the gradient of log-sum-exp with respect to its input: {@code dx_ij = dlse_i *
   * softmax(x)_ij}. An element of -inf gets 0. A row of -inf only, or with +inf or NaN, gives NaN.
   * {@link LogSumExpBackward} says more.
   *
   * @param x the input of the forward call, as many values as the tensor has
   * @param dlse the incoming gradient, one value per row
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] logSumExpBackward(float[] x, float[] dlse, Axes axes) {
    return floats.logSumExpBackward(x, dlse, axes, null);
  }

  /**
   * Computes the log-softmax of each row, the elements along the chosen axes: {@code y_ij = x_ij -
   * log(sum_k exp(x_ik))}, without overflow. No result is above 0. An element of -inf gives -inf. A
   * row of -inf only, or with +inf or NaN, gives NaN. {@link LogSoftmax} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return the log-probabilities, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] logSoftmax(float[] x, Axes axes) {
    return floats.logSoftmax(x, axes, null);
  }

  /**
   * Computes the gradient of log-softmax with respect to its input, from its result: {@code dx_ij =
   * dy_ij - exp(y_ij) * sum_k dy_ik}. Where y is -inf, dx is dy. NaN in y gives NaN there; NaN or
   * an infinity in dy gives a row of NaN. {@link LogSoftmaxBackward} says more.
   *
   * @param y the result of the forward call, as many values as the tensor has, none above 0
   * @param dy the incoming gradient, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] logSoftmaxBackward(float[] y, float[] dy, Axes axes) {
    return floats.logSoftmaxBackward(y, dy, axes, null);
  }

  /**
   * Computes the softmax of each row, the elements along the chosen axes: {@code y_ij = exp(x_ij) /
   * sum_k exp(x_ik)}, without overflow. A row of the result sums to 1. An element of -inf gives
   * exactly 0. A row of -inf only, or with +inf or NaN, gives NaN. {@link Softmax} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return the probabilities, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] softmax(float[] x, Axes axes) {
    return floats.softmax(x, axes, null);
  }

  /**
   * Computes the gradient of softmax with respect to its input, from its result: {@code dx_ij =
   * y_ij * (dy_ij - sum_k dy_ik y_ik)}. Where y is 0, dx is 0. NaN in y or dy, or an infinity in
   * dy, gives a row of NaN. {@link SoftmaxBackward} says more.
   *
   * @param y the result of the forward call, as many values as the tensor has
   * @param dy the incoming gradient, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] softmaxBackward(float[] y, float[] dy, Axes axes) {
    return floats.softmaxBackward(y, dy, axes, null);
  }

  /**
   * Computes the cross-entropy of each row, the elements along the chosen axes, with a target class
   * per row. Without further options {@code loss_i = log(sum_j exp(x_ij)) - x_it}, where {@code t =
   * target[i]}, and a row of -inf only, or with +inf or NaN, has loss NaN. An ignored row has loss
   * 0. The losses are reduced as the options say. {@link CrossEntropy} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options reduction, ignored index and everything else that is computed
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call
   */
  public float[] crossEntropy(float[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    return floats.crossEntropy(x, classes(target), classes, options, null);
  }

  /**
   * Computes the cross-entropy of each row, the elements along the chosen axes, with target
   * probabilities. Without further options {@code loss_i = sum_j t_ij (log(sum_k exp(x_ik)) -
   * x_ij)}, and a row of -inf only, or with +inf or NaN, has loss NaN. A probability of 0 at a
   * logit of -inf adds 0. The losses are reduced as the options say. {@link CrossEntropy} says
   * more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target a probability for each class of each row, finite and 0 or more, as many values as
   *     the tensor has
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options reduction and everything else that is computed; no ignored index
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is negative, infinite or NaN, or if the options do not fit the call
   */
  public float[] crossEntropy(
      float[] x, float[] target, Axes classes, CrossEntropyOptions options) {
    return floats.crossEntropy(x, probabilities(target), classes, options, null);
  }

  /**
   * Computes the gradient of cross-entropy with target classes with respect to the logits, for an
   * incoming gradient of 1 for each loss. Without further options {@code dx_ij = (softmax(x_i)_j -
   * [j = t]) * scale}, where {@code t = target[i]} and scale is 1, or for the mean 1 over the
   * number of rows that count; a row of -inf only, or with +inf or NaN, gets NaN. An ignored row
   * gets 0. {@link CrossEntropyBackward} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options the options of the forward call, except a gradient in place
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call
   */
  public float[] crossEntropyBackward(
      float[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    return floats.crossEntropyBackward(x, classes(target), classes, options, null);
  }

  /**
   * Computes the gradient of cross-entropy with target probabilities with respect to the logits,
   * for an incoming gradient of 1 for each loss. Without further options {@code dx_ij =
   * (softmax(x_i)_j sum_k t_ik - t_ij) * scale}, where scale is 1, or for the mean 1 over the
   * number of rows; a row of -inf only, or with +inf or NaN, gets NaN. {@link CrossEntropyBackward}
   * says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target a probability for each class of each row, finite and 0 or more, as many values as
   *     the tensor has
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options the options of the forward call, except a gradient in place; no ignored index
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is negative, infinite or NaN, or if the options do not fit the call
   */
  public float[] crossEntropyBackward(
      float[] x, float[] target, Axes classes, CrossEntropyOptions options) {
    return floats.crossEntropyBackward(x, probabilities(target), classes, options, null);
  }

  /**
   * Computes cross-entropy with target classes and its gradient with respect to the logits, and
   * reads the logits once. Without further options {@code loss_i = log(sum_j exp(x_ij)) - x_it} and
   * {@code dx_ij = (softmax(x_i)_j - [j = t]) * scale}, where {@code t = target[i]} and scale is 1,
   * or for the mean 1 over the number of rows that count. A z-loss is part of the gradient; it is
   * no part of the loss. {@link CrossEntropy} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options everything that is computed, except a gradient in place
   * @return the loss, reduced, and the gradient for an incoming gradient of 1
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call
   */
  public Rows.LossAndGradient crossEntropyWithGradient(
      float[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    return floats.crossEntropyWithGradient(
        x, classes(target), classes, options, null, null, Rows.LossAndGradient::new);
  }

  /**
   * Computes cross-entropy with target probabilities and its gradient with respect to the logits,
   * and reads the logits once. Without further options {@code loss_i = sum_j t_ij (log(sum_k
   * exp(x_ik)) - x_ij)} and {@code dx_ij = (softmax(x_i)_j sum_k t_ik - t_ij) * scale}, where scale
   * is 1, or for the mean 1 over the number of rows. A z-loss is part of the gradient; it is no
   * part of the loss. {@link CrossEntropy} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target a probability for each class of each row, finite and 0 or more, as many values as
   *     the tensor has
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options everything that is computed, except a gradient in place; no ignored index
   * @return the loss, reduced, and the gradient for an incoming gradient of 1
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is negative, infinite or NaN, or if the options do not fit the call
   */
  public Rows.LossAndGradient crossEntropyWithGradient(
      float[] x, float[] target, Axes classes, CrossEntropyOptions options) {
    return floats.crossEntropyWithGradient(
        x, probabilities(target), classes, options, null, null, Rows.LossAndGradient::new);
  }

  /**
   * Computes the negative log-likelihood of target classes under given log-probabilities: {@code
   * loss_i = -w_t y_it}, where {@code t = target[i]} and {@code w_t} is the weight of that class, 1
   * without weights. The losses are reduced as the options say. An ignored row has loss 0. {@link
   * Nll} says more.
   *
   * @param y the log-probabilities, as many values as the tensor has
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options reduction, ignored index, mean over no rows, class weights; no others
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class nor the ignored index, or if the options do not fit the call
   */
  public float[] nll(float[] y, int[] target, Axes classes, CrossEntropyOptions options) {
    return floats.nll(y, target, classes, options, null);
  }

  /**
   * Computes the gradient of negative log-likelihood with respect to the log-probabilities, for an
   * incoming gradient of 1 for each loss: {@code dy_ij = -[j = t] w_t scale}, where {@code t =
   * target[i]} and scale is 1, or for the mean 1 over the weight of the rows that count. An ignored
   * row gets 0. {@link NllBackward} says more.
   *
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options the options of the forward call
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class nor the ignored index, or if the options do not fit the call
   */
  public float[] nllBackward(int[] target, Axes classes, CrossEntropyOptions options) {
    return floats.nllBackward(null, target, classes, options, null);
  }

  /**
   * Computes the gradient of negative log-likelihood with respect to the log-probabilities: {@code
   * dy_ij = -[j = t] w_t scale dloss}, where {@code t = target[i]} and scale is 1, or for the mean
   * 1 over the weight of the rows that count. An ignored row gets 0. {@link NllBackward} says more.
   *
   * @param dloss the incoming gradient: one value per row without reduction, else one value
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options the options of the forward call
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class nor the ignored index, or if the options do not fit the call
   */
  public float[] nllBackward(
      float[] dloss, int[] target, Axes classes, CrossEntropyOptions options) {
    return floats.nllBackward(dloss, target, classes, options, null);
  }

  /**
   * Computes the logarithm of the running sum of exponentials of each row, the elements along the
   * chosen axes: {@code y_ij = log(sum_(k <= j) exp(x_ik))}, without overflow. Several axes count
   * as one, the last of them running fastest. As long as a row has had -inf only, y is -inf; from
   * its first +inf on y is +inf, and from its first NaN on y is NaN. {@link LogCumSumExp} says
   * more.
   *
   * @param x the input, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] logCumSumExp(float[] x, Axes axes) {
    return floats.logCumSumExp(x, axes, null);
  }

  /**
   * Computes the gradient of {@code logCumSumExp} with respect to its input: {@code dx_ij =
   * exp(x_ij) * sum_(k >= j) dy_ik exp(-y_ik)}. Several axes count as one, the last of them running
   * fastest. An element of -inf gets 0; in a row with +inf or NaN every other element gets NaN.
   * {@link LogCumSumExpBackward} says more.
   *
   * @param x the input of the forward call, as many values as the tensor has
   * @param y the result of the forward call, as many values as the tensor has
   * @param dy the incoming gradient, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] logCumSumExpBackward(float[] x, float[] y, float[] dy, Axes axes) {
    return floats.logCumSumExpBackward(x, y, dy, axes, null);
  }

  /**
   * Computes the log-sum-exp of each row, the elements along the chosen axes in float64: {@code
   * lse_i = log(sum_j exp(x_ij))}, without overflow. A row without elements, or of -inf only, gives
   * -inf. A row with NaN gives NaN, any other row with +inf gives +inf. {@link LogSumExp} says
   * more.
   *
   * @param x the input, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return a new array with one value per row; its dimensions are {@link Axes#reduced}
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] logSumExp(double[] x, Axes axes) {
    return doubles.logSumExp(x, axes, null);
  }

  /**
   * Computes the gradient of log-sum-exp with respect to its input in float64: {@code dx_ij =
   * dlse_i * softmax(x)_ij}. An element of -inf gets 0. A row of -inf only, or with +inf or NaN,
   * gives NaN. {@link LogSumExpBackward} says more.
   *
   * @param x the input of the forward call, as many values as the tensor has
   * @param dlse the incoming gradient, one value per row
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] logSumExpBackward(double[] x, double[] dlse, Axes axes) {
    return doubles.logSumExpBackward(x, dlse, axes, null);
  }

  /**
   * Computes the log-softmax of each row, the elements along the chosen axes in float64: {@code
   * y_ij = x_ij - log(sum_k exp(x_ik))}, without overflow. No result is above 0. An element of -inf
   * gives -inf. A row of -inf only, or with +inf or NaN, gives NaN. {@link LogSoftmax} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return the log-probabilities, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] logSoftmax(double[] x, Axes axes) {
    return doubles.logSoftmax(x, axes, null);
  }

  /**
   * Computes the gradient of log-softmax with respect to its input in float64, from its result:
   * {@code dx_ij = dy_ij - exp(y_ij) * sum_k dy_ik}. Where y is -inf, dx is dy. NaN in y gives NaN
   * there; NaN or an infinity in dy gives a row of NaN. {@link LogSoftmaxBackward} says more.
   *
   * @param y the result of the forward call, as many values as the tensor has, none above 0
   * @param dy the incoming gradient, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] logSoftmaxBackward(double[] y, double[] dy, Axes axes) {
    return doubles.logSoftmaxBackward(y, dy, axes, null);
  }

  /**
   * Computes the softmax of each row, the elements along the chosen axes in float64: {@code y_ij =
   * exp(x_ij) / sum_k exp(x_ik)}, without overflow. A row of the result sums to 1. An element of
   * -inf gives exactly 0. A row of -inf only, or with +inf or NaN, gives NaN. {@link Softmax} says
   * more.
   *
   * @param x the logits, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return the probabilities, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] softmax(double[] x, Axes axes) {
    return doubles.softmax(x, axes, null);
  }

  /**
   * Computes the gradient of softmax with respect to its input in float64, from its result: {@code
   * dx_ij = y_ij * (dy_ij - sum_k dy_ik y_ik)}. Where y is 0, dx is 0. NaN in y or dy, or an
   * infinity in dy, gives a row of NaN. {@link SoftmaxBackward} says more.
   *
   * @param y the result of the forward call, as many values as the tensor has
   * @param dy the incoming gradient, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] softmaxBackward(double[] y, double[] dy, Axes axes) {
    return doubles.softmaxBackward(y, dy, axes, null);
  }

  /**
   * Computes the cross-entropy of each row, the elements along the chosen axes in float64, with a
   * target class per row. Without further options {@code loss_i = log(sum_j exp(x_ij)) - x_it},
   * where {@code t = target[i]}, and a row of -inf only, or with +inf or NaN, has loss NaN. An
   * ignored row has loss 0. The losses are reduced as the options say. {@link CrossEntropy} says
   * more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options reduction, ignored index and everything else that is computed
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call, or the backend has no float64
   */
  public double[] crossEntropy(
      double[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.crossEntropy(x, classes(target), classes, options, null);
  }

  /**
   * Computes the cross-entropy of each row, the elements along the chosen axes in float64, with
   * target probabilities. Without further options {@code loss_i = sum_j t_ij (log(sum_k exp(x_ik))
   * - x_ij)}, and a row of -inf only, or with +inf or NaN, has loss NaN. A probability of 0 at a
   * logit of -inf adds 0. The losses are reduced as the options say. {@link CrossEntropy} says
   * more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target a probability for each class of each row, finite and 0 or more, as many values as
   *     the tensor has
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options reduction and everything else that is computed; no ignored index
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is negative, infinite or NaN, or if the options do not fit the call, or the backend has no
   *     float64
   */
  public double[] crossEntropy(
      double[] x, double[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.crossEntropy(x, probabilities(target), classes, options, null);
  }

  /**
   * Computes the gradient of cross-entropy with target classes with respect to the logits in
   * float64, for an incoming gradient of 1 for each loss. Without further options {@code dx_ij =
   * (softmax(x_i)_j - [j = t]) * scale}, where {@code t = target[i]} and scale is 1, or for the
   * mean 1 over the number of rows that count; a row of -inf only, or with +inf or NaN, gets NaN.
   * An ignored row gets 0. {@link CrossEntropyBackward} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options the options of the forward call, except a gradient in place
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call, or the backend has no float64
   */
  public double[] crossEntropyBackward(
      double[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.crossEntropyBackward(x, classes(target), classes, options, null);
  }

  /**
   * Computes the gradient of cross-entropy with target probabilities with respect to the logits in
   * float64, for an incoming gradient of 1 for each loss. Without further options {@code dx_ij =
   * (softmax(x_i)_j sum_k t_ik - t_ij) * scale}, where scale is 1, or for the mean 1 over the
   * number of rows; a row of -inf only, or with +inf or NaN, gets NaN. {@link CrossEntropyBackward}
   * says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target a probability for each class of each row, finite and 0 or more, as many values as
   *     the tensor has
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options the options of the forward call, except a gradient in place; no ignored index
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is negative, infinite or NaN, or if the options do not fit the call, or the backend has no
   *     float64
   */
  public double[] crossEntropyBackward(
      double[] x, double[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.crossEntropyBackward(x, probabilities(target), classes, options, null);
  }

  /**
   * Computes cross-entropy with target classes and its gradient with respect to the logits in
   * float64, and reads the logits once. Without further options {@code loss_i = log(sum_j
   * exp(x_ij)) - x_it} and {@code dx_ij = (softmax(x_i)_j - [j = t]) * scale}, where {@code t =
   * target[i]} and scale is 1, or for the mean 1 over the number of rows that count. A z-loss is
   * part of the gradient; it is no part of the loss. {@link CrossEntropy} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options everything that is computed, except a gradient in place
   * @return the loss, reduced, and the gradient for an incoming gradient of 1
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call, or the backend has no float64
   */
  public Rows.LossAndGradientInDouble crossEntropyWithGradient(
      double[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.crossEntropyWithGradient(
        x, classes(target), classes, options, null, null, Rows.LossAndGradientInDouble::new);
  }

  /**
   * Computes cross-entropy with target probabilities and its gradient with respect to the logits in
   * float64, and reads the logits once. Without further options {@code loss_i = sum_j t_ij
   * (log(sum_k exp(x_ik)) - x_ij)} and {@code dx_ij = (softmax(x_i)_j sum_k t_ik - t_ij) * scale},
   * where scale is 1, or for the mean 1 over the number of rows. A z-loss is part of the gradient;
   * it is no part of the loss. {@link CrossEntropy} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target a probability for each class of each row, finite and 0 or more, as many values as
   *     the tensor has
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options everything that is computed, except a gradient in place; no ignored index
   * @return the loss, reduced, and the gradient for an incoming gradient of 1
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is negative, infinite or NaN, or if the options do not fit the call, or the backend has no
   *     float64
   */
  public Rows.LossAndGradientInDouble crossEntropyWithGradient(
      double[] x, double[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.crossEntropyWithGradient(
        x, probabilities(target), classes, options, null, null, Rows.LossAndGradientInDouble::new);
  }

  /**
   * Computes the negative log-likelihood of target classes under given log-probabilities in
   * float64: {@code loss_i = -w_t y_it}, where {@code t = target[i]} and {@code w_t} is the weight
   * of that class, 1 without weights. The losses are reduced as the options say. An ignored row has
   * loss 0. {@link Nll} says more.
   *
   * @param y the log-probabilities, as many values as the tensor has
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options reduction, ignored index, mean over no rows, class weights; no others
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class nor the ignored index, or if the options do not fit the call, or the
   *     backend has no float64
   */
  public double[] nll(double[] y, int[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.nll(y, target, classes, options, null);
  }

  /**
   * Computes the gradient of negative log-likelihood with respect to the log-probabilities in
   * float64: {@code dy_ij = -[j = t] w_t scale dloss}, where {@code t = target[i]} and scale is 1,
   * or for the mean 1 over the weight of the rows that count. An ignored row gets 0. {@link
   * NllBackward} says more.
   *
   * @param dloss the incoming gradient: one value per row without reduction, else one value
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options the options of the forward call
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class nor the ignored index, or if the options do not fit the call, or the
   *     backend has no float64
   */
  public double[] nllBackward(
      double[] dloss, int[] target, Axes classes, CrossEntropyOptions options) {
    return doubles.nllBackward(dloss, target, classes, options, null);
  }

  /**
   * Computes the logarithm of the running sum of exponentials of each row, the elements along the
   * chosen axes in float64: {@code y_ij = log(sum_(k <= j) exp(x_ik))}, without overflow. Several
   * axes count as one, the last of them running fastest. As long as a row has had -inf only, y is
   * -inf; from its first +inf on y is +inf, and from its first NaN on y is NaN. {@link
   * LogCumSumExp} says more.
   *
   * @param x the input, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] logCumSumExp(double[] x, Axes axes) {
    return doubles.logCumSumExp(x, axes, null);
  }

  /**
   * Computes the gradient of {@code logCumSumExp} with respect to its input in float64: {@code
   * dx_ij = exp(x_ij) * sum_(k >= j) dy_ik exp(-y_ik)}. Several axes count as one, the last of them
   * running fastest. An element of -inf gets 0; in a row with +inf or NaN every other element gets
   * NaN. {@link LogCumSumExpBackward} says more.
   *
   * @param x the input of the forward call, as many values as the tensor has
   * @param y the result of the forward call, as many values as the tensor has
   * @param dy the incoming gradient, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @return the gradient, a new array of the shape of the tensor
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] logCumSumExpBackward(double[] x, double[] y, double[] dy, Axes axes) {
    return doubles.logCumSumExpBackward(x, y, dy, axes, null);
  }

  /**
   * Computes, from and into memory of the caller, the log-sum-exp of each row, the elements along
   * the chosen axes: {@code lse_i = log(sum_j exp(x_ij))}, without overflow. A row without
   * elements, or of -inf only, gives -inf. A row with NaN gives NaN, any other row with +inf gives
   * +inf. {@link LogSumExp} says more.
   *
   * @param x the input, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @param lse where the result goes, one value per row, with the dimensions {@link Axes#reduced}
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void logSumExp(Elements x, Axes axes, Elements lse) {
    floats.with(ArrayType.of(x, lse)).logSumExp(x, axes, lse);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of log-sum-exp with respect to its
   * input: {@code dx_ij = dlse_i * softmax(x)_ij}. An element of -inf gets 0. A row of -inf only,
   * or with +inf or NaN, gives NaN. {@link LogSumExpBackward} says more.
   *
   * @param x the input of the forward call, as many values as the tensor has
   * @param dlse the incoming gradient, one value per row
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @param dx where the gradient goes, as many values as the tensor has
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void logSumExpBackward(Elements x, Elements dlse, Axes axes, Elements dx) {
    floats.with(ArrayType.of(x, dlse, dx)).logSumExpBackward(x, dlse, axes, dx);
  }

  /**
   * Computes, from and into memory of the caller, the log-softmax of each row, the elements along
   * the chosen axes: {@code y_ij = x_ij - log(sum_k exp(x_ik))}, without overflow. No result is
   * above 0. An element of -inf gives -inf. A row of -inf only, or with +inf or NaN, gives NaN.
   * {@link LogSoftmax} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @param y where the result goes, as many values as the tensor has
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void logSoftmax(Elements x, Axes axes, Elements y) {
    floats.with(ArrayType.of(x, y)).logSoftmax(x, axes, y);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of log-softmax with respect to its
   * input, from its result: {@code dx_ij = dy_ij - exp(y_ij) * sum_k dy_ik}. Where y is -inf, dx is
   * dy. NaN in y gives NaN there; NaN or an infinity in dy gives a row of NaN. {@link
   * LogSoftmaxBackward} says more.
   *
   * @param y the result of the forward call, as many values as the tensor has, none above 0
   * @param dy the incoming gradient, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @param dx where the gradient goes, as many values as the tensor has
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void logSoftmaxBackward(Elements y, Elements dy, Axes axes, Elements dx) {
    floats.with(ArrayType.of(y, dy, dx)).logSoftmaxBackward(y, dy, axes, dx);
  }

  /**
   * Computes, from and into memory of the caller, the softmax of each row, the elements along the
   * chosen axes: {@code y_ij = exp(x_ij) / sum_k exp(x_ik)}, without overflow. A row of the result
   * sums to 1. An element of -inf gives exactly 0. A row of -inf only, or with +inf or NaN, gives
   * NaN. {@link Softmax} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @param y where the result goes, as many values as the tensor has
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void softmax(Elements x, Axes axes, Elements y) {
    floats.with(ArrayType.of(x, y)).softmax(x, axes, y);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of softmax with respect to its
   * input, from its result: {@code dx_ij = y_ij * (dy_ij - sum_k dy_ik y_ik)}. Where y is 0, dx is
   * 0. NaN in y or dy, or an infinity in dy, gives a row of NaN. {@link SoftmaxBackward} says more.
   *
   * @param y the result of the forward call, as many values as the tensor has
   * @param dy the incoming gradient, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @param dx where the gradient goes, as many values as the tensor has
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void softmaxBackward(Elements y, Elements dy, Axes axes, Elements dx) {
    floats.with(ArrayType.of(y, dy, dx)).softmaxBackward(y, dy, axes, dx);
  }

  /**
   * Computes, from and into memory of the caller, the cross-entropy of each row, the elements along
   * the chosen axes, with a target class per row. Without further options {@code loss_i = log(sum_j
   * exp(x_ij)) - x_it}, where {@code t = target[i]}, and a row of -inf only, or with +inf or NaN,
   * has loss NaN. An ignored row has loss 0. The losses are reduced as the options say. {@link
   * CrossEntropy} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options reduction, ignored index and everything else that is computed
   * @param loss where the losses go: one value per row without reduction, else one value
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call
   */
  public void crossEntropy(
      Elements x, int[] target, Axes classes, CrossEntropyOptions options, Elements loss) {
    floats.with(ArrayType.of(x, loss)).crossEntropy(x, classes(target), classes, options, loss);
  }

  /**
   * Computes, from and into memory of the caller, the cross-entropy of each row, the elements along
   * the chosen axes, with target probabilities. Without further options {@code loss_i = sum_j t_ij
   * (log(sum_k exp(x_ik)) - x_ij)}, and a row of -inf only, or with +inf or NaN, has loss NaN. A
   * probability of 0 at a logit of -inf adds 0. The losses are reduced as the options say. {@link
   * CrossEntropy} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target a probability for each class of each row, finite and 0 or more, as many values as
   *     the tensor has
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options reduction and everything else that is computed; no ignored index
   * @param loss where the losses go: one value per row without reduction, else one value
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     negative, infinite or NaN, or if the options do not fit the call
   */
  public void crossEntropy(
      Elements x, Elements target, Axes classes, CrossEntropyOptions options, Elements loss) {
    floats
        .with(ArrayType.of(x, target, loss))
        .crossEntropy(x, probabilities(target), classes, options, loss);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of cross-entropy with target classes
   * with respect to the logits, for an incoming gradient of 1 for each loss. Without further
   * options {@code dx_ij = (softmax(x_i)_j - [j = t]) * scale}, where {@code t = target[i]} and
   * scale is 1, or for the mean 1 over the number of rows that count; a row of -inf only, or with
   * +inf or NaN, gets NaN. An ignored row gets 0. {@link CrossEntropyBackward} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options the options of the forward call; with a gradient in place, {@code dx} is {@code
   *     x}
   * @param dx where the gradient goes, as many values as the tensor has
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call
   */
  public void crossEntropyBackward(
      Elements x, int[] target, Axes classes, CrossEntropyOptions options, Elements dx) {
    floats.with(ArrayType.of(x, dx)).crossEntropyBackward(x, classes(target), classes, options, dx);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of cross-entropy with target
   * probabilities with respect to the logits, for an incoming gradient of 1 for each loss. Without
   * further options {@code dx_ij = (softmax(x_i)_j sum_k t_ik - t_ij) * scale}, where scale is 1,
   * or for the mean 1 over the number of rows; a row of -inf only, or with +inf or NaN, gets NaN.
   * {@link CrossEntropyBackward} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target a probability for each class of each row, finite and 0 or more, as many values as
   *     the tensor has
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options the options of the forward call; no ignored index; with a gradient in place,
   *     {@code dx} is {@code x}
   * @param dx where the gradient goes, as many values as the tensor has
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     negative, infinite or NaN, or if the options do not fit the call
   */
  public void crossEntropyBackward(
      Elements x, Elements target, Axes classes, CrossEntropyOptions options, Elements dx) {
    floats
        .with(ArrayType.of(x, target, dx))
        .crossEntropyBackward(x, probabilities(target), classes, options, dx);
  }

  /**
   * Computes, from and into memory of the caller, cross-entropy with target classes and its
   * gradient with respect to the logits, and reads the logits once. Without further options {@code
   * loss_i = log(sum_j exp(x_ij)) - x_it} and {@code dx_ij = (softmax(x_i)_j - [j = t]) * scale},
   * where {@code t = target[i]} and scale is 1, or for the mean 1 over the number of rows that
   * count. A z-loss is part of the gradient; it is no part of the loss. {@link CrossEntropy} says
   * more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options everything that is computed; with a gradient in place, {@code dx} is {@code x}
   * @param loss where the losses go: one value per row without reduction, else one value
   * @param dx where the gradient for an incoming gradient of 1 goes, as many values as the tensor
   *     has
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call
   */
  public void crossEntropyWithGradient(
      Elements x,
      int[] target,
      Axes classes,
      CrossEntropyOptions options,
      Elements loss,
      Elements dx) {
    floats
        .with(ArrayType.of(x, loss, dx))
        .crossEntropyWithGradient(
            x, classes(target), classes, options, loss, dx, (first, second) -> first);
  }

  /**
   * Computes, from and into memory of the caller, cross-entropy with target probabilities and its
   * gradient with respect to the logits, and reads the logits once. Without further options {@code
   * loss_i = sum_j t_ij (log(sum_k exp(x_ik)) - x_ij)} and {@code dx_ij = (softmax(x_i)_j sum_k
   * t_ik - t_ij) * scale}, where scale is 1, or for the mean 1 over the number of rows. A z-loss is
   * part of the gradient; it is no part of the loss. {@link CrossEntropy} says more.
   *
   * @param x the logits, as many values as the tensor has
   * @param target a probability for each class of each row, finite and 0 or more, as many values as
   *     the tensor has
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options everything that is computed; no ignored index; with a gradient in place, {@code
   *     dx} is {@code x}
   * @param loss where the losses go: one value per row without reduction, else one value
   * @param dx where the gradient for an incoming gradient of 1 goes, as many values as the tensor
   *     has
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     negative, infinite or NaN, or if the options do not fit the call
   */
  public void crossEntropyWithGradient(
      Elements x,
      Elements target,
      Axes classes,
      CrossEntropyOptions options,
      Elements loss,
      Elements dx) {
    floats
        .with(ArrayType.of(x, target, loss, dx))
        .crossEntropyWithGradient(
            x, probabilities(target), classes, options, loss, dx, (first, second) -> first);
  }

  /**
   * Computes, from and into memory of the caller, the negative log-likelihood of target classes
   * under given log-probabilities: {@code loss_i = -w_t y_it}, where {@code t = target[i]} and
   * {@code w_t} is the weight of that class, 1 without weights. The losses are reduced as the
   * options say. An ignored row has loss 0. {@link Nll} says more.
   *
   * @param y the log-probabilities, as many values as the tensor has
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options reduction, ignored index, mean over no rows, class weights; no others
   * @param loss where the losses go: one value per row without reduction, else one value
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     neither a class nor the ignored index, or if the options do not fit the call
   */
  public void nll(
      Elements y, int[] target, Axes classes, CrossEntropyOptions options, Elements loss) {
    floats.with(ArrayType.of(y, loss)).nll(y, target, classes, options, loss);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of negative log-likelihood with
   * respect to the log-probabilities, for an incoming gradient of 1 for each loss: {@code dy_ij =
   * -[j = t] w_t scale}, where {@code t = target[i]} and scale is 1, or for the mean 1 over the
   * weight of the rows that count. An ignored row gets 0. {@link NllBackward} says more.
   *
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options the options of the forward call
   * @param dy where the gradient goes, as many values as the tensor has
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     neither a class nor the ignored index, or if the options do not fit the call
   */
  public void nllBackward(int[] target, Axes classes, CrossEntropyOptions options, Elements dy) {
    floats.with(ArrayType.of(dy)).nllBackward(null, target, classes, options, dy);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of negative log-likelihood with
   * respect to the log-probabilities: {@code dy_ij = -[j = t] w_t scale dloss}, where {@code t =
   * target[i]} and scale is 1, or for the mean 1 over the weight of the rows that count. An ignored
   * row gets 0. {@link NllBackward} says more.
   *
   * @param dloss the incoming gradient: one value per row without reduction, else one value
   * @param target the target class of each row, or the ignored index, one value per row
   * @param classes the dimensions of the tensor, and the axis of the classes
   * @param options the options of the forward call
   * @param dy where the gradient goes, as many values as the tensor has
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     neither a class nor the ignored index, or if the options do not fit the call
   */
  public void nllBackward(
      Elements dloss, int[] target, Axes classes, CrossEntropyOptions options, Elements dy) {
    floats.with(ArrayType.of(dy, dloss)).nllBackward(dloss, target, classes, options, dy);
  }

  /**
   * Computes, from and into memory of the caller, the logarithm of the running sum of exponentials
   * of each row, the elements along the chosen axes: {@code y_ij = log(sum_(k <= j) exp(x_ik))},
   * without overflow. Several axes count as one, the last of them running fastest. As long as a row
   * has had -inf only, y is -inf; from its first +inf on y is +inf, and from its first NaN on y is
   * NaN. {@link LogCumSumExp} says more.
   *
   * @param x the input, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @param y where the result goes, as many values as the tensor has
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void logCumSumExp(Elements x, Axes axes, Elements y) {
    floats.with(ArrayType.of(x, y)).logCumSumExp(x, axes, y);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of {@code logCumSumExp} with respect
   * to its input: {@code dx_ij = exp(x_ij) * sum_(k >= j) dy_ik exp(-y_ik)}. Several axes count as
   * one, the last of them running fastest. An element of -inf gets 0; in a row with +inf or NaN
   * every other element gets NaN. {@link LogCumSumExpBackward} says more.
   *
   * @param x the input of the forward call, as many values as the tensor has
   * @param y the result of the forward call, as many values as the tensor has
   * @param dy the incoming gradient, as many values as the tensor has
   * @param axes the dimensions of the tensor, and the axes that a row runs along
   * @param dx where the gradient goes, as many values as the tensor has
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void logCumSumExpBackward(Elements x, Elements y, Elements dy, Axes axes, Elements dx) {
    floats.with(ArrayType.of(x, y, dy, dx)).logCumSumExpBackward(x, y, dy, axes, dx);
  }
}
