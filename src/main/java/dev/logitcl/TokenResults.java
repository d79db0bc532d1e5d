package dev.logitcl;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.TokenLogProbs;
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
    long rows = x.rows();
    int n = rows == 0 ? 0 : (int) (chosen.length / rows);
    Labels labels = n == 0 && chosen.length == 0 ? null : call.owned(call.backend().upload(chosen));
    Matrix entropy = matrix(call, rows, 1, DType.F32);
    Matrix max = matrix(call, rows, 1, DType.F32);
    Matrix logSum = matrix(call, rows, 1, DType.F32);
    TokenLogProbs.Outputs outputs =
        TokenLogProbs.Outputs.NONE.withEntropy(entropy).withStatistics(max, logSum);
    if (labels != null) {
      outputs =
          outputs.withChosen(matrix(call, rows, n, DType.F32), matrix(call, rows, n, DType.I32));
    }
    if (k > 0) {
      outputs = outputs.withTop(matrix(call, rows, k, DType.I32), matrix(call, rows, k, DType.F32));
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
  }

  private static Matrix matrix(ArrayCall<float[]> call, long rows, long cols, DType dtype) {
    return call.owned(call.backend().allocate(new Shape(rows, cols), dtype));
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
