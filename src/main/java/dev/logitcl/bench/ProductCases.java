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

  private static final double ALPHA = -0.75;
  private static final double BETA = 0.5;

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
            (in, k, i) -> p.at(in, i, k)),
        of(
            "a linear layer: b transposed, alpha, bias",
            o ->
                product(o, table(o, rows(o)), false, table(o, cols(o)), true, rows(o), cols(o))
                    .withAlpha(ALPHA)
                    .withBias(bias(o, cols(o))),
            in -> RESULTS,
            byRow,
            (in, e, k) -> byColumn.at(in, k, e),
            new Rest(ALPHA, 0, true)),
        of(
            "a bias of few columns",
            o ->
                product(o, p(o), false, table(o, cols(o)), false, rows(o), RESULTS)
                    .withBias(bias(o, RESULTS)),
            Inputs::cols,
            p,
            byColumn,
            new Rest(1, 0, true)),
        of(
            "in place of c: a transposed, beta",
            o -> onto(o, p(o), true, table(o, rows(o)), false, cols(o), RESULTS, 1),
            Inputs::rows,
            (in, k, i) -> p.at(in, i, k),
            byRow,
            new Rest(1, 1, false)),
        of(
            "in place of c: a transposed, alpha, beta, bias",
            o ->
                onto(o, table(o, rows(o)), true, p(o), false, RESULTS, cols(o), BETA)
                    .withAlpha(ALPHA)
                    .withBias(bias(o, cols(o))),
            Inputs::rows,
            (in, e, k) -> byRow.at(in, k, e),
            p,
            new Rest(ALPHA, BETA, true)));
  }

  /** What is done with the sums. */
  private record Rest(double alpha, double beta, boolean bias) {}

  private static OpCase of(
      String variant,
      Function<Operands, MatrixProduct> build,
      Function<Inputs, Integer> inner,
      Factor a,
      Factor b) {
    return of(variant, build, inner, a, b, new Rest(1, 0, false));
  }

  private static OpCase of(
      String variant,
      Function<Operands, MatrixProduct> build,
      Function<Inputs, Integer> inner,
      Factor a,
      Factor b,
      Rest rest) {
    Reference reference =
        (in, row, to) -> {
          int terms = inner.apply(in);
          for (int j = 0; j < to.length(); j++) {
            Oracle.Sum sum = new Oracle.Sum();
            double absolute = 0;
            for (int k = 0; k < terms; k++) {
              double term = rest.alpha * a.at(in, row, k) * b.at(in, k, j);
              sum.add(term);
              absolute += Math.abs(term);
            }
            double before = rest.beta == 0 ? 0 : rest.beta * before(in, row, to.length(), j);
            double bias = rest.bias ? bias(in, j) : 0;
            sum.add(before);
            sum.add(bias);
            double beside = Math.abs(before) + Math.abs(bias);
            // A rounding for each product beside those of the sum; then one for alpha's product and
            // beta's, and one for each of the two that are added.
            double tolerance =
                (Tolerance.addingInOrder(terms) + 3 * Tolerance.U) * absolute
                    + 3 * Tolerance.U * beside;
            to.element(j, sum.value(), tolerance + Tolerance.TINY * (1 + terms), absolute + beside);
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

  /** A product that is added to what c holds. */
  private static MatrixProduct onto(
      Operands o,
      Matrix a,
      boolean aTransposed,
      Matrix b,
      boolean bTransposed,
      int rows,
      int cols,
      double beta) {
    Matrix c =
        o.input(
            "before " + rows + " x " + cols,
            rows,
            cols,
            () -> {
              Values before = new Values(o.inputs().dtype(), rows * cols);
              for (int i = 0; i < rows; i++) {
                for (int j = 0; j < cols; j++) {
                  before.set(i * cols + j, before(o.inputs(), i, cols, j));
                }
              }
              return before;
            });
    return new MatrixProduct(a, aTransposed, b, bTransposed, c).withBeta(beta);
  }

  private static double before(Inputs in, int row, int cols, int col) {
    return in.dtype().round(Noise.normal(in.seed() + 11, row * cols + col));
  }

  private static Matrix bias(Operands o, int cols) {
    return o.input(
        "bias of " + cols,
        1,
        cols,
        () -> {
          Values bias = new Values(o.inputs().dtype().arithmetic(), cols);
          for (int j = 0; j < cols; j++) {
            bias.set(j, bias(o.inputs(), j));
          }
          return bias;
        });
  }

  private static double bias(Inputs in, int col) {
    return in.dtype().arithmetic().round(Noise.normal(in.seed() + 12, col));
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
