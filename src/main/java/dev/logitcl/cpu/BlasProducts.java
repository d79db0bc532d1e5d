package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Spread;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.DType;
import dev.logitcl.op.MatrixProduct;
import java.util.Arrays;

/**
 * The product of two matrices by the system's BLAS. Up to {@link #TERMS} terms of an element are
 * added up by the BLAS, and these sums with compensation.
 */
final class BlasProducts {
  /** Terms that the BLAS adds up; adding its sums then takes a thousandth of the time. */
  private static final int TERMS = 4096;

  /**
   * Operations of a call: a tenth of a second on a slow processor. The JVM's garbage collector
   * waits for a call that works on arrays in the heap.
   */
  private static final long OPERATIONS = 1L << 32;

  /** Elements whose sums are kept. */
  private static final int ELEMENTS = 1 << 20;

  /** Fewer operations take less time in Java than the way to the BLAS and back. */
  private static final long WORTH_IT = 1 << 21;

  private final Blas blas;
  private final Workers workers;
  private final HeapMatrix a;
  private final HeapMatrix b;
  private final HeapMatrix c;
  private final boolean aTransposed;
  private final boolean bTransposed;
  private final double alpha;
  private final double beta;
  private final double[] bias;
  private final int inner;
  private final int cols;

  private BlasProducts(Blas blas, MatrixProduct op, Workers workers) {
    this.blas = blas;
    this.workers = workers;
    this.a = HeapMatrix.of(op.a());
    this.b = HeapMatrix.of(op.b());
    this.c = HeapMatrix.of(op.c());
    this.aTransposed = op.aTransposed();
    this.bTransposed = op.bTransposed();
    this.alpha = op.dtype().round(op.alpha());
    this.beta = op.dtype().round(op.beta());
    this.bias = MatrixProducts.bias(op.bias());
    this.inner = op.inner();
    this.cols = Math.toIntExact(c.cols());
  }

  /**
   * Whether a BLAS can compute a product, and is worth it: three matrices of one type, each in one
   * array.
   */
  static boolean serves(MatrixProduct op) {
    DType type = op.c().dtype();
    return (type == DType.F32 || type == DType.F64)
        && op.a().dtype() == type
        && op.b().dtype() == type
        && HeapMatrix.of(op.a()).isOneArray()
        && HeapMatrix.of(op.b()).isOneArray()
        && HeapMatrix.of(op.c()).isOneArray()
        && op.alpha() != 0 // a BLAS may then leave a and b unread, NaN and all
        && 2.0 * op.c().shape().elements() * op.inner() >= WORTH_IT;
  }

  static Way run(Blas blas, MatrixProduct op, Workers workers) {
    new BlasProducts(blas, op, workers).run();
    return new Way("blas", workers.threads() == 1 ? Spread.NONE : Spread.ROWS);
  }

  private void run() {
    int terms = Math.min(inner, TERMS);
    long most = Math.max(1, OPERATIONS / (2L * cols * terms));
    if (inner > TERMS) {
      most = Math.min(most, Math.max(1, ELEMENTS / cols));
    }
    int rows = (int) Math.min(most, c.rows());
    Sums sums = inner > TERMS ? new Sums(rows * cols) : null; // before an element is written
    for (long row = 0; row < c.rows(); row += rows) {
      int n = (int) Math.min(rows, c.rows() - row);
      if (sums == null) {
        multiply(row, n);
      } else {
        multiply(row, n, sums);
      }
    }
  }

  private void multiply(long row, int n) {
    if (bias.length > 0) {
      workers.run(n, i -> c.store(row + i, biased(row + i)));
    }
    double factor = bias.length > 0 ? 1 : beta;
    multiply(row, n, 0, inner, alpha, factor, c.arrayAt(row * cols), c.indexAt(row * cols));
  }

  /** A row of c as it was, times beta, and the bias. */
  private double[] biased(long row) {
    double[] values = new double[cols];
    if (beta != 0) {
      c.load(row, values);
    }
    for (int j = 0; j < cols; j++) {
      double before = beta == 0 ? 0 : beta * values[j];
      values[j] = bias.length == 0 ? before : before + bias[j];
    }
    return values;
  }

  /** What the BLAS has made of some terms, and the sums of that. */
  private final class Sums {
    final Object part;
    final double[] sum;
    final double[] lost;

    Sums(int elements) {
      this.part = HeapArrays.make(c.dtype(), elements);
      this.sum = new double[elements];
      this.lost = new double[elements];
    }

    void add(int row) {
      double[] more = new double[cols];
      c.dtype().codec().load(part, row * cols, more);
      int at = row * cols;
      for (int j = 0; j < cols; j++) {
        double before = sum[at + j];
        double next = before + more[j];
        double added = next - before;
        lost[at + j] += (before - (next - added)) + (more[j] - added);
        sum[at + j] = next;
      }
    }

    double value(int at) {
      return Double.isNaN(lost[at]) ? sum[at] : sum[at] + lost[at]; // an infinite sum has lost NaN
    }
  }

  private void multiply(long row, int n, Sums sums) {
    Arrays.fill(sums.sum, 0);
    Arrays.fill(sums.lost, 0);
    for (int k = 0; k < inner; k += TERMS) {
      multiply(row, n, k, Math.min(TERMS, inner - k), alpha, 0, sums.part, 0);
      workers.run(n, sums::add);
    }
    workers.run(
        n,
        i -> {
          double[] values = biased(row + i);
          for (int j = 0; j < cols; j++) {
            values[j] += sums.value(i * cols + j);
          }
          c.store(row + i, values);
        });
  }

  /** Some rows of the product of some terms, added to an array that holds rows of c. */
  private void multiply(
      long row, int n, int k, int terms, double factor, double before, Object to, int at) {
    long fromA = aTransposed ? k * a.cols() + row : row * a.cols() + k;
    long fromB = bTransposed ? k : k * b.cols();
    Blas.Factor left =
        new Blas.Factor(a.arrayAt(0), a.indexAt(0) + (int) fromA, (int) a.cols(), aTransposed);
    Blas.Factor right =
        new Blas.Factor(b.arrayAt(0), b.indexAt(0) + (int) fromB, (int) b.cols(), bTransposed);
    blas.multiply(n, cols, terms, factor, left, right, before, to, at);
  }
}
