package dev.logitcl.cli;

import dev.logitcl.io.BadFileException;
import dev.logitcl.io.NpyHeader;
import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Values that go with X's elements: each element's own, or one per column, common to all rows.
 *
 * @param file the values
 * @param isCommon whether they are common to all rows; never if there is one row
 */
record ColumnValues(NpyReader file, boolean isCommon) {

  /** Opens the file of an option; null if it was not given. */
  static @Nullable ColumnValues open(ApplyFiles files, String option) throws IOException {
    NpyReader file = files.input(option);
    if (file == null) {
      return null;
    }
    file.requireFloating();
    List<Long> shape = file.header().shape();
    List<Long> columns = files.view().columns();
    if (!shape.equals(files.shape()) && !shape.equals(columns)) {
      throw new BadFileException(
          file.file(),
          "shape " + NpyHeader.text(shape),
          NpyHeader.text(files.shape())
              + ", the shape of X, or "
              + NpyHeader.text(columns)
              + ", one for each column");
    }
    boolean common = !shape.equals(files.shape()) && files.view().matrix().rows() != 1;
    return new ColumnValues(file, common);
  }

  List<Long> shape() {
    return file.header().shape();
  }

  Matrix load(ApplyDevice device) throws IOException {
    return isCommon
        ? device.load(file, new Shape(1, device.rows().cols()), device.arithmetic())
        : device.loadTensor(file, device.dtype());
  }

  /** Begins an output of the gradient with respect to the values; null if it is not wanted. */
  @Nullable NpyWriter output(ApplyFiles files, String option) throws IOException {
    return isCommon ? files.total(option, shape()) : files.output(option, shape());
  }

  /**
   * Writes the gradient with respect to the values.
   *
   * @param gradient that with respect to each element's own
   */
  void writeGradient(ApplyDevice device, NpyWriter to, Matrix gradient) throws IOException {
    if (isCommon) {
      device.write(to, device.sumOverRows(gradient));
    } else {
      device.writeTensor(to, gradient);
    }
  }
}
