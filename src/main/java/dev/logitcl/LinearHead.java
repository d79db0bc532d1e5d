package dev.logitcl;

import static java.util.Objects.requireNonNull;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.TokenLogProbs;
import java.lang.reflect.Array;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The last linear layer of a classifier or of a language model, on host arrays: the loss, the
 * gradients and the log-probabilities of tokens, of logits {@code Z = H W^T + bias} that are never
 * stored. A call computes some rows of Z at a time, in 32 MiB of memory or that of one row; {@link
 * #withScratch} sets another limit.
 *
 * <pre>{@code
 * LinearHead head = LinearHead.on(backend, width, classes);
 * var step = head.crossEntropyWithGradients(hidden, weights, bias, target, options);
 * }</pre>
 *
 * <p>The arrays of a call are row-major:
 *
 * <ul>
 *   <li>{@code hidden} is H, the inputs of the layer, rows * width values;
 *   <li>{@code weights} is W, classes * width values, as {@code nn.Linear} of PyTorch holds them;
 *   <li>{@code bias} has one value per class; null for a layer without a bias.
 * </ul>
 *
 * <p>Every method reads its arguments, never changes them, and returns new arrays. Methods on
 * {@code float[]} compute in float32, methods on {@code double[]} in float64. Backends, devices
 * without float64, exceptions and threads are as {@link Rows} says. {@link LinearLogits} has the
 * same for matrices that stay on a device, with more operations and other element types.
 */
public final class LinearHead {
  private final ArrayOps<float[]> floats;
  private final ArrayOps<double[]> doubles;
  private final int width;
  private final int classes;
  private final long scratchBytes;

  private LinearHead(Backend backend, int width, int classes, Consumer<RunReport> listener) {
    if (width < 0 || classes < 0) {
      throw new IllegalArgumentException(
          "a linear layer of width " + width + " and " + classes + " classes, expected 0 or more");
    }
    this.floats = new ArrayOps<>(backend, ArrayType.FLOATS, listener);
    this.doubles = new ArrayOps<>(backend, ArrayType.DOUBLES, listener);
    this.width = width;
    this.classes = classes;
    this.scratchBytes = LinearLogits.SCRATCH_BYTES;
  }

  private LinearHead(LinearHead other, long scratchBytes) {
    this.floats = other.floats;
    this.doubles = other.doubles;
    this.width = other.width;
    this.classes = other.classes;
    this.scratchBytes = scratchBytes;
  }

  /**
   * Computes layers of one size on {@code backend}, which stays the caller's to close. A backend of
   * {@link Backends#best()} takes the faster of its device and the Java path for each call.
   *
   * @param backend the backend
   * @param width number of inputs of the layer, the columns of H and of W
   * @param classes number of classes, the rows of W
   * @throws IllegalArgumentException if a size is negative
   */
  public static LinearHead on(Backend backend, int width, int classes) {
    return on(backend, width, classes, report -> {});
  }

  /**
   * Computes layers of one size on {@code backend}, and reports each call.
   *
   * @param backend the backend, which stays the caller's to close
   * @param width number of inputs of the layer, the columns of H and of W
   * @param classes number of classes, the rows of W
   * @param listener is told what a call launched and where, after the call is computed and before
   *     it returns, on the caller's thread; an exception that it throws reaches the caller
   * @throws IllegalArgumentException if a size is negative
   */
  public static LinearHead on(
      Backend backend, int width, int classes, Consumer<RunReport> listener) {
    return new LinearHead(backend, width, classes, listener);
  }

  /**
   * Returns these layers with another limit of the memory for logits. More memory makes larger
   * parts, which are faster where W is much larger than the caches: it is read once for each part.
   *
   * @param bytes how many bytes of logits are computed at a time, at most, but always one row
   * @throws IllegalArgumentException if {@code bytes} is less than 1
   */
  public LinearHead withScratch(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException(bytes + " bytes of scratch memory, expected at least 1");
    }
    return new LinearHead(this, bytes);
  }

  /**
   * Losses and the gradients of their reduction in float32.
   *
   * @param loss one value per row without reduction, else one value
   * @param dHidden the gradient with respect to H, rows * width values
   * @param dWeights the gradient with respect to W, classes * width values
   * @param dBias the gradient with respect to the bias, one value per class; empty for a layer
   *     without a bias
   */
  @SuppressWarnings("ArrayRecordComponent") // results, for taking apart and not for comparing
  public record LossAndGradients(float[] loss, float[] dHidden, float[] dWeights, float[] dBias) {}

  /**
   * Losses and the gradients of their reduction in float64.
   *
   * @param loss one value per row without reduction, else one value
   * @param dHidden the gradient with respect to H, rows * width values
   * @param dWeights the gradient with respect to W, classes * width values
   * @param dBias the gradient with respect to the bias, one value per class; empty for a layer
   *     without a bias
   */
  @SuppressWarnings("ArrayRecordComponent") // results, for taking apart and not for comparing
  public record LossAndGradientsInDouble(
      double[] loss, double[] dHidden, double[] dWeights, double[] dBias) {}

  /**
   * Computes the cross-entropy of each row of the layer's logits, with a target class per row. The
   * losses are reduced as the options say. {@link CrossEntropy} has the formulas.
   *
   * @param hidden the inputs of the layer, one row for each target
   * @param weights the layer's weights, a row for each class
   * @param bias one value per class; null for none
   * @param target the target class of each row, or the ignored index
   * @param options reduction, ignored index and everything else that is computed
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array has another length than the layer's size says, if
   *     a target is neither a class that takes part nor the ignored index, or if the options do not
   *     fit the call
   */
  public float[] crossEntropy(
      float[] hidden,
      float[] weights,
      float @Nullable [] bias,
      int[] target,
      CrossEntropyOptions options) {
    return layer(floats, hidden, weights, bias, requireNonNull(target, "target").length)
        .crossEntropy(target, options);
  }

  /**
   * Computes the cross-entropy of each row of the layer's logits, with a target class per row, and
   * the gradients of the reduced loss with respect to H, W and the bias: {@code dH = dZ W}, {@code
   * dW = dZ^T H} and the column sums of dZ, where dZ is the gradient with respect to the logits.
   * Without a reduction they are the gradients of the sum. A z-loss is part of the gradients; it is
   * no part of the loss. {@link CrossEntropy} has the formulas.
   *
   * @param hidden the inputs of the layer, one row for each target
   * @param weights the layer's weights, a row for each class
   * @param bias one value per class; null for none
   * @param target the target class of each row, or the ignored index
   * @param options everything that is computed
   * @return the loss, reduced, and the gradients
   * @throws IllegalArgumentException if an array has another length than the layer's size says, if
   *     a target is neither a class that takes part nor the ignored index, or if the options do not
   *     fit the call
   */
  public LossAndGradients crossEntropyWithGradients(
      float[] hidden,
      float[] weights,
      float @Nullable [] bias,
      int[] target,
      CrossEntropyOptions options) {
    return layer(floats, hidden, weights, bias, requireNonNull(target, "target").length)
        .crossEntropyWithGradients(target, options, LossAndGradients::new);
  }

  /**
   * Computes log-probabilities, ranks and first tokens for each row of the layer's logits, as
   * servers of language models need them. {@link TokenLogProbs} has the formulas and the edge
   * cases.
   *
   * @param hidden the inputs of the layer, rows * width values
   * @param weights the layer's weights, a row for each token of the vocabulary
   * @param bias one value per token; null for none
   * @param rows number of rows, 0 or more
   * @param chosen the chosen tokens, n for each row, the first row's n, then the second row's, and
   *     so on, each below the number of classes; empty for none
   * @param k how many of the first tokens are wanted, from 0 to 128 and at most the number of
   *     classes
   * @return new arrays with every result
   * @throws IllegalArgumentException if an array has another length than the layer's size says,
   *     {@code chosen} has not equally many tokens for each row, a token is out of range, or k is
   *     too large
   */
  public TokenResults tokenLogProbs(
      float[] hidden, float[] weights, float @Nullable [] bias, int rows, int[] chosen, int k) {
    return layer(floats, hidden, weights, bias, rows)
        .call(TokenLogProbs.class, (call, logits) -> TokenResults.of(call, logits, chosen, k));
  }

  /**
   * Computes the cross-entropy of each row of the layer's logits in float64, with a target class
   * per row. The losses are reduced as the options say. {@link CrossEntropy} has the formulas.
   *
   * @param hidden the inputs of the layer, one row for each target
   * @param weights the layer's weights, a row for each class
   * @param bias one value per class; null for none
   * @param target the target class of each row, or the ignored index
   * @param options reduction, ignored index and everything else that is computed
   * @return a new array: one loss per row without reduction, else one value
   * @throws IllegalArgumentException if an array has another length than the layer's size says, if
   *     a target is neither a class that takes part nor the ignored index, if the options do not
   *     fit the call, or the backend has no float64
   */
  public double[] crossEntropy(
      double[] hidden,
      double[] weights,
      double @Nullable [] bias,
      int[] target,
      CrossEntropyOptions options) {
    return layer(doubles, hidden, weights, bias, requireNonNull(target, "target").length)
        .crossEntropy(target, options);
  }

  /**
   * Computes the cross-entropy of each row of the layer's logits in float64, with a target class
   * per row, and the gradients of the reduced loss with respect to H, W and the bias: {@code dH =
   * dZ W}, {@code dW = dZ^T H} and the column sums of dZ, where dZ is the gradient with respect to
   * the logits. Without a reduction they are the gradients of the sum. A z-loss is part of the
   * gradients; it is no part of the loss. {@link CrossEntropy} has the formulas.
   *
   * @param hidden the inputs of the layer, one row for each target
   * @param weights the layer's weights, a row for each class
   * @param bias one value per class; null for none
   * @param target the target class of each row, or the ignored index
   * @param options everything that is computed
   * @return the loss, reduced, and the gradients
   * @throws IllegalArgumentException if an array has another length than the layer's size says, if
   *     a target is neither a class that takes part nor the ignored index, if the options do not
   *     fit the call, or the backend has no float64
   */
  public LossAndGradientsInDouble crossEntropyWithGradients(
      double[] hidden,
      double[] weights,
      double @Nullable [] bias,
      int[] target,
      CrossEntropyOptions options) {
    return layer(doubles, hidden, weights, bias, requireNonNull(target, "target").length)
        .crossEntropyWithGradients(target, options, LossAndGradientsInDouble::new);
  }

  private <A> Layer<A> layer(ArrayOps<A> ops, A hidden, A weights, @Nullable A bias, int rows) {
    requireNonNull(hidden, "hidden");
    requireNonNull(weights, "weights");
    long values = Array.getLength(hidden);
    if (values != (long) rows * width) {
      throw new IllegalArgumentException(
          "hidden has "
              + values
              + " values, expected "
              + (long) rows * width
              + " for "
              + rows
              + " rows of width "
              + width
              + "; there are as many rows as targets, or as the call says");
    }
    return new Layer<>(ops, hidden, weights, bias, rows, width, classes, scratchBytes);
  }

  /** Puts the results of a call together. */
  private interface Results<A, R> {
    R of(A loss, A dHidden, A dWeights, A dBias);
  }

  /** The arrays of a layer with the operations on them. */
  private record Layer<A>(
      ArrayOps<A> ops,
      A hidden,
      A weights,
      @Nullable A bias,
      int rows,
      int width,
      int classes,
      long scratchBytes) {

    <R> R call(Class<? extends RowOp> op, BiFunction<ArrayCall<A>, LinearLogits, R> body) {
      return ops.callOnLogits(
          axes(), (long) rows * classes, op, call -> body.apply(call, logits(call)));
    }

    private Axes axes() {
      return Axes.of(new long[] {rows, width}, 1);
    }

    private LinearLogits logits(ArrayCall<A> call) {
      return LinearLogits.of(
              call.in("hidden", hidden),
              call.matrixIn("weights", weights, classes, width),
              bias == null ? null : call.matrixIn("bias", bias, 1, classes))
          .withScratch(scratchBytes);
    }

    A crossEntropy(int[] target, CrossEntropyOptions options) {
      return call(
          CrossEntropy.class,
          (call, logits) -> {
            Labels labels = call.labels(target);
            return call.column(
                "loss",
                null,
                ArrayOps.losses(axes(), options),
                out -> new CrossEntropy(logits, labels, options, out));
          });
    }

    <R> R crossEntropyWithGradients(
        int[] target, CrossEntropyOptions options, Results<A, R> results) {
      return call(
          CrossEntropy.class,
          (call, logits) -> {
            Labels labels = call.labels(target);
            long losses = ArrayOps.losses(axes(), options);
            A loss = call.array(losses);
            A dHidden = call.array((long) rows * width);
            A dWeights = call.array((long) classes * width);
            A dBias = call.array(bias == null ? 0 : classes);
            Matrix lossOut = call.column("loss", loss, losses);
            Matrix dHiddenOut = call.matrix("dHidden", dHidden, rows, width);
            Matrix dWeightsOut = call.matrix("dWeights", dWeights, classes, width);
            Matrix dBiasOut = bias == null ? null : call.matrix("dBias", dBias, 1, classes);
            call.run(
                new CrossEntropy(
                    logits,
                    labels,
                    options,
                    lossOut,
                    null,
                    logits.gradient(dHiddenOut, dWeightsOut, dBiasOut)));
            call.read(lossOut, loss);
            call.read(dHiddenOut, dHidden);
            call.read(dWeightsOut, dWeights);
            if (dBiasOut != null) {
              call.read(dBiasOut, dBias);
            }
            return results.of(loss, dHidden, dWeights, dBias);
          });
    }
  }
}
