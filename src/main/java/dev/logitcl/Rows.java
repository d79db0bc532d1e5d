package dev.logitcl;

import static dev.logitcl.ArrayOps.classes;
import static dev.logitcl.ArrayOps.probabilities;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Matrix;
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
import dev.logitcl.op.RowStatistics;
import dev.logitcl.op.RowStats;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import dev.logitcl.op.TokenLogProbs;
import java.util.function.Consumer;

/**
 * The operations on host arrays: row-major {@code float[]} of rows * cols in, new arrays out; the
 * same in double precision for {@code double[]}, on a device that has it ({@link Backends#best()}
 * takes the Java path where the device has not, any other backend refuses). What each computes, its
 * edge cases included, is said at its record ({@link LogSoftmax} and so on); lengths that do not
 * match are {@link IllegalArgumentException}s. Matrices that several operations use are better kept
 * on the device ({@link Backend#upload(float[], long, long)}). {@link Tensors} has the same along
 * any axes.
 */
public final class Rows {
  private final ArrayOps<float[]> floats;
  private final ArrayOps<double[]> doubles;

  private Rows(Backend backend, Consumer<RunReport> listener) {
    this.floats = new ArrayOps<>(backend, ArrayType.FLOATS, listener);
    this.doubles = new ArrayOps<>(backend, ArrayType.DOUBLES, listener);
  }

  /**
   * Computes on {@code backend}, which stays the caller's to close. On that of {@link
   * Backends#best()} each call takes the faster of the device and the Java path; on any other, that
   * one and no other.
   */
  public static Rows on(Backend backend) {
    return new Rows(backend, report -> {});
  }

  /**
   * As above, and tells what each call launched and where, once it is computed; on the caller's
   * thread.
   */
  public static Rows on(Backend backend, Consumer<RunReport> listener) {
    return new Rows(backend, listener);
  }

  /**
   * Losses and the gradient of their reduction.
   *
   * @param loss one value per row, or one
   * @param gradient rows * cols
   */
  @SuppressWarnings("ArrayRecordComponent") // two results, for taking apart and not for comparing
  public record LossAndGradient(float[] loss, float[] gradient) {}

  /**
   * The same in double precision.
   *
   * @param loss one value per row, or one
   * @param gradient rows * cols
   */
  @SuppressWarnings("ArrayRecordComponent") // two results, for taking apart and not for comparing
  public record LossAndGradientInDouble(double[] loss, double[] gradient) {}

  private static Axes axes(long rows, long cols) {
    return Axes.of(new long[] {rows, cols}, 1);
  }

  /** {@link LogSumExp}: one value per row. */
  public float[] logSumExp(float[] x, long rows, long cols) {
    return floats.logSumExp(x, axes(rows, cols));
  }

  /** {@link LogSumExpBackward}, from the forward pass's input and output. */
  public float[] logSumExpBackward(float[] x, float[] lse, float[] dlse, long rows, long cols) {
    return floats.logSumExpBackward(x, lse, dlse, axes(rows, cols));
  }

  /** {@link LogSoftmax}. */
  public float[] logSoftmax(float[] x, long rows, long cols) {
    return floats.logSoftmax(x, axes(rows, cols));
  }

  /** {@link LogSoftmaxBackward}, from the forward pass's output. */
  public float[] logSoftmaxBackward(float[] y, float[] dy, long rows, long cols) {
    return floats.logSoftmaxBackward(y, dy, axes(rows, cols));
  }

  /** {@link Softmax}. */
  public float[] softmax(float[] x, long rows, long cols) {
    return floats.softmax(x, axes(rows, cols));
  }

  /** {@link SoftmaxBackward}, from the forward pass's output. */
  public float[] softmaxBackward(float[] y, float[] dy, long rows, long cols) {
    return floats.softmaxBackward(y, dy, axes(rows, cols));
  }

  /** {@link CrossEntropy}: one loss, or one per row without reduction. */
  public float[] crossEntropy(
      float[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.crossEntropy(x, classes(target), axes(rows, cols), options);
  }

  /** The same for probability targets, rows * cols. */
  public float[] crossEntropy(
      float[] x, float[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.crossEntropy(x, probabilities(target), axes(rows, cols), options);
  }

  /** {@link CrossEntropyBackward}, for an incoming gradient of ones. */
  public float[] crossEntropyBackward(
      float[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.crossEntropyBackward(x, classes(target), axes(rows, cols), options);
  }

  /** The same for probability targets, rows * cols. */
  public float[] crossEntropyBackward(
      float[] x, float[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.crossEntropyBackward(x, probabilities(target), axes(rows, cols), options);
  }

  /** {@link CrossEntropy} and its gradient in one pass. */
  public LossAndGradient crossEntropyWithGradient(
      float[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.crossEntropyWithGradient(
        x, classes(target), axes(rows, cols), options, LossAndGradient::new);
  }

  /** The same for probability targets, rows * cols. */
  public LossAndGradient crossEntropyWithGradient(
      float[] x, float[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.crossEntropyWithGradient(
        x, probabilities(target), axes(rows, cols), options, LossAndGradient::new);
  }

  /** {@link Nll} of log-probabilities: one loss, or one per row without reduction. */
  public float[] nll(float[] y, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.nll(y, target, axes(rows, cols), options);
  }

  /** {@link NllBackward}, for an incoming gradient of ones. */
  public float[] nllBackward(int[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.nllBackward(null, target, axes(rows, cols), options);
  }

  /** {@link NllBackward}, for the incoming gradient of what {@link #nll} gave. */
  public float[] nllBackward(
      float[] dloss, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return floats.nllBackward(dloss, target, axes(rows, cols), options);
  }

  /** {@link LogCumSumExp}. */
  public float[] logCumSumExp(float[] x, long rows, long cols) {
    return floats.logCumSumExp(x, axes(rows, cols));
  }

  /** {@link LogCumSumExpBackward}, from the forward pass's input and output. */
  public float[] logCumSumExpBackward(float[] x, float[] y, float[] dy, long rows, long cols) {
    return floats.logCumSumExpBackward(x, y, dy, axes(rows, cols));
  }

  /** {@link RowStatistics}: maximum and sum of exponentials of each row. */
  public RowStats[] rowStats(float[] x, long rows, long cols) {
    return floats.call(
        axes(rows, cols),
        RowStatistics.class,
        call -> {
          Matrix in = call.in("x", x);
          float[] max = call.array(rows);
          Matrix maxOut = call.column(max, rows);
          float[] sumExp = call.column(rows, out -> new RowStatistics(in, maxOut, out));
          call.read(maxOut, max);
          RowStats[] stats = new RowStats[max.length];
          for (int i = 0; i < max.length; i++) {
            stats[i] = new RowStats(max[i], sumExp[i]);
          }
          return stats;
        });
  }

  /**
   * {@link TokenLogProbs} with every output.
   *
   * @param chosen as many tokens for each row, one row's after another's; empty for none
   * @param k how many of the first tokens, 0 to 128
   */
  public TokenResults tokenLogProbs(float[] x, long rows, long cols, int[] chosen, int k) {
    return floats.call(
        axes(rows, cols),
        TokenLogProbs.class,
        call -> {
          return TokenResults.of(call, call.in("x", x), chosen, k);
        });
  }

  /** {@link LogSumExp} in double precision: one value per row. */
  public double[] logSumExp(double[] x, long rows, long cols) {
    return doubles.logSumExp(x, axes(rows, cols));
  }

  /** {@link LogSumExpBackward} in double precision, from the forward pass's input and output. */
  public double[] logSumExpBackward(double[] x, double[] lse, double[] dlse, long rows, long cols) {
    return doubles.logSumExpBackward(x, lse, dlse, axes(rows, cols));
  }

  /** {@link LogSoftmax} in double precision. */
  public double[] logSoftmax(double[] x, long rows, long cols) {
    return doubles.logSoftmax(x, axes(rows, cols));
  }

  /** {@link LogSoftmaxBackward} in double precision, from the forward pass's output. */
  public double[] logSoftmaxBackward(double[] y, double[] dy, long rows, long cols) {
    return doubles.logSoftmaxBackward(y, dy, axes(rows, cols));
  }

  /** {@link Softmax} in double precision. */
  public double[] softmax(double[] x, long rows, long cols) {
    return doubles.softmax(x, axes(rows, cols));
  }

  /** {@link SoftmaxBackward} in double precision, from the forward pass's output. */
  public double[] softmaxBackward(double[] y, double[] dy, long rows, long cols) {
    return doubles.softmaxBackward(y, dy, axes(rows, cols));
  }

  /** {@link CrossEntropy} in double precision: one loss, or one per row without reduction. */
  public double[] crossEntropy(
      double[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropy(x, classes(target), axes(rows, cols), options);
  }

  /** The same for probability targets, rows * cols. */
  public double[] crossEntropy(
      double[] x, double[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropy(x, probabilities(target), axes(rows, cols), options);
  }

  /** {@link CrossEntropyBackward} in double precision, for an incoming gradient of ones. */
  public double[] crossEntropyBackward(
      double[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropyBackward(x, classes(target), axes(rows, cols), options);
  }

  /** The same for probability targets, rows * cols. */
  public double[] crossEntropyBackward(
      double[] x, double[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropyBackward(x, probabilities(target), axes(rows, cols), options);
  }

  /** {@link CrossEntropy} and its gradient in double precision in one pass. */
  public LossAndGradientInDouble crossEntropyWithGradient(
      double[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropyWithGradient(
        x, classes(target), axes(rows, cols), options, LossAndGradientInDouble::new);
  }

  /** The same for probability targets, rows * cols. */
  public LossAndGradientInDouble crossEntropyWithGradient(
      double[] x, double[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.crossEntropyWithGradient(
        x, probabilities(target), axes(rows, cols), options, LossAndGradientInDouble::new);
  }

  /**
   * {@link Nll} of log-probabilities in double precision: one loss, or one per row without
   * reduction.
   */
  public double[] nll(double[] y, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.nll(y, target, axes(rows, cols), options);
  }

  /**
   * {@link NllBackward} in double precision, for the incoming gradient of what {@link #nll} gave.
   */
  public double[] nllBackward(
      double[] dloss, int[] target, long rows, long cols, CrossEntropyOptions options) {
    return doubles.nllBackward(dloss, target, axes(rows, cols), options);
  }

  /** {@link LogCumSumExp} in double precision. */
  public double[] logCumSumExp(double[] x, long rows, long cols) {
    return doubles.logCumSumExp(x, axes(rows, cols));
  }

  /** {@link LogCumSumExpBackward} in double precision, from the forward pass's input and output. */
  public double[] logCumSumExpBackward(double[] x, double[] y, double[] dy, long rows, long cols) {
    return doubles.logCumSumExpBackward(x, y, dy, axes(rows, cols));
  }
}
