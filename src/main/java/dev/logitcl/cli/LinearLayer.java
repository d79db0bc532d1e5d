package dev.logitcl.cli;

import dev.logitcl.io.BadFileException;
import dev.logitcl.io.NpyHeader;
import dev.logitcl.io.NpyReader;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The files of a linear layer, whose outputs are X. The weights and the bias stay on the device
 * from the first part of the rows to the last.
 *
 * @param hidden the inputs H
 * @param weights the weights W
 * @param bias one value for each class; null for none
 * @param x the shape of X: H's, with the classes in the place of the width
 */
record LinearLayer(NpyReader hidden, NpyReader weights, @Nullable NpyReader bias, List<Long> x) {

  /**
   * Opens the files.
   *
   * @throws BadFileException if they do not fit each other
   */
  static LinearLayer open(ApplyFiles files) throws IOException {
    NpyReader hidden = files.required("--hidden");
    List<Long> shape = hidden.header().shape();
    if (shape.isEmpty()) {
      throw new BadFileException(
          hidden.file(), "a single value, shape ()", "rows of inputs, the last axis their width");
    }
    int last = shape.size() - 1;
    NpyReader weights = files.whole("--weights");
    weights.requireFloating();
    List<Long> found = weights.header().shape();
    long width = shape.get(last);
    if (found.size() != 2 || found.get(1) != width) {
      boolean across = found.size() == 2 && found.get(0) == width;
      throw new BadFileException(
          weights.file(),
          "shape " + NpyHeader.text(found),
          "(K, "
              + width
              + "), a row for each of K classes, "
              + files.shapeOfX()
              + (across ? " (np.save(FILE, w.T) makes one)" : ""));
    }
    long classes = found.get(0);
    List<Long> x = new ArrayList<>(shape);
    x.set(last, classes);
    NpyReader bias = files.arguments().has("--bias") ? files.whole("--bias") : null;
    if (bias != null) {
      bias.requireFloating();
      List<Long> given = bias.header().shape();
      if (!given.equals(List.of(1L, classes)) && !given.equals(List.of(classes, 1L))) {
        ApplyFiles.requireShape(
            bias,
            List.of(classes),
            "one for each class, as " + weights.file() + " is " + NpyHeader.text(found));
      }
    }
    return new LinearLayer(hidden, weights, bias, List.copyOf(x));
  }

  /** The shape of the bias, or the one that it would have. */
  List<Long> biasShape() {
    return bias == null ? List.of(weights.header().shape().get(0)) : bias.header().shape();
  }

  /**
   * Loads H for a part of the rows.
   *
   * @param scratchBytes how many bytes of X are computed at a time
   */
  LinearLogits load(ApplyDevice device, long scratchBytes) throws IOException {
    long classes = device.rows().cols();
    long width = weights.header().shape().get(1);
    Matrix w = device.kept().load(weights, new Shape(classes, width), device.dtype());
    Matrix b =
        bias == null ? null : device.kept().load(bias, new Shape(1, classes), device.arithmetic());
    Matrix h = device.load(hidden, new Shape(device.rows().rows(), width), device.dtype());
    return new LinearLogits(h, w, b, scratchBytes);
  }
}
