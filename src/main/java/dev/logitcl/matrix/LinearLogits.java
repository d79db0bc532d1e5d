package dev.logitcl.matrix;

import static java.util.Objects.requireNonNull;

import java.nio.Buffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Logits that are never stored: {@code Z = H W^T + bias}, the scores of the last linear layer of a
 * classifier or a language model. {@code LogSumExp}, {@code ComputeRowStats}, {@code CrossEntropy},
 * {@code CrossEntropyBackward}, {@code CrossEntropyFromStats} and {@code TokenLogProbs} take them
 * in place of a stored matrix of logits, with all their options, and compute them part by part in
 * scratch memory. So a call on 16384 tokens and 131072 classes needs 32 MiB of scratch memory
 * instead of 8 GiB of logits. Gradients leave such a call as those of H, W and the bias ({@link
 * #gradient}).
 *
 * <pre>{@code
 * LinearLogits z = LinearLogits.of(hidden, weights, bias);
 * LinearGradient dz = z.gradient(dHidden, dWeights, dBias);
 * backend.run(new CrossEntropy(z, target, options, loss, null, dz));
 * }</pre>
 *
 * <p>Logits have the type that operations compute in: F64 for F64, else F32. A part is some rows
 * with all classes, so a part of one row needs as much scratch memory as a row of logits takes,
 * even if {@code scratchBytes} is less. Only {@code LogSumExp} and {@code ComputeRowStats} cut such
 * a row, into parts of 1024 classes and more. A loss or the gradients of such rows can be had from
 * several matrices of weights, each with some of the classes: {@code CrossEntropyFromStats} takes
 * the statistics of all.
 *
 * <p>All scratch memory is allocated before anything is computed: where there is not enough, every
 * output is as it was. A failure of the device in the midst of a call leaves results of some parts.
 * {@code finish()} need not follow a call that gives a sum over all rows: such a call returns when
 * it is done.
 *
 * <p>These logits belong to no backend of their own: the three matrices do. They are open as long
 * as all three are. Closing the logits closes nothing. They cannot be read or written.
 *
 * @param hidden the inputs H of the layer, rows x width
 * @param weights the layer's weights W, classes x width, as {@code nn.Linear} of PyTorch holds
 *     them; of H's element type
 * @param bias one value per class, 1 x classes, of the type of the logits; null for none
 * @param scratchBytes how many bytes of logits are computed at a time, at most
 */
public record LinearLogits(Matrix hidden, Matrix weights, @Nullable Matrix bias, long scratchBytes)
    implements Composite {
  /** The scratch memory that a call uses by default: 32 MiB. */
  public static final long SCRATCH_BYTES = 32L << 20;

  static final String PER_CLASS = ", one value for each class, which is a row of weights";

  /**
   * Checks shapes and element types.
   *
   * @throws IllegalArgumentException if one of these is wrong; the message names the matrix, what
   *     it is and what is expected
   */
  public LinearLogits {
    requireStored("hidden", requireNonNull(hidden, "hidden"));
    requireStored("weights", requireNonNull(weights, "weights"));
    if (!hidden.dtype().isFloat()) {
      throw new IllegalArgumentException(
          "LinearLogits: hidden has element type "
              + hidden.dtype()
              + ", expected "
              + DType.floats());
    }
    if (weights.dtype() != hidden.dtype()) {
      throw new IllegalArgumentException(
          "LinearLogits: weights has element type "
              + weights.dtype()
              + ", expected "
              + hidden.dtype()
              + " as hidden");
    }
    if (weights.cols() != hidden.cols()) {
      throw new IllegalArgumentException(
          "LinearLogits: weights is "
              + weights.shape()
              + ", expected a row per class of "
              + hidden.cols()
              + " columns, as hidden is "
              + hidden.shape());
    }
    DType type = hidden.dtype().arithmetic();
    if (bias != null) {
      requireLike("LinearLogits: bias", bias, new Shape(1, weights.rows()), type, PER_CLASS);
    }
    if (scratchBytes < 1) {
      throw new IllegalArgumentException(
          "LinearLogits: " + scratchBytes + " bytes of scratch memory, expected at least 1");
    }
  }

  /**
   * Returns the logits of a linear layer, with 32 MiB of scratch memory.
   *
   * @param hidden the inputs H of the layer, rows x width
   * @param weights the layer's weights W, classes x width
   * @param bias one value per class, 1 x classes; null for none
   * @throws IllegalArgumentException if shapes or element types are wrong
   */
  public static LinearLogits of(Matrix hidden, Matrix weights, @Nullable Matrix bias) {
    return new LinearLogits(hidden, weights, bias, SCRATCH_BYTES);
  }

  /**
   * Returns these logits with another limit of the scratch memory. More memory makes larger parts,
   * which are faster where the weights are much larger than the caches: they are read once for each
   * part.
   *
   * @param bytes how many bytes of logits are computed at a time, at most
   * @throws IllegalArgumentException if {@code bytes} is less than 1
   */
  public LinearLogits withScratch(long bytes) {
    return new LinearLogits(hidden, weights, bias, bytes);
  }

  /**
   * Returns the place for the gradients of these logits, which stands for the gradient with respect
   * to the logits as an output of {@code CrossEntropy} or {@code CrossEntropyBackward}. All three
   * have the type of the logits: F64 for F64, else F32.
   *
   * @param dHidden receives {@code dZ W}, rows x width; null if not wanted
   * @param dWeights receives {@code dZ^T H}, classes x width; null if not wanted
   * @param dBias receives the column sums of dZ, 1 x classes; null if not wanted
   * @throws IllegalArgumentException if shapes or element types are wrong, if two of the matrices
   *     share memory, or if none is given
   */
  public LinearGradient gradient(
      @Nullable Matrix dHidden, @Nullable Matrix dWeights, @Nullable Matrix dBias) {
    return new LinearGradient(this, dHidden, dWeights, dBias, false);
  }

  /** Returns the number of inputs of the layer, the columns of H and of W. */
  public long width() {
    return hidden.cols();
  }

  /**
   * Returns how many rows a part has: as many as the scratch memory takes, shared out evenly, and
   * at least one.
   *
   * @param count how many rows are computed: {@link #rows()}, or fewer if some are ignored
   */
  public long rowsPerPart(long count) {
    long most = Math.max(1, scratchBytes / Math.max(1, cols() * dtype().bytes()));
    if (count <= most) {
      return Math.max(1, count);
    }
    long parts = (count + most - 1) / most;
    long even = (count + parts - 1) / parts;
    return Math.min(most, (even + 3) / 4 * 4); // products are made of four rows at a time
  }

  static void requireStored(String name, Matrix matrix) {
    if (matrix instanceof Composite || matrix.shape().isStrided()) {
      throw new IllegalArgumentException(
          "LinearLogits: "
              + name
              + " is "
              + (matrix instanceof Composite ? "no stored matrix" : "strided")
              + ", expected a row-major matrix of a backend");
    }
  }

  static void requireLike(String what, Matrix matrix, Shape shape, DType type, String why) {
    if (matrix.dtype() != type) {
      throw new IllegalArgumentException(
          what + " has element type " + matrix.dtype() + ", expected " + type + " as the logits");
    }
    if (matrix instanceof Composite) {
      throw new IllegalArgumentException(what + " is not stored, expected a matrix of a backend");
    }
    if (!matrix.shape().equals(shape)) {
      throw new IllegalArgumentException(
          what + " is " + matrix.shape() + ", expected " + shape + why);
    }
  }

  /** Returns the shape of the logits, rows x classes. */
  @Override
  public Shape shape() {
    return new Shape(hidden.rows(), weights.rows());
  }

  /** Returns the type of the logits: F64 if H is F64, else F32. */
  @Override
  public DType dtype() {
    return hidden.dtype().arithmetic();
  }

  @Override
  public List<Matrix> matrices() {
    List<Matrix> matrices = new ArrayList<>(List.of(hidden, weights));
    if (bias != null) {
      matrices.add(bias);
    }
    return matrices;
  }

  /**
   * Returns the logits of some rows of H. A mean is taken over these rows.
   *
   * @param from the first row, from 0 on
   * @param count the number of rows, which may be 0
   * @throws IllegalArgumentException if there are no such rows
   * @throws IllegalStateException if H is closed
   */
  @Override
  public LinearLogits rows(long from, long count) {
    return new LinearLogits(hidden.rows(from, count), weights, bias, scratchBytes);
  }

  /**
   * Throws, because logits that are never stored do not lie anywhere.
   *
   * @throws IllegalArgumentException always
   */
  @Override
  public Matrix view(Shape shape) {
    throw new IllegalArgumentException("linear logits are not stored: they have no other views");
  }

  @Override
  public boolean isSameAs(Matrix other) {
    return this == other
        || (other instanceof LinearLogits logits
            && hidden.isSameAs(logits.hidden)
            && weights.isSameAs(logits.weights)
            && (bias == null
                ? logits.bias == null
                : logits.bias != null && bias.isSameAs(logits.bias)));
  }

  /**
   * Throws, because logits that are never stored cannot be written.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public void write(long offset, Buffer source) {
    throw new UnsupportedOperationException("linear logits are not stored: they cannot be written");
  }

  /**
   * Throws, because logits that are never stored cannot be read: {@code MatrixProduct} computes
   * them into a matrix.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public void read(long offset, Buffer target) {
    throw new UnsupportedOperationException("linear logits are not stored: they cannot be read");
  }

  /** Does nothing: whoever made the three matrices closes them. */
  @Override
  public void close() {}
}
