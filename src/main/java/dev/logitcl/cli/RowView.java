package dev.logitcl.cli;

import dev.logitcl.io.BadFileException;
import dev.logitcl.io.NpyHeader;
import dev.logitcl.matrix.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * An array as rows: the axes that are reduced are the columns.
 *
 * @param matrix rows and columns
 * @param dropped the array's shape without the reduced axes
 * @param kept the array's shape with the reduced axes as 1
 */
record RowView(Shape matrix, List<Long> dropped, List<Long> kept) {

  /**
   * Checks axes against a shape.
   *
   * @param file for messages
   * @param shape the array's shape
   * @param axes the axes that are reduced, negative from the end; none for the single value of an
   *     array without dimensions
   * @throws UsageException if an axis is not there, or the reduced axes are not the last ones
   * @throws BadFileException if there are too many rows or columns
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
    requireLast(file, shape, reduced);
    List<Long> dropped = new ArrayList<>();
    List<Long> kept = new ArrayList<>();
    List<Long> columns = new ArrayList<>();
    for (int axis = 0; axis < shape.size(); axis++) {
      long size = shape.get(axis);
      if (reduced.contains(axis)) {
        columns.add(size);
        kept.add(1L);
      } else {
        dropped.add(size);
        kept.add(size);
      }
    }
    long rows = NpyHeader.product(dropped);
    long cols = NpyHeader.product(columns);
    if (rows < 0 || cols < 0 || cols > Integer.MAX_VALUE) {
      throw new BadFileException(
          file,
          "shape " + NpyHeader.text(shape) + " with too many rows or columns",
          "rows of at most " + Integer.MAX_VALUE + " elements");
    }
    return new RowView(new Shape(rows, cols), List.copyOf(dropped), List.copyOf(kept));
  }

  /** Rows are contiguous: behind a reduced axis come reduced ones only, or such of size 1. */
  private static void requireLast(Path file, List<Long> shape, TreeSet<Integer> reduced) {
    if (reduced.isEmpty() || shape.contains(0L)) {
      return;
    }
    for (int axis = reduced.first() + 1; axis < shape.size(); axis++) {
      if (!reduced.contains(axis) && shape.get(axis) != 1) {
        int wrong = reduced.lower(axis);
        throw UsageException.of(
            "--axis",
            "axis " + wrong + " for " + file + " of shape " + NpyHeader.text(shape),
            "the last axis, or several of the last; move it there with numpy.moveaxis(x, "
                + wrong
                + ", -1)");
      }
    }
  }
}
