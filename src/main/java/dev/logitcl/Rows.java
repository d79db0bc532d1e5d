package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
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
import dev.logitcl.op.Reduction;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.RowStatistics;
import dev.logitcl.op.RowStats;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import dev.logitcl.op.TokenLogProbs;
import java.util.ArrayList;
import java.util.List;

/**
 * The operations on host arrays: row-major {@code float[]} of rows * cols in, new arrays out; the
 * same in double precision for {@code double[]}, on a device that has it ({@link Backends#best()}
 * takes the Java path where the device has not, any other backend refuses). What each computes, its
 * edge cases included, is said at its record ({@link LogSoftmax} and so on); lengths that do not
 * match are {@link IllegalArgumentException}s. Matrices that several operations use are better kept
 * on the device ({@link Backend#upload(float[], long, long)}).
 */
public final class Rows {
  private final Backend chosen;
  private final RowsOfDoubles doubles;

  private Rows(Backend backend) {
    this.chosen = backend;
    this.doubles = new RowsOfDoubles(backend);
  }

  /**
   * Computes on {@code backend}, which stays the caller's to close. On that of {@link
   * Backends#best()} each call takes the faster of the device and the Java path; on any other, that
   * one and no other.
   */
  public static Rows on(Backend backend) {
    return new Rows(backend);
  }

  /**
   * Losses and the gradient of their reduction.
   *
   * @param loss one value per row, or one
   * @param gradient rows * cols
   */
  @SuppressWarnings("ArrayRecordComponent") // two results, for taking apart and not for comparing
  public record LossAndGradient(float[] loss, float[] gradient) {}

  /** {@link LogSumExp}: one value per row. */
  public float[] logSumExp(float[] x, long rows, long cols) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      return call.run(rows, 1, out -> new LogSumExp(in, out));
    }
  }

  /** {@link LogSumExpBackward} from the forward pass's input and output. */
  public float[] logSumExpBackward(float[] x, float[] lse, float[] dlse, long rows, long cols) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      Matrix sums = call.in(lse, rows, 1);
      Matrix gradients = call.in(dlse, rows, 1);
      return call.run(rows, cols, out -> new LogSumExpBackward(in, sums, gradients, out));
    }
  }

  /** {@link LogSoftmax}. */
  public float[] logSoftmax(float[] x, long rows, long cols) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      return call.run(rows, cols, out -> new LogSoftmax(in, out));
    }
  }

  /** {@link LogSoftmaxBackward} from the forward pass's output. */
  public float[] logSoftmaxBackward(float[] y, float[] dy, long rows, long cols) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(y, rows, cols);
      Matrix gradients = call.in(dy, rows, cols);
      return call.run(rows, cols, out -> new LogSoftmaxBackward(in, gradients, out));
    }
  }

  /** {@link Softmax}. */
  public float[] softmax(float[] x, long rows, long cols) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      return call.run(rows, cols, out -> new Softmax(in, out));
    }
  }

  /** {@link SoftmaxBackward} from the forward pass's output. */
  public float[] softmaxBackward(float[] y, float[] dy, long rows, long cols) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(y, rows, cols);
      Matrix gradients = call.in(dy, rows, cols);
      return call.run(rows, cols, out -> new SoftmaxBackward(in, gradients, out));
    }
  }

  /** {@link CrossEntropy}: one loss, or one per row without reduction. */
  public float[] crossEntropy(
      float[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return loss(x, call -> call.in(target), rows, cols, options);
  }

  /** The same for probability targets, rows * cols. */
  public float[] crossEntropy(
      float[] x, float[] target, long rows, long cols, CrossEntropyOptions options) {
    return loss(x, call -> call.probabilities(target, rows, cols), rows, cols, options);
  }

  /** {@link CrossEntropyBackward} for an incoming gradient of ones. */
  public float[] crossEntropyBackward(
      float[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return gradient(x, call -> call.in(target), rows, cols, options);
  }

  /** The same for probability targets, rows * cols. */
  public float[] crossEntropyBackward(
      float[] x, float[] target, long rows, long cols, CrossEntropyOptions options) {
    return gradient(x, call -> call.probabilities(target, rows, cols), rows, cols, options);
  }

  /** {@link CrossEntropy} and its gradient in one pass. */
  public LossAndGradient crossEntropyWithGradient(
      float[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return lossAndGradient(x, call -> call.in(target), rows, cols, options);
  }

  /** The same for probability targets, rows * cols. */
  public LossAndGradient crossEntropyWithGradient(
      float[] x, float[] target, long rows, long cols, CrossEntropyOptions options) {
    return lossAndGradient(x, call -> call.probabilities(target, rows, cols), rows, cols, options);
  }

  /** {@link Nll} of log-probabilities: one loss, or one per row without reduction. */
  public float[] nll(float[] y, int[] target, long rows, long cols, CrossEntropyOptions options) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(y, rows, cols);
      Labels labels = call.in(target);
      return call.run(losses(rows, options), 1, out -> new Nll(in, labels, options, out));
    }
  }

  /** {@link NllBackward} for an incoming gradient of ones. */
  public float[] nllBackward(int[] target, long rows, long cols, CrossEntropyOptions options) {
    try (Call call = new Call(rows, cols)) {
      Labels labels = call.in(target);
      return call.run(rows, cols, out -> new NllBackward(null, labels, options, out));
    }
  }

  private float[] loss(
      float[] x, Targets targets, long rows, long cols, CrossEntropyOptions options) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      Target target = targets.in(call);
      return call.run(losses(rows, options), 1, out -> new CrossEntropy(in, target, options, out));
    }
  }

  private float[] gradient(
      float[] x, Targets targets, long rows, long cols, CrossEntropyOptions options) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      Target target = targets.in(call);
      return call.run(rows, cols, out -> new CrossEntropyBackward(in, null, target, options, out));
    }
  }

  private LossAndGradient lossAndGradient(
      float[] x, Targets targets, long rows, long cols, CrossEntropyOptions options) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      Target target = targets.in(call);
      float[] loss = call.array(losses(rows, options), 1);
      Matrix lossOut = call.out(loss, losses(rows, options), 1);
      float[] gradient =
          call.run(rows, cols, out -> new CrossEntropy(in, target, options, lossOut, null, out));
      lossOut.read(loss);
      return new LossAndGradient(loss, gradient);
    }
  }

  /** {@link LogSumExp} in double precision. */
  public double[] logSumExp(double[] x, long rows, long cols) {
    return doubles.unary(x, rows, cols, 1, LogSumExp::new);
  }

  /** {@link LogSumExpBackward} in double precision. */
  public double[] logSumExpBackward(double[] x, double[] lse, double[] dlse, long rows, long cols) {
    return doubles.perRow(x, lse, dlse, rows, cols, LogSumExpBackward::new);
  }

  /** {@link LogSoftmax} in double precision. */
  public double[] logSoftmax(double[] x, long rows, long cols) {
    return doubles.unary(x, rows, cols, cols, LogSoftmax::new);
  }

  /** {@link LogSoftmaxBackward} in double precision. */
  public double[] logSoftmaxBackward(double[] y, double[] dy, long rows, long cols) {
    return doubles.binary(y, dy, rows, cols, LogSoftmaxBackward::new);
  }

  /** {@link Softmax} in double precision. */
  public double[] softmax(double[] x, long rows, long cols) {
    return doubles.unary(x, rows, cols, cols, Softmax::new);
  }

  /** {@link SoftmaxBackward} in double precision. */
  public double[] softmaxBackward(double[] y, double[] dy, long rows, long cols) {
    return doubles.binary(y, dy, rows, cols, SoftmaxBackward::new);
  }

  /** {@link CrossEntropy} in double precision: one loss, or one per row without reduction. */
  public double[] crossEntropy(
      double[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropy(x, target, rows, cols, options);
  }

  /** {@link CrossEntropyBackward} in double precision, for an incoming gradient of ones. */
  public double[] crossEntropyBackward(
      double[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropyBackward(x, target, rows, cols, options);
  }

  static int arrayLength(long rows, long cols) {
    long elements = new Shape(rows, cols).elements();
    if (elements > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          rows + " x " + cols + " elements are too many for an array; use matrices");
    }
    return (int) elements;
  }

  /** {@link RowStatistics}: maximum and sum of exponentials of each row. */
  public RowStats[] rowStats(float[] x, long rows, long cols) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      float[] max = call.array(rows, 1);
      Matrix maxOut = call.out(max, rows, 1);
      float[] sumExp = call.run(rows, 1, out -> new RowStatistics(in, maxOut, out));
      maxOut.read(max);
      RowStats[] stats = new RowStats[max.length];
      for (int i = 0; i < max.length; i++) {
        stats[i] = new RowStats(max[i], sumExp[i]);
      }
      return stats;
    }
  }

  /** {@link LogCumSumExp}. */
  public float[] logCumSumExp(float[] x, long rows, long cols) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      return call.run(rows, cols, out -> new LogCumSumExp(in, out));
    }
  }

  /** {@link LogCumSumExpBackward} from the forward pass's input and output. */
  public float[] logCumSumExpBackward(float[] x, float[] y, float[] dy, long rows, long cols) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      Matrix result = call.in(y, rows, cols);
      Matrix gradients = call.in(dy, rows, cols);
      return call.run(rows, cols, out -> new LogCumSumExpBackward(in, result, gradients, out));
    }
  }

  /**
   * {@link TokenLogProbs} with every output.
   *
   * @param chosen as many tokens for each row, one row's after another's; empty for none
   * @param k how many of the first tokens, 0 to 128
   */
  public TokenResults tokenLogProbs(float[] x, long rows, long cols, int[] chosen, int k) {
    try (Call call = new Call(rows, cols)) {
      return TokenResults.of(call.backend, call.in(x, rows, cols), chosen, k);
    }
  }

  static long losses(long rows, CrossEntropyOptions options) {
    return options.reduction() == Reduction.NONE ? rows : 1;
  }

  private interface Targets {
    Target in(Call call);
  }

  private interface Maker {
    RowOp make(Matrix out);
  }

  /** The matrices of one call, closed together. */
  private final class Call implements AutoCloseable {
    private final Backend backend;
    private final List<Matrix> matrices = new ArrayList<>(4);

    Call(long rows, long cols) {
      this.backend =
          chosen instanceof BestBackend best
              ? best.forArrays(new Shape(rows, cols).elements())
              : chosen;
    }

    Matrix in(float[] values, long rows, long cols) {
      Matrix matrix = out(values, rows, cols);
      matrix.write(values);
      return matrix;
    }

    Labels in(int[] target) {
      Labels labels = backend.upload(target);
      matrices.add(labels);
      return labels;
    }

    Probabilities probabilities(float[] target, long rows, long cols) {
      Probabilities probabilities = Probabilities.in(out(target, rows, cols));
      probabilities.write(target);
      return probabilities;
    }

    Matrix out(float[] values, long rows, long cols) {
      Matrix matrix = backend.share(values, rows, cols);
      matrices.add(matrix);
      return matrix;
    }

    float[] array(long rows, long cols) {
      return new float[arrayLength(rows, cols)];
    }

    float[] run(long rows, long cols, Maker maker) {
      float[] result = array(rows, cols);
      Matrix out = out(result, rows, cols);
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
