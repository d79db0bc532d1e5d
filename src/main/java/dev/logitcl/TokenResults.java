package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.TokenLogProbs;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Rows#tokenLogProbs} gives, as {@link TokenLogProbs} says; each array is row-major.
 *
 * @param logProb log-probabilities of the chosen tokens, rows * n
 * @param rank their ranks, rows * n
 * @param top the first k tokens, rows * k
 * @param topLogProb their log-probabilities, rows * k
 * @param entropy one value per row
 * @param max one value per row
 * @param logSum one value per row
 */
@SuppressWarnings("ArrayRecordComponent") // results, for taking apart and not for comparing
public record TokenResults(
    float[] logProb,
    int[] rank,
    int[] top,
    float[] topLogProb,
    float[] entropy,
    float[] max,
    float[] logSum) {

  static TokenResults of(ArrayCall<float[]> call, Matrix x, int[] chosen, int k) {
    Backend backend = call.backend();
    long rows = x.rows();
    int n = rows == 0 ? 0 : (int) (chosen.length / rows);
    List<Matrix> made = new ArrayList<>();
    try {
      Labels labels = n == 0 && chosen.length == 0 ? null : keep(made, backend.upload(chosen));
      Matrix entropy = floats(made, backend, rows, 1);
      Matrix max = floats(made, backend, rows, 1);
      Matrix logSum = floats(made, backend, rows, 1);
      TokenLogProbs.Outputs outputs =
          TokenLogProbs.Outputs.NONE.withEntropy(entropy).withStatistics(max, logSum);
      if (labels != null) {
        outputs = outputs.withChosen(floats(made, backend, rows, n), ints(made, backend, rows, n));
      }
      if (k > 0) {
        outputs = outputs.withTop(ints(made, backend, rows, k), floats(made, backend, rows, k));
      }
      call.run(new TokenLogProbs(x, labels, outputs));
      return new TokenResults(
          readFloats(outputs.logProb()),
          readInts(outputs.rank()),
          readInts(outputs.top()),
          readFloats(outputs.topLogProb()),
          readFloats(entropy),
          readFloats(max),
          readFloats(logSum));
    } finally {
      made.forEach(Matrix::close);
    }
  }

  private static <M extends Matrix> M keep(List<Matrix> made, M matrix) {
    made.add(matrix);
    return matrix;
  }

  private static Matrix floats(List<Matrix> made, Backend backend, long rows, long cols) {
    return keep(made, backend.allocate(new Shape(rows, cols)));
  }

  private static Matrix ints(List<Matrix> made, Backend backend, long rows, long cols) {
    return keep(made, backend.allocate(new Shape(rows, cols), DType.I32));
  }

  private static float[] readFloats(@Nullable Matrix matrix) {
    float[] values = new float[matrix == null ? 0 : (int) matrix.shape().elements()];
    if (matrix != null) {
      matrix.read(values);
    }
    return values;
  }

  private static int[] readInts(@Nullable Matrix matrix) {
    int[] values = new int[matrix == null ? 0 : (int) matrix.shape().elements()];
    if (matrix != null) {
      matrix.read(values);
    }
    return values;
  }
}
