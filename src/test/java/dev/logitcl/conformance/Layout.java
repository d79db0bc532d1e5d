package dev.logitcl.conformance;

import java.util.List;
import java.util.Optional;

/**
 * A tensor as a matrix: the axes that are reduced, when they are its last ones, are the columns. An
 * axis of size 1 stands anywhere.
 *
 * @param rows product of the other axes
 * @param cols product of the reduced axes
 */
record Layout(int rows, int cols) {

  /** The layout, or empty if the elements of a row would not lie one after another. */
  static Optional<Layout> of(List<Integer> shape, List<Integer> axes) {
    int rows = 1;
    int cols = 1;
    boolean reducing = false;
    for (int axis = 0; axis < shape.size(); axis++) {
      int size = shape.get(axis);
      if (axes.contains(axis)) {
        cols *= size;
        reducing |= size != 1;
      } else if (reducing && size != 1) {
        return Optional.empty();
      } else {
        rows *= size;
      }
    }
    return Optional.of(new Layout(rows, cols));
  }
}
