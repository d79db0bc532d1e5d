package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.RowOp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What {@link Rows} does with {@code double[]}s: the same calls on float64 matrices. */
final class RowsOfDoubles {
  private final Backend chosen;

  RowsOfDoubles(Backend chosen) {
    this.chosen = chosen;
  }

  /** An operation on one matrix. */
  interface Unary {
    RowOp make(Matrix x, Matrix out);
  }

  /** An operation on two matrices of one shape. */
  interface Binary {
    RowOp make(Matrix y, Matrix dy, Matrix out);
  }

  double[] unary(double[] x, long rows, long cols, long outCols, Unary op) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      return call.run(rows, outCols, out -> op.make(in, out));
    }
  }

  double[] binary(double[] y, double[] dy, long rows, long cols, Binary op) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(y, rows, cols);
      Matrix gradients = call.in(dy, rows, cols);
      return call.run(rows, cols, out -> op.make(in, gradients, out));
    }
  }

  double[] perRow(double[] x, double[] lse, double[] dlse, long rows, long cols, PerRow op) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      Matrix sums = call.in(lse, rows, 1);
      Matrix gradients = call.in(dlse, rows, 1);
      return call.run(rows, cols, out -> op.make(in, sums, gradients, out));
    }
  }

  /** An operation on a matrix and two columns. */
  interface PerRow {
    RowOp make(Matrix x, Matrix lse, Matrix dlse, Matrix out);
  }

  double[] crossEntropy(
      double[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      Labels labels = call.in(target);
      long losses = Rows.losses(rows, options);
      return call.run(losses, 1, out -> new CrossEntropy(in, labels, options, out));
    }
  }

  double[] crossEntropyBackward(
      double[] x, int[] target, long rows, long cols, CrossEntropyOptions options) {
    try (Call call = new Call(rows, cols)) {
      Matrix in = call.in(x, rows, cols);
      Labels labels = call.in(target);
      return call.run(rows, cols, out -> new CrossEntropyBackward(in, null, labels, options, out));
    }
  }

  /** The matrices of one call, closed together. */
  private final class Call implements AutoCloseable {
    private final Backend backend;
    private final List<Matrix> matrices = new ArrayList<>(4);

    Call(long rows, long cols) {
      this.backend =
          chosen instanceof BestBackend best
              ? best.forDoubles(new Shape(rows, cols).elements())
              : chosen;
    }

    private <M extends Matrix> M kept(M matrix) {
      matrices.add(matrix);
      return matrix;
    }

    Matrix in(double[] values, long rows, long cols) {
      return kept(backend.upload(values, rows, cols));
    }

    Labels in(int[] target) {
      return kept(backend.upload(target));
    }

    double[] run(long rows, long cols, Function<Matrix, RowOp> maker) {
      double[] result = new double[Rows.arrayLength(rows, cols)];
      Matrix out = kept(backend.allocate(new Shape(rows, cols), DType.F64));
      backend.run(maker.apply(out));
      out.read(result);
      return result;
    }

    @Override
    public void close() {
      for (int i = matrices.size() - 1; i >= 0; i--) {
        matrices.get(i).close();
      }
    }
  }
}
