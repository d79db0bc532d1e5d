package dev.logitcl;

import static dev.logitcl.ArrayOps.classes;
import static dev.logitcl.ArrayOps.probabilities;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Elements;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.ComputeRowStats;
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
import dev.logitcl.op.RowStats;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import dev.logitcl.op.TokenLogProbs;
import java.util.function.Consumer;

/**
 * The operations of the softmax family on host arrays whose rows lie one after another: element
 * {@code (i, j)} of an array is at {@code i * cols + j}. Methods on arrays read their arguments,
 * never change them, and return new arrays. Methods on {@link Elements} read memory of the caller
 * wherever it lies, such as a direct buffer, and write their results into memory of the caller.
 *
 * <pre>{@code
 * try (Backend backend = Backends.best()) {
 *   float[] logp = Rows.on(backend).logSoftmax(x, rows, cols);
 * }
 * }</pre>
 *
 * <p>Methods on {@code float[]} compute in float32, methods on {@code double[]} in float64, and
 * methods on {@link Elements} in their type: all tensors of a call have one, and what has one value
 * per row is float32 for float16 and bfloat16. The Java path computes elements in arrays where they
 * lie, and copies others some rows at a time. A result may be written over the tensor that is read
 * where the operation works in place, as its record in {@link dev.logitcl.op} says; if the device
 * then fails while it writes, the input is lost and the call throws {@link IllegalStateException}.
 * If a device has no float64, a backend of {@link Backends#best()} takes the Java path, and any
 * other backend throws {@link IllegalArgumentException}.
 *
 * <p>Every method throws {@link IllegalArgumentException} if an array has another length than its
 * parameter says or a size is negative, {@link IllegalStateException} if the backend is closed, and
 * {@link dev.logitcl.backend.BackendException} if the device fails (see {@link Fallback}). No
 * argument may be null. In formulas {@code i} is a row, {@code j} and {@code k} are columns, and
 * log is the natural logarithm.
 *
 * <p>An object of this class needs no closing: its backend stays the caller's. Several threads may
 * use it at the same time. Arrays that do not fit on the device are computed in parts. A matrix
 * that several operations use is better kept on the device ({@link Backend#upload(float[], long,
 * long)}). {@link Tensors} has the operations along any axes of a tensor, {@link LinearHead} those
 * on the logits of a linear layer that are never stored.
 */
public final class Rows {
  private final ArrayOps<float[]> floats;
  private final ArrayOps<double[]> doubles;

  private Rows(Backend backend, Consumer<RunReport> listener) {
    this.floats = new ArrayOps<>(backend, ArrayType.FLOATS, listener);
    this.doubles = new ArrayOps<>(backend, ArrayType.DOUBLES, listener);
  }

  /**
   * Computes arrays on {@code backend}, which stays the caller's to close. A backend of {@link
   * Backends#best()} takes the faster of its device and the Java path for each call; every other
   * backend computes all calls itself.
   */
  public static Rows on(Backend backend) {
    return new Rows(backend, report -> {});
  }

  /**
   * Computes arrays on {@code backend}, as {@link #on(Backend)} does, and reports each call.
   *
   * @param backend the backend, which stays the caller's to close
   * @param listener is told which kernels a call launched and where, after the call is computed and
   *     before it returns, on the caller's thread; an exception that it throws reaches the caller
   */
  public static Rows on(Backend backend, Consumer<RunReport> listener) {
    return new Rows(backend, listener);
  }

  /**
   * Losses and the gradient of their reduction in float32, as a cross-entropy with gradient returns
   * them.
   *
   * @param loss one value per row without reduction, else one value
   * @param gradient the gradient with respect to the logits, of the logits' shape
   */
  @SuppressWarnings("ArrayRecordComponent") // two results, for taking apart and not for comparing
  public record LossAndGradient(float[] loss, float[] gradient) {}

  /**
   * Losses and the gradient of their reduction in float64, as a cross-entropy with gradient returns
   * them.
   *
   * @param loss one value per row without reduction, else one value
   * @param gradient the gradient with respect to the logits, of the logits' shape
   */
  @SuppressWarnings("ArrayRecordComponent") // two results, for taking apart and not for comparing
  public record LossAndGradientInDouble(double[] loss, double[] gradient) {}

  private static Axes axes(long rows, long cols) {
    return Axes.of(new long[] {rows, cols}, 1);
  }

  /**
   * Computes the log-sum-exp of each row: {@code lse_i = log(sum_j exp(x_ij))}, without overflow. A
   * row without elements, or of -inf only, gives -inf. A row with NaN gives NaN, any other row with
   * +inf gives +inf. {@link LogSumExp} says more.
   *
   * @param x the input, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return a new array of {@code rows} values
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] logSumExp(float[] x, long rows, long cols) {
    return floats.logSumExp(x, axes(rows, cols), null);
  }

  /**
   * Computes the gradient of log-sum-exp with respect to its input: {@code dx_ij = dlse_i *
   * softmax(x)_ij}. An element of -inf gets 0. A row of -inf only, or with +inf or NaN, gives NaN.
   * {@link LogSumExpBackward} says more.
   *
   * @param x the input of the forward call, rows * cols values
   * @param dlse the incoming gradient, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] logSumExpBackward(float[] x, float[] dlse, long rows, long cols) {
    return floats.logSumExpBackward(x, dlse, axes(rows, cols), null);
  }

  /**
   * Computes the log-softmax of each row: {@code y_ij = x_ij - log(sum_k exp(x_ik))}, without
   * overflow. No result is above 0. An element of -inf gives -inf. A row of -inf only, or with +inf
   * or NaN, gives NaN. {@link LogSoftmax} says more.
   *
   * @param x the logits, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return the log-probabilities, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] logSoftmax(float[] x, long rows, long cols) {
    return floats.logSoftmax(x, axes(rows, cols), null);
  }

  /**
   * Computes the gradient of log-softmax with respect to its input, from its result: {@code dx_ij =
   * dy_ij - exp(y_ij) * sum_k dy_ik}. Where y is -inf, dx is dy. NaN in y gives NaN there; NaN or
   * an infinity in dy gives a row of NaN. {@link LogSoftmaxBackward} says more.
   *
   * @param y the result of the forward call, rows * cols values, none above 0
   * @param dy the incoming gradient, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] logSoftmaxBackward(float[] y, float[] dy, long rows, long cols) {
    return floats.logSoftmaxBackward(y, dy, axes(rows, cols), null);
  }

  /**
   * Computes the softmax of each row: {@code y_ij = exp(x_ij) / sum_k exp(x_ik)}, without overflow.
   * A row of the result sums to 1. An element of -inf gives exactly 0. A row of -inf only, or with
   * +inf or NaN, gives NaN. {@link Softmax} says more.
   *
   * @param x the logits, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return the probabilities, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] softmax(float[] x, long rows, long cols) {
    return floats.softmax(x, axes(rows, cols), null);
  }

  /**
   * Computes the gradient of softmax with respect to its input, from its result: {@code dx_ij =
   * y_ij * (dy_ij - sum_k dy_ik y_ik)}. Where y is 0, dx is 0. NaN in y or dy, or an infinity in
   * dy, gives a row of NaN. {@link SoftmaxBackward} says more.
   *
   * @param y the result of the forward call, rows * cols values
   * @param dy the incoming gradient, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] softmaxBackward(float[] y, float[] dy, long rows, long cols) {
    return floats.softmaxBackward(y, dy, axes(rows, cols), null);
  }

  /**
   * Computes the cross-entropy of each row, with a target class per row. Without further options
   * {@code loss_i = log(sum_j exp(x_ij)) - x_it}, where {@code t = target[i]}, and a row of -inf
   * only, or with +inf or NaN, has loss NaN. An ignored row has loss 0. The losses are reduced as
   * the options say. {@link CrossEntropy} says more.
   *
   * @param x the logits, rows * cols values
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options reduction, ignored index and everything else that is computed
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call
   */
  public float[] crossEntropy(
      float[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.crossEntropy(x, classes(target), axes(rows, cols), options, null);
  }

  /**
   * Computes the cross-entropy of each row, with target probabilities. Without further options
   * {@code loss_i = sum_j t_ij (log(sum_k exp(x_ik)) - x_ij)}, and a row of -inf only, or with +inf
   * or NaN, has loss NaN. A probability of 0 at a logit of -inf adds 0. The losses are reduced as
   * the options say. {@link CrossEntropy} says more.
   *
   * @param x the logits, rows * cols values
   * @param target a probability for each class of each row, finite and 0 or more, rows * cols
   *     values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options reduction and everything else that is computed; no ignored index
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is negative, infinite or NaN, or if the options do not fit the call
   */
  public float[] crossEntropy(
      float[] x, float[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.crossEntropy(x, probabilities(target), axes(rows, cols), options, null);
  }

  /**
   * Computes the gradient of cross-entropy with target classes with respect to the logits, for an
   * incoming gradient of 1 for each loss. Without further options {@code dx_ij = (softmax(x_i)_j -
   * [j = t]) * scale}, where {@code t = target[i]} and scale is 1, or for the mean 1 over the
   * number of rows that count; a row of -inf only, or with +inf or NaN, gets NaN. An ignored row
   * gets 0. {@link CrossEntropyBackward} says more.
   *
   * @param x the logits, rows * cols values
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options the options of the forward call, except a gradient in place
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call
   */
  public float[] crossEntropyBackward(
      float[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.crossEntropyBackward(x, classes(target), axes(rows, cols), options, null);
  }

  /**
   * Computes the gradient of cross-entropy with target probabilities with respect to the logits,
   * for an incoming gradient of 1 for each loss. Without further options {@code dx_ij =
   * (softmax(x_i)_j sum_k t_ik - t_ij) * scale}, where scale is 1, or for the mean 1 over the
   * number of rows; a row of -inf only, or with +inf or NaN, gets NaN. {@link CrossEntropyBackward}
   * says more.
   *
   * @param x the logits, rows * cols values
   * @param target a probability for each class of each row, finite and 0 or more, rows * cols
   *     values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options the options of the forward call, except a gradient in place; no ignored index
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is negative, infinite or NaN, or if the options do not fit the call
   */
  public float[] crossEntropyBackward(
      float[] x, float[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.crossEntropyBackward(x, probabilities(target), axes(rows, cols), options, null);
  }

  /**
   * Computes cross-entropy with target classes and its gradient with respect to the logits, and
   * reads the logits once. Without further options {@code loss_i = log(sum_j exp(x_ij)) - x_it} and
   * {@code dx_ij = (softmax(x_i)_j - [j = t]) * scale}, where {@code t = target[i]} and scale is 1,
   * or for the mean 1 over the number of rows that count. A z-loss is part of the gradient; it is
   * no part of the loss. {@link CrossEntropy} says more.
   *
   * @param x the logits, rows * cols values
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options everything that is computed, except a gradient in place
   * @return the loss, reduced, and the gradient for an incoming gradient of 1
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call
   */
  public LossAndGradient crossEntropyWithGradient(
      float[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.crossEntropyWithGradient(
        x, classes(target), axes(rows, cols), options, null, null, LossAndGradient::new);
  }

  /**
   * Computes cross-entropy with target probabilities and its gradient with respect to the logits,
   * and reads the logits once. Without further options {@code loss_i = sum_j t_ij (log(sum_k
   * exp(x_ik)) - x_ij)} and {@code dx_ij = (softmax(x_i)_j sum_k t_ik - t_ij) * scale}, where scale
   * is 1, or for the mean 1 over the number of rows. A z-loss is part of the gradient; it is no
   * part of the loss. {@link CrossEntropy} says more.
   *
   * @param x the logits, rows * cols values
   * @param target a probability for each class of each row, finite and 0 or more, rows * cols
   *     values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options everything that is computed, except a gradient in place; no ignored index
   * @return the loss, reduced, and the gradient for an incoming gradient of 1
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is negative, infinite or NaN, or if the options do not fit the call
   */
  public LossAndGradient crossEntropyWithGradient(
      float[] x, float[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.crossEntropyWithGradient(
        x, probabilities(target), axes(rows, cols), options, null, null, LossAndGradient::new);
  }

  /**
   * Computes the negative log-likelihood of target classes under given log-probabilities: {@code
   * loss_i = -w_t y_it}, where {@code t = target[i]} and {@code w_t} is the weight of that class, 1
   * without weights. The losses are reduced as the options say. An ignored row has loss 0. {@link
   * Nll} says more.
   *
   * @param y the log-probabilities, rows * cols values
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options reduction, ignored index, mean over no rows, class weights; no others
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class nor the ignored index, or if the options do not fit the call
   */
  public float[] nll(float[] y, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.nll(y, target, axes(rows, cols), options, null);
  }

  /**
   * Computes the gradient of negative log-likelihood with respect to the log-probabilities, for an
   * incoming gradient of 1 for each loss: {@code dy_ij = -[j = t] w_t scale}, where {@code t =
   * target[i]} and scale is 1, or for the mean 1 over the weight of the rows that count. An ignored
   * row gets 0. {@link NllBackward} says more.
   *
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options the options of the forward call
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class nor the ignored index, or if the options do not fit the call
   */
  public float[] nllBackward(int[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.nllBackward(null, target, axes(rows, cols), options, null);
  }

  /**
   * Computes the gradient of negative log-likelihood with respect to the log-probabilities: {@code
   * dy_ij = -[j = t] w_t scale dloss}, where {@code t = target[i]} and scale is 1, or for the mean
   * 1 over the weight of the rows that count. An ignored row gets 0. {@link NllBackward} says more.
   *
   * @param dloss the incoming gradient: one value per row without reduction, else one value
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options the options of the forward call
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class nor the ignored index, or if the options do not fit the call
   */
  public float[] nllBackward(
      float[] dloss, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.nllBackward(dloss, target, axes(rows, cols), options, null);
  }

  /**
   * Computes the logarithm of the running sum of exponentials of each row: {@code y_ij = log(sum_(k
   * <= j) exp(x_ik))}, without overflow. As long as a row has had -inf only, y is -inf; from its
   * first +inf on y is +inf, and from its first NaN on y is NaN. {@link LogCumSumExp} says more.
   *
   * @param x the input, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] logCumSumExp(float[] x, long rows, long cols) {
    return floats.logCumSumExp(x, axes(rows, cols), null);
  }

  /**
   * Computes the gradient of {@code logCumSumExp} with respect to its input: {@code dx_ij =
   * exp(x_ij) * sum_(k >= j) dy_ik exp(-y_ik)}. An element of -inf gets 0; in a row with +inf or
   * NaN every other element gets NaN. {@link LogCumSumExpBackward} says more.
   *
   * @param x the input of the forward call, rows * cols values
   * @param y the result of the forward call, rows * cols values
   * @param dy the incoming gradient, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here
   */
  public float[] logCumSumExpBackward(float[] x, float[] y, float[] dy, long rows, long cols) {
    return floats.logCumSumExpBackward(x, y, dy, axes(rows, cols), null);
  }

  /**
   * Computes the maximum and the sum of exponentials of each row: {@code max_i = max_j x_ij} and
   * {@code sumExp_i = sum_j exp(x_ij - max_i)}, both in float32. The statistics of parts of a row
   * can be merged ({@link RowStats#merge}). A row without columns, or of -inf only, gives (-inf,
   * 0). A row with NaN gives (NaN, NaN), any other row with +inf gives (+inf, NaN). {@link
   * ComputeRowStats} says more.
   *
   * @param x the input, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return a new array with the statistics of each row
   * @throws IllegalArgumentException if {@code x.length} is not rows * cols
   */
  public RowStats[] rowStats(float[] x, long rows, long cols) {
    return rowStats(floats, x, rows, cols);
  }

  /**
   * Computes, from memory of the caller, the maximum of each row and the sum of its exponentials
   * relative to it: {@code max_i = max_j x_ij} and {@code sum_i = sum_j exp(x_ij - max_i)}. A row
   * of -inf only, or without elements, gives (-inf, 0). A row with NaN gives (NaN, NaN), any other
   * row with +inf gives (+inf, NaN). {@link ComputeRowStats} says more.
   *
   * @param x the input, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return a new array with the statistics of each row
   * @throws IllegalArgumentException if {@code x} has another length than rows * cols
   */
  public RowStats[] rowStats(Elements x, long rows, long cols) {
    return rowStats(floats.with(ArrayType.of(x)), x, rows, cols);
  }

  private static <A> RowStats[] rowStats(ArrayOps<A> ops, A x, long rows, long cols) {
    return ops.call(
        axes(rows, cols),
        ComputeRowStats.class,
        call -> {
          Matrix in = call.in("x", x);
          Matrix max = call.column("max", call.array(rows), rows);
          Matrix sumExp = call.column("sumExp", call.array(rows), rows);
          call.run(new ComputeRowStats(in, max, sumExp));
          Values maxima = Values.of(max);
          Values sums = Values.of(sumExp);
          RowStats[] stats = new RowStats[maxima.length()];
          for (int i = 0; i < stats.length; i++) {
            stats[i] = new RowStats(maxima.get(i), sums.get(i));
          }
          return stats;
        });
  }

  /**
   * Computes log-probabilities, ranks and first tokens for each row of logits, as servers of
   * language models need them: the log-probabilities and ranks of chosen tokens, the first k tokens
   * with their log-probabilities, the entropy, the maximum and the log-sum-exp. The logits are read
   * once. Tokens are ordered by falling logit; of equal logits the lower index comes first. {@link
   * TokenLogProbs} has the formulas and the edge cases.
   *
   * @param x the logits, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of tokens in the vocabulary
   * @param chosen the chosen tokens, n for each row, the first row's n, then the second row's, and
   *     so on, each in [0, cols); empty for none
   * @param k how many of the first tokens are wanted, from 0 to 128 and at most cols
   * @return new arrays with every result
   * @throws IllegalArgumentException if {@code x.length} is not rows * cols, {@code chosen} has not
   *     equally many tokens for each row, a token is out of range, or k is too large
   */
  public TokenResults tokenLogProbs(float[] x, long rows, long cols, int[] chosen, int k) {
    return floats.call(
        axes(rows, cols),
        TokenLogProbs.class,
        call -> {
          return TokenResults.of(call, call.in("x", x), chosen, k);
        });
  }

  /**
   * Computes, from memory of the caller, log-probabilities, ranks and first tokens for each row of
   * logits, as servers of language models need them: the log-probabilities and ranks of chosen
   * tokens, the first k tokens with their log-probabilities, the entropy, the maximum and the
   * log-sum-exp. The logits are read once. Tokens are ordered by falling logit; of equal logits the
   * lower index comes first. {@link TokenLogProbs} has the formulas and the edge cases.
   *
   * @param x the logits, rows * cols values; results of float64 are rounded to float32
   * @param rows number of rows, 0 or more
   * @param cols number of tokens in the vocabulary
   * @param chosen the chosen tokens, n for each row, the first row's n, then the second row's, and
   *     so on, each in [0, cols); empty for none
   * @param k how many of the first tokens are wanted, from 0 to 128 and at most cols
   * @return new arrays with every result
   * @throws IllegalArgumentException if {@code x} has another length than rows * cols, {@code
   *     chosen} has not equally many tokens for each row, a token is out of range, or k is too
   *     large
   */
  public TokenResults tokenLogProbs(Elements x, long rows, long cols, int[] chosen, int k) {
    return floats
        .with(ArrayType.of(x))
        .call(
            axes(rows, cols),
            TokenLogProbs.class,
            call -> TokenResults.of(call, call.in("x", x), chosen, k));
  }

  /**
   * Computes the log-sum-exp of each row in float64: {@code lse_i = log(sum_j exp(x_ij))}, without
   * overflow. A row without elements, or of -inf only, gives -inf. A row with NaN gives NaN, any
   * other row with +inf gives +inf. {@link LogSumExp} says more.
   *
   * @param x the input, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return a new array of {@code rows} values
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] logSumExp(double[] x, long rows, long cols) {
    return doubles.logSumExp(x, axes(rows, cols), null);
  }

  /**
   * Computes the gradient of log-sum-exp with respect to its input in float64: {@code dx_ij =
   * dlse_i * softmax(x)_ij}. An element of -inf gets 0. A row of -inf only, or with +inf or NaN,
   * gives NaN. {@link LogSumExpBackward} says more.
   *
   * @param x the input of the forward call, rows * cols values
   * @param dlse the incoming gradient, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] logSumExpBackward(double[] x, double[] dlse, long rows, long cols) {
    return doubles.logSumExpBackward(x, dlse, axes(rows, cols), null);
  }

  /**
   * Computes the log-softmax of each row in float64: {@code y_ij = x_ij - log(sum_k exp(x_ik))},
   * without overflow. No result is above 0. An element of -inf gives -inf. A row of -inf only, or
   * with +inf or NaN, gives NaN. {@link LogSoftmax} says more.
   *
   * @param x the logits, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return the log-probabilities, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] logSoftmax(double[] x, long rows, long cols) {
    return doubles.logSoftmax(x, axes(rows, cols), null);
  }

  /**
   * Computes the gradient of log-softmax with respect to its input in float64, from its result:
   * {@code dx_ij = dy_ij - exp(y_ij) * sum_k dy_ik}. Where y is -inf, dx is dy. NaN in y gives NaN
   * there; NaN or an infinity in dy gives a row of NaN. {@link LogSoftmaxBackward} says more.
   *
   * @param y the result of the forward call, rows * cols values, none above 0
   * @param dy the incoming gradient, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] logSoftmaxBackward(double[] y, double[] dy, long rows, long cols) {
    return doubles.logSoftmaxBackward(y, dy, axes(rows, cols), null);
  }

  /**
   * Computes the softmax of each row in float64: {@code y_ij = exp(x_ij) / sum_k exp(x_ik)},
   * without overflow. A row of the result sums to 1. An element of -inf gives exactly 0. A row of
   * -inf only, or with +inf or NaN, gives NaN. {@link Softmax} says more.
   *
   * @param x the logits, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return the probabilities, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] softmax(double[] x, long rows, long cols) {
    return doubles.softmax(x, axes(rows, cols), null);
  }

  /**
   * Computes the gradient of softmax with respect to its input in float64, from its result: {@code
   * dx_ij = y_ij * (dy_ij - sum_k dy_ik y_ik)}. Where y is 0, dx is 0. NaN in y or dy, or an
   * infinity in dy, gives a row of NaN. {@link SoftmaxBackward} says more.
   *
   * @param y the result of the forward call, rows * cols values
   * @param dy the incoming gradient, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] softmaxBackward(double[] y, double[] dy, long rows, long cols) {
    return doubles.softmaxBackward(y, dy, axes(rows, cols), null);
  }

  /**
   * Computes the cross-entropy of each row in float64, with a target class per row. Without further
   * options {@code loss_i = log(sum_j exp(x_ij)) - x_it}, where {@code t = target[i]}, and a row of
   * -inf only, or with +inf or NaN, has loss NaN. An ignored row has loss 0. The losses are reduced
   * as the options say. {@link CrossEntropy} says more.
   *
   * @param x the logits, rows * cols values
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options reduction, ignored index and everything else that is computed
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call, or the backend has no float64
   */
  public double[] crossEntropy(
      double[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropy(x, classes(target), axes(rows, cols), options, null);
  }

  /**
   * Computes the cross-entropy of each row in float64, with target probabilities. Without further
   * options {@code loss_i = sum_j t_ij (log(sum_k exp(x_ik)) - x_ij)}, and a row of -inf only, or
   * with +inf or NaN, has loss NaN. A probability of 0 at a logit of -inf adds 0. The losses are
   * reduced as the options say. {@link CrossEntropy} says more.
   *
   * @param x the logits, rows * cols values
   * @param target a probability for each class of each row, finite and 0 or more, rows * cols
   *     values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options reduction and everything else that is computed; no ignored index
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is negative, infinite or NaN, or if the options do not fit the call, or the backend has no
   *     float64
   */
  public double[] crossEntropy(
      double[] x, double[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropy(x, probabilities(target), axes(rows, cols), options, null);
  }

  /**
   * Computes the gradient of cross-entropy with target classes with respect to the logits in
   * float64, for an incoming gradient of 1 for each loss. Without further options {@code dx_ij =
   * (softmax(x_i)_j - [j = t]) * scale}, where {@code t = target[i]} and scale is 1, or for the
   * mean 1 over the number of rows that count; a row of -inf only, or with +inf or NaN, gets NaN.
   * An ignored row gets 0. {@link CrossEntropyBackward} says more.
   *
   * @param x the logits, rows * cols values
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options the options of the forward call, except a gradient in place
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call, or the backend has no float64
   */
  public double[] crossEntropyBackward(
      double[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropyBackward(x, classes(target), axes(rows, cols), options, null);
  }

  /**
   * Computes the gradient of cross-entropy with target probabilities with respect to the logits in
   * float64, for an incoming gradient of 1 for each loss. Without further options {@code dx_ij =
   * (softmax(x_i)_j sum_k t_ik - t_ij) * scale}, where scale is 1, or for the mean 1 over the
   * number of rows; a row of -inf only, or with +inf or NaN, gets NaN. {@link CrossEntropyBackward}
   * says more.
   *
   * @param x the logits, rows * cols values
   * @param target a probability for each class of each row, finite and 0 or more, rows * cols
   *     values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options the options of the forward call, except a gradient in place; no ignored index
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is negative, infinite or NaN, or if the options do not fit the call, or the backend has no
   *     float64
   */
  public double[] crossEntropyBackward(
      double[] x, double[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropyBackward(x, probabilities(target), axes(rows, cols), options, null);
  }

  /**
   * Computes cross-entropy with target classes and its gradient with respect to the logits in
   * float64, and reads the logits once. Without further options {@code loss_i = log(sum_j
   * exp(x_ij)) - x_it} and {@code dx_ij = (softmax(x_i)_j - [j = t]) * scale}, where {@code t =
   * target[i]} and scale is 1, or for the mean 1 over the number of rows that count. A z-loss is
   * part of the gradient; it is no part of the loss. {@link CrossEntropy} says more.
   *
   * @param x the logits, rows * cols values
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options everything that is computed, except a gradient in place
   * @return the loss, reduced, and the gradient for an incoming gradient of 1
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call, or the backend has no float64
   */
  public LossAndGradientInDouble crossEntropyWithGradient(
      double[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropyWithGradient(
        x, classes(target), axes(rows, cols), options, null, null, LossAndGradientInDouble::new);
  }

  /**
   * Computes cross-entropy with target probabilities and its gradient with respect to the logits in
   * float64, and reads the logits once. Without further options {@code loss_i = sum_j t_ij
   * (log(sum_k exp(x_ik)) - x_ij)} and {@code dx_ij = (softmax(x_i)_j sum_k t_ik - t_ij) * scale},
   * where scale is 1, or for the mean 1 over the number of rows. A z-loss is part of the gradient;
   * it is no part of the loss. {@link CrossEntropy} says more.
   *
   * @param x the logits, rows * cols values
   * @param target a probability for each class of each row, finite and 0 or more, rows * cols
   *     values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options everything that is computed, except a gradient in place; no ignored index
   * @return the loss, reduced, and the gradient for an incoming gradient of 1
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is negative, infinite or NaN, or if the options do not fit the call, or the backend has no
   *     float64
   */
  public LossAndGradientInDouble crossEntropyWithGradient(
      double[] x, double[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropyWithGradient(
        x,
        probabilities(target),
        axes(rows, cols),
        options,
        null,
        null,
        LossAndGradientInDouble::new);
  }

  /**
   * Computes the negative log-likelihood of target classes under given log-probabilities in
   * float64: {@code loss_i = -w_t y_it}, where {@code t = target[i]} and {@code w_t} is the weight
   * of that class, 1 without weights. The losses are reduced as the options say. An ignored row has
   * loss 0. {@link Nll} says more.
   *
   * @param y the log-probabilities, rows * cols values
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options reduction, ignored index, mean over no rows, class weights; no others
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class nor the ignored index, or if the options do not fit the call, or the
   *     backend has no float64
   */
  public double[] nll(double[] y, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.nll(y, target, axes(rows, cols), options, null);
  }

  /**
   * Computes the gradient of negative log-likelihood with respect to the log-probabilities in
   * float64: {@code dy_ij = -[j = t] w_t scale dloss}, where {@code t = target[i]} and scale is 1,
   * or for the mean 1 over the weight of the rows that count. An ignored row gets 0. {@link
   * NllBackward} says more.
   *
   * @param dloss the incoming gradient: one value per row without reduction, else one value
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options the options of the forward call
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, if a target
   *     is neither a class nor the ignored index, or if the options do not fit the call, or the
   *     backend has no float64
   */
  public double[] nllBackward(
      double[] dloss, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.nllBackward(dloss, target, axes(rows, cols), options, null);
  }

  /**
   * Computes the logarithm of the running sum of exponentials of each row in float64: {@code y_ij =
   * log(sum_(k <= j) exp(x_ik))}, without overflow. As long as a row has had -inf only, y is -inf;
   * from its first +inf on y is +inf, and from its first NaN on y is NaN. {@link LogCumSumExp} says
   * more.
   *
   * @param x the input, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] logCumSumExp(double[] x, long rows, long cols) {
    return doubles.logCumSumExp(x, axes(rows, cols), null);
  }

  /**
   * Computes the gradient of {@code logCumSumExp} with respect to its input in float64: {@code
   * dx_ij = exp(x_ij) * sum_(k >= j) dy_ik exp(-y_ik)}. An element of -inf gets 0; in a row with
   * +inf or NaN every other element gets NaN. {@link LogCumSumExpBackward} says more.
   *
   * @param x the input of the forward call, rows * cols values
   * @param y the result of the forward call, rows * cols values
   * @param dy the incoming gradient, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @return the gradient, a new array of rows * cols values
   * @throws IllegalArgumentException if an array does not have the length named here, or the
   *     backend has no float64
   */
  public double[] logCumSumExpBackward(double[] x, double[] y, double[] dy, long rows, long cols) {
    return doubles.logCumSumExpBackward(x, y, dy, axes(rows, cols), null);
  }

  /**
   * Computes, from and into memory of the caller, the log-sum-exp of each row: {@code lse_i =
   * log(sum_j exp(x_ij))}, without overflow. A row without elements, or of -inf only, gives -inf. A
   * row with NaN gives NaN, any other row with +inf gives +inf. {@link LogSumExp} says more.
   *
   * @param x the input, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @param lse where the result goes, {@code rows} values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void logSumExp(Elements x, long rows, long cols, Elements lse) {
    floats.with(ArrayType.of(x, lse)).logSumExp(x, axes(rows, cols), lse);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of log-sum-exp with respect to its
   * input: {@code dx_ij = dlse_i * softmax(x)_ij}. An element of -inf gets 0. A row of -inf only,
   * or with +inf or NaN, gives NaN. {@link LogSumExpBackward} says more.
   *
   * @param x the input of the forward call, rows * cols values
   * @param dlse the incoming gradient, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @param dx where the gradient goes, rows * cols values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void logSumExpBackward(Elements x, Elements dlse, long rows, long cols, Elements dx) {
    floats.with(ArrayType.of(x, dlse, dx)).logSumExpBackward(x, dlse, axes(rows, cols), dx);
  }

  /**
   * Computes, from and into memory of the caller, the log-softmax of each row: {@code y_ij = x_ij -
   * log(sum_k exp(x_ik))}, without overflow. No result is above 0. An element of -inf gives -inf. A
   * row of -inf only, or with +inf or NaN, gives NaN. {@link LogSoftmax} says more.
   *
   * @param x the logits, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @param y where the result goes, rows * cols values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void logSoftmax(Elements x, long rows, long cols, Elements y) {
    floats.with(ArrayType.of(x, y)).logSoftmax(x, axes(rows, cols), y);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of log-softmax with respect to its
   * input, from its result: {@code dx_ij = dy_ij - exp(y_ij) * sum_k dy_ik}. Where y is -inf, dx is
   * dy. NaN in y gives NaN there; NaN or an infinity in dy gives a row of NaN. {@link
   * LogSoftmaxBackward} says more.
   *
   * @param y the result of the forward call, rows * cols values, none above 0
   * @param dy the incoming gradient, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @param dx where the gradient goes, rows * cols values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void logSoftmaxBackward(Elements y, Elements dy, long rows, long cols, Elements dx) {
    floats.with(ArrayType.of(y, dy, dx)).logSoftmaxBackward(y, dy, axes(rows, cols), dx);
  }

  /**
   * Computes, from and into memory of the caller, the softmax of each row: {@code y_ij = exp(x_ij)
   * / sum_k exp(x_ik)}, without overflow. A row of the result sums to 1. An element of -inf gives
   * exactly 0. A row of -inf only, or with +inf or NaN, gives NaN. {@link Softmax} says more.
   *
   * @param x the logits, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @param y where the result goes, rows * cols values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void softmax(Elements x, long rows, long cols, Elements y) {
    floats.with(ArrayType.of(x, y)).softmax(x, axes(rows, cols), y);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of softmax with respect to its
   * input, from its result: {@code dx_ij = y_ij * (dy_ij - sum_k dy_ik y_ik)}. Where y is 0, dx is
   * 0. NaN in y or dy, or an infinity in dy, gives a row of NaN. {@link SoftmaxBackward} says more.
   *
   * @param y the result of the forward call, rows * cols values
   * @param dy the incoming gradient, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @param dx where the gradient goes, rows * cols values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void softmaxBackward(Elements y, Elements dy, long rows, long cols, Elements dx) {
    floats.with(ArrayType.of(y, dy, dx)).softmaxBackward(y, dy, axes(rows, cols), dx);
  }

  /**
   * Computes, from and into memory of the caller, the cross-entropy of each row, with a target
   * class per row. Without further options {@code loss_i = log(sum_j exp(x_ij)) - x_it}, where
   * {@code t = target[i]}, and a row of -inf only, or with +inf or NaN, has loss NaN. An ignored
   * row has loss 0. The losses are reduced as the options say. {@link CrossEntropy} says more.
   *
   * @param x the logits, rows * cols values
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options reduction, ignored index and everything else that is computed
   * @param loss where the losses go: one value per row without reduction, else one value
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call
   */
  public void crossEntropy(
      Elements x, int[] target, long rows, long cols, CrossEntropyOptions options, Elements loss) {
    floats
        .with(ArrayType.of(x, loss))
        .crossEntropy(x, classes(target), axes(rows, cols), options, loss);
  }

  /**
   * Computes, from and into memory of the caller, the cross-entropy of each row, with target
   * probabilities. Without further options {@code loss_i = sum_j t_ij (log(sum_k exp(x_ik)) -
   * x_ij)}, and a row of -inf only, or with +inf or NaN, has loss NaN. A probability of 0 at a
   * logit of -inf adds 0. The losses are reduced as the options say. {@link CrossEntropy} says
   * more.
   *
   * @param x the logits, rows * cols values
   * @param target a probability for each class of each row, finite and 0 or more, rows * cols
   *     values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options reduction and everything else that is computed; no ignored index
   * @param loss where the losses go: one value per row without reduction, else one value
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     negative, infinite or NaN, or if the options do not fit the call
   */
  public void crossEntropy(
      Elements x,
      Elements target,
      long rows,
      long cols,
      CrossEntropyOptions options,
      Elements loss) {
    floats
        .with(ArrayType.of(x, target, loss))
        .crossEntropy(x, probabilities(target), axes(rows, cols), options, loss);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of cross-entropy with target classes
   * with respect to the logits, for an incoming gradient of 1 for each loss. Without further
   * options {@code dx_ij = (softmax(x_i)_j - [j = t]) * scale}, where {@code t = target[i]} and
   * scale is 1, or for the mean 1 over the number of rows that count; a row of -inf only, or with
   * +inf or NaN, gets NaN. An ignored row gets 0. {@link CrossEntropyBackward} says more.
   *
   * @param x the logits, rows * cols values
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options the options of the forward call; with a gradient in place, {@code dx} is {@code
   *     x}
   * @param dx where the gradient goes, rows * cols values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call
   */
  public void crossEntropyBackward(
      Elements x, int[] target, long rows, long cols, CrossEntropyOptions options, Elements dx) {
    floats
        .with(ArrayType.of(x, dx))
        .crossEntropyBackward(x, classes(target), axes(rows, cols), options, dx);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of cross-entropy with target
   * probabilities with respect to the logits, for an incoming gradient of 1 for each loss. Without
   * further options {@code dx_ij = (softmax(x_i)_j sum_k t_ik - t_ij) * scale}, where scale is 1,
   * or for the mean 1 over the number of rows; a row of -inf only, or with +inf or NaN, gets NaN.
   * {@link CrossEntropyBackward} says more.
   *
   * @param x the logits, rows * cols values
   * @param target a probability for each class of each row, finite and 0 or more, rows * cols
   *     values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options the options of the forward call; no ignored index; with a gradient in place,
   *     {@code dx} is {@code x}
   * @param dx where the gradient goes, rows * cols values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     negative, infinite or NaN, or if the options do not fit the call
   */
  public void crossEntropyBackward(
      Elements x, Elements target, long rows, long cols, CrossEntropyOptions options, Elements dx) {
    floats
        .with(ArrayType.of(x, target, dx))
        .crossEntropyBackward(x, probabilities(target), axes(rows, cols), options, dx);
  }

  /**
   * Computes, from and into memory of the caller, cross-entropy with target classes and its
   * gradient with respect to the logits, and reads the logits once. Without further options {@code
   * loss_i = log(sum_j exp(x_ij)) - x_it} and {@code dx_ij = (softmax(x_i)_j - [j = t]) * scale},
   * where {@code t = target[i]} and scale is 1, or for the mean 1 over the number of rows that
   * count. A z-loss is part of the gradient; it is no part of the loss. {@link CrossEntropy} says
   * more.
   *
   * @param x the logits, rows * cols values
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options everything that is computed; with a gradient in place, {@code dx} is {@code x}
   * @param loss where the losses go: one value per row without reduction, else one value
   * @param dx where the gradient for an incoming gradient of 1 goes, rows * cols values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     neither a class that takes part nor the ignored index, or if the options do not fit the
   *     call
   */
  public void crossEntropyWithGradient(
      Elements x,
      int[] target,
      long rows,
      long cols,
      CrossEntropyOptions options,
      Elements loss,
      Elements dx) {
    floats
        .with(ArrayType.of(x, loss, dx))
        .crossEntropyWithGradient(
            x, classes(target), axes(rows, cols), options, loss, dx, (first, second) -> first);
  }

  /**
   * Computes, from and into memory of the caller, cross-entropy with target probabilities and its
   * gradient with respect to the logits, and reads the logits once. Without further options {@code
   * loss_i = sum_j t_ij (log(sum_k exp(x_ik)) - x_ij)} and {@code dx_ij = (softmax(x_i)_j sum_k
   * t_ik - t_ij) * scale}, where scale is 1, or for the mean 1 over the number of rows. A z-loss is
   * part of the gradient; it is no part of the loss. {@link CrossEntropy} says more.
   *
   * @param x the logits, rows * cols values
   * @param target a probability for each class of each row, finite and 0 or more, rows * cols
   *     values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options everything that is computed; no ignored index; with a gradient in place, {@code
   *     dx} is {@code x}
   * @param loss where the losses go: one value per row without reduction, else one value
   * @param dx where the gradient for an incoming gradient of 1 goes, rows * cols values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     negative, infinite or NaN, or if the options do not fit the call
   */
  public void crossEntropyWithGradient(
      Elements x,
      Elements target,
      long rows,
      long cols,
      CrossEntropyOptions options,
      Elements loss,
      Elements dx) {
    floats
        .with(ArrayType.of(x, target, loss, dx))
        .crossEntropyWithGradient(
            x,
            probabilities(target),
            axes(rows, cols),
            options,
            loss,
            dx,
            (first, second) -> first);
  }

  /**
   * Computes, from and into memory of the caller, the negative log-likelihood of target classes
   * under given log-probabilities: {@code loss_i = -w_t y_it}, where {@code t = target[i]} and
   * {@code w_t} is the weight of that class, 1 without weights. The losses are reduced as the
   * options say. An ignored row has loss 0. {@link Nll} says more.
   *
   * @param y the log-probabilities, rows * cols values
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options reduction, ignored index, mean over no rows, class weights; no others
   * @param loss where the losses go: one value per row without reduction, else one value
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     neither a class nor the ignored index, or if the options do not fit the call
   */
  public void nll(
      Elements y, int[] target, long rows, long cols, CrossEntropyOptions options, Elements loss) {
    floats.with(ArrayType.of(y, loss)).nll(y, target, axes(rows, cols), options, loss);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of negative log-likelihood with
   * respect to the log-probabilities, for an incoming gradient of 1 for each loss: {@code dy_ij =
   * -[j = t] w_t scale}, where {@code t = target[i]} and scale is 1, or for the mean 1 over the
   * weight of the rows that count. An ignored row gets 0. {@link NllBackward} says more.
   *
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options the options of the forward call
   * @param dy where the gradient goes, rows * cols values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     neither a class nor the ignored index, or if the options do not fit the call
   */
  public void nllBackward(
      int[] target, long rows, long cols, CrossEntropyOptions options, Elements dy) {
    floats.with(ArrayType.of(dy)).nllBackward(null, target, axes(rows, cols), options, dy);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of negative log-likelihood with
   * respect to the log-probabilities: {@code dy_ij = -[j = t] w_t scale dloss}, where {@code t =
   * target[i]} and scale is 1, or for the mean 1 over the weight of the rows that count. An ignored
   * row gets 0. {@link NllBackward} says more.
   *
   * @param dloss the incoming gradient: one value per row without reduction, else one value
   * @param target the target class of each row, or the ignored index, {@code rows} values
   * @param rows number of rows, 0 or more
   * @param cols number of classes
   * @param options the options of the forward call
   * @param dy where the gradient goes, rows * cols values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument, if a target is
   *     neither a class nor the ignored index, or if the options do not fit the call
   */
  public void nllBackward(
      Elements dloss,
      int[] target,
      long rows,
      long cols,
      CrossEntropyOptions options,
      Elements dy) {
    floats.with(ArrayType.of(dy, dloss)).nllBackward(dloss, target, axes(rows, cols), options, dy);
  }

  /**
   * Computes, from and into memory of the caller, the logarithm of the running sum of exponentials
   * of each row: {@code y_ij = log(sum_(k <= j) exp(x_ik))}, without overflow. As long as a row has
   * had -inf only, y is -inf; from its first +inf on y is +inf, and from its first NaN on y is NaN.
   * {@link LogCumSumExp} says more.
   *
   * @param x the input, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @param y where the result goes, rows * cols values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void logCumSumExp(Elements x, long rows, long cols, Elements y) {
    floats.with(ArrayType.of(x, y)).logCumSumExp(x, axes(rows, cols), y);
  }

  /**
   * Computes, from and into memory of the caller, the gradient of {@code logCumSumExp} with respect
   * to its input: {@code dx_ij = exp(x_ij) * sum_(k >= j) dy_ik exp(-y_ik)}. An element of -inf
   * gets 0; in a row with +inf or NaN every other element gets NaN. {@link LogCumSumExpBackward}
   * says more.
   *
   * @param x the input of the forward call, rows * cols values
   * @param y the result of the forward call, rows * cols values
   * @param dy the incoming gradient, rows * cols values
   * @param rows number of rows, 0 or more
   * @param cols number of columns, 0 or more
   * @param dx where the gradient goes, rows * cols values
   * @throws IllegalArgumentException if an argument does not have the length named here, if a
   *     result is read-only or shares a part of its memory with another argument
   */
  public void logCumSumExpBackward(
      Elements x, Elements y, Elements dy, long rows, long cols, Elements dx) {
    floats.with(ArrayType.of(x, y, dy, dx)).logCumSumExpBackward(x, y, dy, axes(rows, cols), dx);
  }
}
