package dev.logitcl.bench;

import dev.logitcl.Rows;
import dev.logitcl.backend.Backend;
import dev.logitcl.bench.Oracle.Stats;
import java.util.stream.IntStream;

/**
 * The largest error of log-softmax over numbers of columns, in float32: in ulp of the largest
 * number that is rounded on the way to an element, |x - m|, log(s) or 1.
 */
final class LogSoftmaxError {
  static final String OP = "log-softmax forward";
  static final String TEXT = "largest error, in ulp of max(|x - m|, log s, 1)";

  /** Elements for each number of columns. */
  private static final int ELEMENTS = 51_000;

  private LogSoftmaxError() {}

  /** The numbers of columns: each below a vector's, around every width above; or a few of them. */
  private static int[] columns(boolean quick) {
    return quick
        ? new int[] {2, 8, 17, 33, 257, 1000}
        : IntStream.concat(
                IntStream.rangeClosed(1, 65),
                IntStream.of(127, 128, 129, 255, 256, 257, 1000, 1023, 1024, 4097, 50_257))
            .toArray();
  }

  static Accuracy measure(Backend backend, long seed, boolean quick) {
    Accuracy accuracy = Accuracy.NONE;
    for (int cols : columns(quick)) {
      accuracy = accuracy.and(measure(backend, seed, Math.max(1, ELEMENTS / cols), cols));
    }
    return accuracy;
  }

  private static Accuracy measure(Backend backend, long seed, int rows, int cols) {
    float[] x = new float[rows * cols];
    for (int k = 0; k < x.length; k++) {
      x[k] = (float) (3 * Noise.normal(seed, k));
    }
    float[] y = Rows.on(backend).logSoftmax(x, rows, cols);
    double worst = 0;
    double worstUlp = 0;
    String detail = "";
    double[] row = new double[cols];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < cols; j++) {
        row[j] = x[i * cols + j];
      }
      Stats s = Oracle.stats(row);
      for (int j = 0; j < cols; j++) {
        double error = Math.abs(y[i * cols + j] - Oracle.logSoftmax(row[j], s));
        double unit = Math.max(Math.max(s.max() - row[j], s.logSum()), 1);
        worst = Math.max(worst, error);
        worstUlp = Math.max(worstUlp, error / Math.ulp((float) unit));
        if (!(error <= Tolerance.logSoftmax(row[j], s, cols)) && detail.isEmpty()) {
          detail = "y[" + i + "," + j + "] of " + rows + "x" + cols + " errs by " + error;
        }
      }
    }
    return new Accuracy(worst, worstUlp, detail.isEmpty(), detail);
  }
}
