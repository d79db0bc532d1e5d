package dev.logitcl.bench;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.MatrixProduct;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The cases of the product of two matrices: what an expectation with several results per row and
 * its gradients are made of.
 */
final class ProductCases {
  /** Results per row: less than a vector, and no multiple of a tile's height. */
  private static final int RESULTS = 5;

  private ProductCases() {}

  /** A factor of a product: its elements, from the inputs, by row and column. */
  private interface Factor {
    double at(Inputs in, int row, int col);
  }

  static List<OpCase> all() {
    Factor p = (in, i, k) -> in.probabilities().get(i * in.cols() + k);
    Factor byColumn = (in, k, e) -> noise(in, k * RESULTS + e);
    Factor byRow = (in, i, e) -> noise(in, i * RESULTS + e);
    return List.of(
        of(
            "",
            o -> product(o, p(o), false, table(o, cols(o)), false, rows(o), RESULTS),
            Inputs::cols,
            p,
            byColumn),
        of(
            "b transposed",
            o -> product(o, table(o, rows(o)), false, table(o, cols(o)), true, rows(o), cols(o)),
            in -> RESULTS,
            byRow,
            (in, e, k) -> byColumn.at(in, k, e)),
        of(
            "a transposed",
            o -> product(o, p(o), true, table(o, rows(o)), false, cols(o), RESULTS),
            Inputs::rows,
            (in, k, i) -> p.at(in, i, k),
            byRow),
        of(
            "a transposed, one row",
            o -> product(o, column(o), true, p(o), false, 1, cols(o)),
            Inputs::rows,
            (in, row, i) -> noise(in, i),
            p),
        of(
            "both transposed",
            o -> product(o, table(o, cols(o)), true, p(o), true, RESULTS, rows(o)),
            Inputs::cols,
            (in, e, k) -> byColumn.at(in, k, e),
            (in, k, i) -> p.at(in, i, k)));
  }

  private static OpCase of(
      String variant,
      Function<Operands, MatrixProduct> build,
      Function<Inputs, Integer> inner,
      Factor a,
      Factor b) {
    Reference reference =
        (in, row, to) -> {
          int terms = inner.apply(in);
          for (int j = 0; j < to.length(); j++) {
            Oracle.Sum sum = new Oracle.Sum();
            double absolute = 0;
            for (int k = 0; k < terms; k++) {
              double term = a.at(in, row, k) * b.at(in, k, j);
              sum.add(term);
              absolute += Math.abs(term);
            }
            // A rounding for each product beside those of the sum.
            double tolerance = (Tolerance.adding(terms) + Tolerance.U) * absolute;
            to.element(j, sum.value(), tolerance + Tolerance.TINY * (1 + terms), absolute);
          }
        };
    return new OpCase(
        "matrix-product",
        "forward",
        variant,
        MatrixProduct.class,
        build::apply,
        Map.of("c", reference),
        false);
  }

  private static MatrixProduct product(
      Operands o,
      Matrix a,
      boolean aTransposed,
      Matrix b,
      boolean bTransposed,
      int rows,
      int cols) {
    Matrix c = o.output("product " + rows + " x " + cols, rows, cols, o.inputs().dtype());
    return new MatrixProduct(a, aTransposed, b, bTransposed, c);
  }

  private static Matrix p(Operands o) {
    return o.probabilities();
  }

  private static int rows(Operands o) {
    return o.inputs().rows();
  }

  private static int cols(Operands o) {
    return o.inputs().cols();
  }

  /** A matrix of {@code count} x {@link #RESULTS}. */
  private static Matrix table(Operands o, int count) {
    return o.input("table of " + count, count, RESULTS, () -> noises(o.inputs(), count * RESULTS));
  }

  private static Matrix column(Operands o) {
    return o.input("column", rows(o), 1, () -> noises(o.inputs(), rows(o)));
  }

  private static Values noises(Inputs in, int count) {
    Values made = new Values(in.dtype(), count);
    for (int k = 0; k < count; k++) {
      made.set(k, noise(in, k));
    }
    return made;
  }

  private static double noise(Inputs in, int position) {
    return in.dtype().round(Noise.normal(in.seed() + 10, position));
  }
}
