package dev.logitcl.cli;

import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.Expectation;
import dev.logitcl.op.ExpectationBackward;
import dev.logitcl.op.ExpectationValuesBackward;
import java.io.IOException;
import java.util.List;

/**
 * {@code apply expectation} of one value per element, or per column for all rows.
 *
 * @param keepDims whether the result keeps reduced axes as 1
 */
record ApplyExpectation(boolean keepDims) implements ApplyCalls {
  @Override
  public OnDevice open(ApplyFiles files) throws IOException {
    ColumnValues values = ColumnValues.open(files, "--values");
    if (values == null) {
      throw UsageException.of("--values", "nothing", "a file of values, or --values-matrix");
    }
    List<Long> result = files.view().reduced(keepDims);
    NpyReader gradOut = files.gradOut(result);
    NpyWriter out = files.output("--out", result);
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    NpyWriter gradValues = files.output("--grad-values", values.shape());
    boolean summed = gradValues != null && values.isShared();
    return anyDevice -> {
      ApplyDevice device = summed ? anyDevice.withDenseRows() : anyDevice;
      Matrix h = device.loadX();
      Matrix t = values.load(device);
      if (out != null) {
        Matrix e = device.allocate(device.perRow(), device.arithmetic());
        device.run(new Expectation(h, t, e));
        device.write(out, e);
      }
      if (gradIn == null && gradValues == null) {
        return;
      }
      Matrix g = device.gradientPerRow(gradOut);
      if (gradIn != null) {
        Matrix dh = device.tensor();
        device.run(new ExpectationBackward(h, t, g, dh));
        device.writeTensor(gradIn, dh);
      }
      if (gradValues != null) {
        device.run(new ExpectationValuesBackward(h, g, h)); // the last that reads h
        values.writeGradient(device, gradValues, h);
      }
    };
  }
}
