package dev.logitcl.cpu;

/** A row's values in double precision, as plainly as they can be written. */
final class Reference {
  private final float[] x;
  private final int from;
  final double max;
  final double sum;

  /** Infinities need no cases: (+inf) - (+inf) and (-inf) - (-inf) are the NaN that is wanted. */
  Reference(float[] x, int row, int cols) {
    this.x = x;
    this.from = row * cols;
    double largest = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < cols; j++) {
      // Math.max keeps NaN.
      largest = Math.max(largest, x[from + j]);
    }
    this.max = largest;
    double total = 0;
    for (int j = 0; j < cols; j++) {
      total += Math.exp(x[from + j] - largest);
    }
    this.sum = total;
  }

  double logSumExp() {
    return Double.isInfinite(max) ? max : max + Math.log(sum);
  }

  double logSoftmax(int col) {
    return x[from + col] - max - Math.log(sum);
  }

  double softmax(int col) {
    return Math.exp(x[from + col] - max) / sum;
  }
}
