package dev.logitcl.cli;

import dev.logitcl.io.BadFileException;
import dev.logitcl.io.NpyHeader;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * An array as rows: the axes that are reduced are the columns.
 *
 * @param axes the axes
 * @param columns the sizes of those that are reduced, in the array's order
 */
record RowView(Axes axes, List<Long> columns) {

  /**
   * Checks axes against a shape.
   *
   * @param file for messages
   * @param shape the array's shape
   * @param axes the axes that are reduced, negative from the end; none for the single value of an
   *     array without dimensions
   * @throws UsageException if an axis is not there, or is repeated
   * @throws BadFileException if there are too many dimensions, rows or columns
   */
  static RowView of(Path file, List<Long> shape, List<Integer> axes) throws BadFileException {
    TreeSet<Integer> reduced = new TreeSet<>();
    for (int axis : axes) {
      int dimensions = shape.size();
      if (axis < -dimensions || axis >= dimensions) {
        throw UsageException.of(
            "--axis",
            axis + " for " + file + " of shape " + NpyHeader.text(shape),
            dimensions == 0 ? "no axis" : -dimensions + " to " + (dimensions - 1));
      }
      if (!reduced.add(axis < 0 ? axis + dimensions : axis)) {
        throw UsageException.of("--axis", "axis " + axis + " twice", "different axes");
      }
    }
    if (shape.size() > Axes.MOST) {
      throw new BadFileException(file, shape.size() + " dimensions", "at most " + Axes.MOST);
    }
    try {
      long[] dims = shape.stream().mapToLong(Long::longValue).toArray();
      return new RowView(
          Axes.of(dims, axes.stream().mapToInt(Integer::intValue).toArray()),
          reduced.stream().map(shape::get).toList());
    } catch (IllegalArgumentException e) {
      throw new BadFileException(
          file,
          "shape " + NpyHeader.text(shape) + " with too many rows or columns",
          "rows of at most " + Integer.MAX_VALUE + " elements");
    }
  }

  /** Rows and columns, and where they lie. */
  Shape matrix() {
    return axes.shape();
  }

  /** The array's shape without the reduced axes, or with 1 for each. */
  List<Long> reduced(boolean keepDims) {
    return Arrays.stream(axes.reduced(keepDims)).boxed().toList();
  }
}
