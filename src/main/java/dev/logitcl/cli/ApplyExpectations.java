package dev.logitcl.cli;

import dev.logitcl.io.BadFileException;
import dev.logitcl.io.NpyHeader;
import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code apply expectation} with a matrix of values: several results per row, {@code E = P A}. With
 * {@code G} their gradient, {@code dA = P^T G} and {@code dP = G A^T}.
 *
 * @param keepDims whether the result keeps reduced axes as 1, before the axis of results
 */
record ApplyExpectations(boolean keepDims) {
  /** Opens the files. */
  ApplyOperation.OnDevice open(ApplyFiles files) throws IOException {
    NpyReader values = files.required("--values-matrix");
    values.requireFloating();
    long results = results(values, files.view().columns());
    List<Long> result = new ArrayList<>(files.view().reduced(keepDims));
    result.add(results);
    NpyReader gradOut = files.gradOut(result, "--grad-in", "--grad-values");
    NpyWriter out = files.output("--out", result);
    NpyWriter gradIn = files.output("--grad-in", files.shape());
    NpyWriter gradValues = files.total("--grad-values", values.header().shape());
    return anyDevice -> {
      ApplyDevice device = anyDevice.withDenseRows();
      Shape each = new Shape(device.rows().rows(), results);
      Matrix p = device.loadX();
      Matrix a = device.load(values, new Shape(p.cols(), results), device.dtype());
      device.run(new Softmax(p, p));
      if (out != null) {
        Matrix e = device.allocate(each, device.dtype());
        device.run(new MatrixProduct(p, a, e));
        device.write(out, e);
      }
      if (gradIn == null && gradValues == null) {
        return;
      }
      Matrix g = device.gradient(gradOut, each, device.dtype());
      if (gradValues != null) {
        Matrix da = device.allocate(a.shape(), device.arithmetic());
        device.run(new MatrixProduct(p, true, g, false, da));
        device.write(gradValues, da);
      }
      if (gradIn != null) {
        Matrix dp = device.tensor();
        device.run(new MatrixProduct(g, false, a, true, dp));
        device.run(new SoftmaxBackward(p, dp, dp));
        device.writeTensor(gradIn, dp);
      }
    };
  }

  /** How many results a row has: the last axis, after those that X's columns run through. */
  private static long results(NpyReader values, List<Long> columns) throws BadFileException {
    List<Long> shape = values.header().shape();
    int last = columns.size();
    if (shape.size() != last + 1 || !shape.subList(0, last).equals(columns)) {
      String sizes = NpyHeader.text(columns).replaceAll(",?\\)$", "");
      throw new BadFileException(
          values.file(),
          "shape " + NpyHeader.text(shape),
          sizes + (columns.isEmpty() ? "E,)" : ", E)") + ", a row for each column of X");
    }
    return shape.get(last);
  }
}
