package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The operations along any axes of tensors in host arrays, row-major {@code float[]} in, new arrays
 * out:
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
  private final Backend chosen;

  private Tensors(Backend backend) {
    this.chosen = backend;
  }

  /** Computes on {@code backend}, or where {@link Rows#on} would. */
  public static Tensors on(Backend backend) {
    return new Tensors(backend);
  }

  /** {@link LogSumExp}: one value per row. */
  public float[] logSumExp(float[] x, Axes axes) {
    try (Call call = new Call(axes)) {
      Matrix in = call.in("x", x);
      return call.rows(axes.shape().rows(), out -> new LogSumExp(in, out));
    }
  }

  /** {@link LogSumExpBackward} from the forward pass's input and output. */
  public float[] logSumExpBackward(float[] x, float[] lse, float[] dlse, Axes axes) {
    try (Call call = new Call(axes)) {
      Matrix in = call.in("x", x);
      Matrix sums = call.rowsIn("lse", lse);
      Matrix gradients = call.rowsIn("dlse", dlse);
      return call.run(out -> new LogSumExpBackward(in, sums, gradients, out));
    }
  }

  /** {@link LogSoftmax}. */
  public float[] logSoftmax(float[] x, Axes axes) {
    try (Call call = new Call(axes)) {
      Matrix in = call.in("x", x);
      return call.run(out -> new LogSoftmax(in, out));
    }
  }

  /** {@link LogSoftmaxBackward} from the forward pass's output. */
  public float[] logSoftmaxBackward(float[] y, float[] dy, Axes axes) {
    try (Call call = new Call(axes)) {
      Matrix in = call.in("y", y);
      Matrix gradients = call.in("dy", dy);
      return call.run(out -> new LogSoftmaxBackward(in, gradients, out));
    }
  }

  /** {@link Softmax}. */
  public float[] softmax(float[] x, Axes axes) {
    try (Call call = new Call(axes)) {
      Matrix in = call.in("x", x);
      return call.run(out -> new Softmax(in, out));
    }
  }

  /** {@link SoftmaxBackward} from the forward pass's output. */
  public float[] softmaxBackward(float[] y, float[] dy, Axes axes) {
    try (Call call = new Call(axes)) {
      Matrix in = call.in("y", y);
      Matrix gradients = call.in("dy", dy);
      return call.run(out -> new SoftmaxBackward(in, gradients, out));
    }
  }

  /**
   * {@link CrossEntropy} along a class axis: one loss, or one per row without reduction. There is a
   * target for each position along the other axes.
   */
  public float[] crossEntropy(float[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    try (Call call = new Call(classes)) {
      Matrix in = call.in("x", x);
      Labels labels = call.in(target);
      long losses = losses(classes, options);
      return call.rows(losses, out -> new CrossEntropy(in, labels, options, out));
    }
  }

  /** {@link CrossEntropyBackward} for an incoming gradient of ones. */
  public float[] crossEntropyBackward(
      float[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    try (Call call = new Call(classes)) {
      Matrix in = call.in("x", x);
      Labels labels = call.in(target);
      return call.run(out -> new CrossEntropyBackward(in, null, labels, options, out));
    }
  }

  /** {@link CrossEntropy} and its gradient in one pass. */
  public Rows.LossAndGradient crossEntropyWithGradient(
      float[] x, int[] target, Axes classes, CrossEntropyOptions options) {
    try (Call call = new Call(classes)) {
      Matrix in = call.in("x", x);
      Labels labels = call.in(target);
      float[] loss = call.array(losses(classes, options));
      Matrix lossOut = call.column(loss);
      float[] gradient = call.run(out -> new CrossEntropy(in, labels, options, lossOut, null, out));
      lossOut.read(loss);
      return new Rows.LossAndGradient(loss, gradient);
    }
  }

  private static long losses(Axes classes, CrossEntropyOptions options) {
    return options.reduction() == Reduction.NONE ? classes.shape().rows() : 1;
  }

  private interface Maker {
    RowOp make(Matrix out);
  }

  /** The matrices of one call, closed together. */
  private final class Call implements AutoCloseable {
    private final Axes axes;
    private final Backend backend;
    private final List<Matrix> matrices = new ArrayList<>(6);

    Call(Axes axes) {
      this.axes = axes;
      this.backend =
          chosen instanceof BestBackend best ? best.forArrays(axes.shape().elements()) : chosen;
    }

    /** A tensor, its rows where the operation can walk them. */
    Matrix in(String name, float[] values) {
      requireLength(name, values.length, axes.shape().elements(), "a tensor of ");
      Matrix tensor = column(values);
      tensor.write(values);
      if (axes.areAdjacent()) {
        return tensor.view(axes.shape());
      }
      Matrix gathered = scratch();
      backend.permute(tensor, axes.gather(), gathered);
      return gathered;
    }

    Matrix rowsIn(String name, float[] values) {
      requireLength(name, values.length, axes.shape().rows(), "the rows of ");
      Matrix matrix = column(values);
      matrix.write(values);
      return matrix;
    }

    Labels in(int[] target) {
      requireLength("target", target.length, axes.shape().rows(), "the rows of ");
      Labels labels = backend.upload(target);
      matrices.add(labels);
      return labels;
    }

    private void requireLength(String name, int length, long expected, String what) {
      if (length != expected) {
        throw new IllegalArgumentException(
            name
                + " has "
                + length
                + " elements, expected "
                + expected
                + " for "
                + what
                + Arrays.toString(axes.dims()));
      }
    }

    /** A matrix for an array, whose contents are moved by write and read. */
    Matrix column(float[] values) {
      Matrix matrix = backend.share(values, values.length, 1);
      matrices.add(matrix);
      return matrix;
    }

    private Matrix scratch() {
      Matrix matrix = backend.allocate(axes.shape());
      matrices.add(matrix);
      return matrix;
    }

    float[] array(long elements) {
      if (elements > Integer.MAX_VALUE - 8) {
        throw new IllegalArgumentException(
            elements + " elements are too many for an array; use matrices");
      }
      return new float[(int) elements];
    }

    /** Runs what writes a tensor. */
    float[] run(Maker maker) {
      float[] result = array(axes.shape().elements());
      Matrix tensor = column(result);
      if (axes.areAdjacent()) {
        backend.run(maker.make(tensor.view(axes.shape())));
      } else {
        Matrix gathered = scratch();
        backend.run(maker.make(gathered));
        backend.permute(gathered, axes.scatter(), tensor);
      }
      tensor.read(result);
      return result;
    }

    /** Runs what writes a column. */
    float[] rows(long rows, Maker maker) {
      float[] result = array(rows);
      Matrix out = column(result);
      backend.run(maker.make(out));
      out.read(result);
      return result;
    }

    @Override
    public void close() {
      for (int i = matrices.size() - 1; i >= 0; i--) {
        matrices.get(i).close();
      }
    }
  }
}
