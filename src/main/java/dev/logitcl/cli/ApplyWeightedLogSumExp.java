package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogMeanExp;
import dev.logitcl.op.WeightedLogSumExp;
import dev.logitcl.op.WeightedLogSumExpBackward;
import dev.logitcl.op.WeightedLogSumExpWeightsBackward;
import java.io.IOException;
import java.util.List;

/**
 * {@code apply logsumexp} with weights, a mask or a sign, and {@code apply log-mean-exp}.
 *
 * @param mean whether it is the mean
 * @param keepDims whether the results keep reduced axes as 1
 */
record ApplyWeightedLogSumExp(boolean mean, boolean keepDims) {
  /** Opens the files. */
  ApplyOperation.OnDevice open(ApplyFiles files) throws IOException {
    files.arguments().requireOneOf("--grad-weights", "--weights");
    ColumnValues weights = ColumnValues.open(files, "--weights");
    NpyReader where = files.input("--where");
    if (where != null) {
      ApplyFiles.requireShape(where, files.shape(), "the shape of X");
    }
    List<Long> result = files.view().reduced(keepDims);
    NpyReader gradOut = files.gradOut(result, "--grad-in", "--grad-weights");
    NpyWriter out = files.output("--out", result);
    NpyWriter sign = files.output("--sign", result);
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    NpyWriter gradWeights = weights == null ? null : weights.output(files, "--grad-weights");
    boolean summed = gradWeights != null && weights != null && weights.isCommon();
    return anyDevice -> {
      ApplyDevice device = summed ? anyDevice.withDenseRows() : anyDevice;
      Matrix a = device.loadX();
      Matrix b = weights == null ? null : weights.load(device);
      Matrix mask = where == null ? null : device.loadTensor(where, DType.U8);
      if (out != null || sign != null) {
        Matrix lse = device.allocate(device.perRow(), device.arithmetic());
        Matrix signs = device.wanted(sign, device.perRow());
        device.run(
            mean ? new LogMeanExp(a, mask, lse) : new WeightedLogSumExp(a, b, mask, lse, signs));
        device.write(out, lse);
        device.write(sign, signs);
      }
      if (gradIn != null || gradWeights != null) {
        Matrix g = gradOut == null ? null : device.gradientPerRow(gradOut);
        Matrix gradient = device.tensor();
        if (gradIn != null) {
          device.run(new WeightedLogSumExpBackward(a, b, mask, g, gradient));
          device.writeTensor(gradIn, gradient);
        }
        if (gradWeights != null && weights != null && b != null) {
          device.run(new WeightedLogSumExpWeightsBackward(a, b, mask, g, gradient));
          weights.writeGradient(device, gradWeights, gradient);
        }
      }
    };
  }
}
