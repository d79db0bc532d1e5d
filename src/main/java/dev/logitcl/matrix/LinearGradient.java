package dev.logitcl.matrix;

import java.nio.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the gradients of {@link LinearLogits} go: {@code dH = dZ W}, {@code dW = dZ^T H} and the
 * column sums of dZ, any of the three. It stands for the gradient dZ with respect to the logits,
 * which is never stored, as the output {@code dx} of {@code CrossEntropy} or {@code
 * CrossEntropyBackward}. {@link LinearLogits#gradient} makes it.
 *
 * <p>Sums over rows are added part by part, in float32, or in float64 for F64. Rows whose target is
 * ignored are left out of the products, whatever they hold, and get 0 in dHidden. (A class that a
 * mask leaves out has a gradient of 0, but its row of W takes part in {@code dZ W}: NaN or infinity
 * there gives NaN in dHidden.) When a call fails in its midst, for example for want of memory on a
 * device, dHidden, dWeights and dBias hold a part of the sums.
 *
 * @param logits the logits whose gradients these are
 * @param hidden receives the gradient with respect to H, rows x width; null if not wanted
 * @param weights receives the gradient with respect to W, classes x width; null if not wanted
 * @param bias receives the gradient with respect to the bias, 1 x classes; null if not wanted
 * @param accumulates whether the gradients of W and of the bias are added to what their matrices
 *     hold; the gradient of H never is
 */
public record LinearGradient(
    LinearLogits logits,
    @Nullable Matrix hidden,
    @Nullable Matrix weights,
    @Nullable Matrix bias,
    boolean accumulates)
    implements Composite {

  /**
   * Checks shapes, element types and aliasing.
   *
   * @throws IllegalArgumentException if one of these is wrong, or if there is no gradient at all;
   *     the message names the matrix, what it is and what is expected
   */
  public LinearGradient {
    DType type = logits.dtype();
    if (hidden != null) {
      LinearLogits.requireLike(
          "LinearLogits.gradient: dHidden", hidden, logits.hidden().shape(), type, "");
    }
    if (weights != null) {
      LinearLogits.requireLike(
          "LinearLogits.gradient: dWeights", weights, logits.weights().shape(), type, "");
    }
    if (bias != null) {
      LinearLogits.requireLike(
          "LinearLogits.gradient: dBias",
          bias,
          new Shape(1, logits.cols()),
          type,
          LinearLogits.PER_CLASS);
    }
    List<Matrix> own = present(hidden, weights, bias);
    if (own.isEmpty()) {
      throw new IllegalArgumentException(
          "LinearLogits.gradient: no gradient, expected at least one of dHidden, dWeights and dBias");
    }
    for (int k = 0; k < own.size(); k++) {
      for (int other = 0; other < k; other++) {
        if (own.get(k).sharesMemoryWith(own.get(other))) {
          throw new IllegalArgumentException(
              "LinearLogits.gradient: two gradients share memory, expected a matrix of its own for each");
        }
      }
      if (own.get(k).sharesMemoryWith(logits)) {
        throw new IllegalArgumentException(
            "LinearLogits.gradient: a gradient shares memory with the logits' matrices, expected a matrix"
                + " of its own");
      }
    }
  }

  private static List<Matrix> present(@Nullable Matrix... matrices) {
    List<Matrix> present = new ArrayList<>(3);
    for (Matrix matrix : matrices) {
      if (matrix != null) {
        present.add(matrix);
      }
    }
    return present;
  }

  /**
   * Returns these gradients, those of W and of the bias added to what their matrices hold: so a
   * step of training that has several batches sums up their gradients.
   */
  public LinearGradient accumulating() {
    return new LinearGradient(logits, hidden, weights, bias, true);
  }

  @Override
  public Shape shape() {
    return logits.shape();
  }

  @Override
  public DType dtype() {
    return logits.dtype();
  }

  @Override
  public List<Matrix> matrices() {
    return present(hidden, weights, bias);
  }

  /**
   * Throws, because the gradient with respect to the logits is not stored.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public void write(long offset, Buffer source) {
    throw new UnsupportedOperationException("the gradient of linear logits is not stored");
  }

  /**
   * Throws, because the gradient with respect to the logits is not stored.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public void read(long offset, Buffer target) {
    throw new UnsupportedOperationException("the gradient of linear logits is not stored");
  }

  /** Does nothing: whoever made the matrices closes them. */
  @Override
  public void close() {}
}
