package dev.logitcl;

import static java.util.Objects.requireNonNull;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.TokenLogProbs;
import org.jspecify.annotations.Nullable;

/**
 * The results of {@link Rows#tokenLogProbs} and {@link LinearHead#tokenLogProbs} for each row of
 * logits, as new row-major arrays. n is the number of chosen tokens of each row and k the number of
 * first tokens; {@link TokenLogProbs} has the formulas and the edge cases.
 *
 * @param logProb natural log-probabilities of the chosen tokens, rows * n values
 * @param rank ranks of the chosen tokens, from 1 for the largest logit on, rows * n values
 * @param top the first k tokens by falling logit, rows * k values
 * @param topLogProb natural log-probabilities of the first k tokens, rows * k values
 * @param entropy the entropy of each row's softmax in nats, one value per row
 * @param max the largest logit of each row, one value per row
 * @param logSum the log-sum-exp of each row less its largest logit, one value per row
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

  static TokenResults of(ArrayCall<?> call, Matrix x, int[] chosen, int k) {
    requireNonNull(chosen, "chosen");
    if (k < 0) {
      throw new IllegalArgumentException("the first " + k + " tokens, expected 0 or more");
    }
    long rows = x.rows();
    int n = rows == 0 ? 0 : (int) (chosen.length / rows);
    Labels labels = n == 0 && chosen.length == 0 ? null : call.owned(call.backend().upload(chosen));
    DType type = x.dtype().arithmetic();
    Matrix entropy = matrix(call, rows, 1, type);
    Matrix max = matrix(call, rows, 1, type);
    Matrix logSum = matrix(call, rows, 1, type);
    TokenLogProbs.Outputs outputs =
        TokenLogProbs.Outputs.NONE.withEntropy(entropy).withStatistics(max, logSum);
    if (labels != null) {
      outputs = outputs.withChosen(matrix(call, rows, n, type), matrix(call, rows, n, DType.I32));
    }
    if (k > 0) {
      outputs = outputs.withTop(matrix(call, rows, k, DType.I32), matrix(call, rows, k, type));
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

  private static Matrix matrix(ArrayCall<?> call, long rows, long cols, DType dtype) {
    return call.owned(call.backend().allocate(new Shape(rows, cols), dtype));
  }

  private static float[] readFloats(@Nullable Matrix matrix) {
    if (matrix == null) {
      return new float[0];
    }
    Values found = Values.of(matrix);
    float[] values = new float[found.length()];
    for (int k = 0; k < values.length; k++) {
      values[k] = (float) found.get(k);
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
