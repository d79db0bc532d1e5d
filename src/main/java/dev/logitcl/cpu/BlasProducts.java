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
  /** Terms that the BLAS adds up. Adding its sums is then one operation in a thousand. */
  private static final int TERMS = 4096;

  /**
   * Operations of a call: a twentieth of a second on a slow processor. Up to Java 21, G1 waits for
   * a call that works on arrays in the heap, and so do threads that need new memory.
   */
  private static final long OPERATIONS = 1L << 31;

  /** Elements whose sums are kept. */
  private static final int ELEMENTS = 1 << 20;

  /**
   * Fewer operations are left to Java, where they take a tenth of a millisecond. An estimate of
   * what the way to the BLAS and back is worth: it was not measured.
   */
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
   * array, and of columns as many as a BLAS is fast with.
   */
  static boolean serves(MatrixProduct op) {
    DType type = op.c().dtype();
    return (type == DType.F32 || type == DType.F64)
        && op.a().dtype() == type
        && op.b().dtype() == type
        && HeapMatrix.of(op.a()).isOneArray()
        && HeapMatrix.of(op.b()).isOneArray()
        && HeapMatrix.of(op.c()).isOneArray()
        && type.round(op.alpha()) != 0 // a BLAS may then leave a and b unread, NaN and all
        && op.c().cols() >= MatrixProducts.NARROW
        && 2.0 * op.c().shape().elements() * op.inner() >= WORTH_IT;
  }

  static Way run(Blas blas, MatrixProduct op, Workers workers) {
    new BlasProducts(blas, op, workers).run();
    return new Way("blas", workers.threads() == 1 ? Spread.NONE : Spread.ROWS);
  }

  private void run() {
    if (inner > TERMS) {
      int rows = (int) Math.min(c.rows(), Math.max(1, ELEMENTS / cols));
      Sums sums = new Sums(rows * cols); // before an element is written
      for (long row = 0; row < c.rows(); row += rows) {
        multiply(row, (int) Math.min(rows, c.rows() - row), sums);
      }
      return;
    }
    // The longer side is cut: a BLAS packs what it multiplies, and flat pieces were half as fast.
    boolean tall = c.rows() > cols;
    long side = tall ? c.rows() : cols;
    long most = Math.max(1, OPERATIONS / (2L * (tall ? cols : c.rows()) * inner));
    for (long from = 0; from < side; from += most) {
      int n = (int) Math.min(most, side - from);
      long row = tall ? from : 0;
      int col = tall ? 0 : (int) from;
      int high = tall ? n : (int) c.rows();
      int wide = tall ? cols : n;
      multiply(row, high, col, wide, 0, inner, beta, block(c, row, col));
    }
    if (bias.length > 0) {
      addBias();
    }
  }

  /** Without an allocation: where memory ended here, c would hold what is no result. */
  private void addBias() {
    Object array = c.arrayAt(0);
    int at = c.indexAt(0);
    int rows = (int) c.rows();
    if (array instanceof float[] floats) {
      for (int i = 0; i < rows; i++, at += cols) {
        for (int j = 0; j < cols; j++) {
          floats[at + j] += (float) bias[j];
        }
      }
    } else {
      double[] doubles = (double[]) array;
      for (int i = 0; i < rows; i++, at += cols) {
        for (int j = 0; j < cols; j++) {
          doubles[at + j] += bias[j];
        }
      }
    }
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
      int at = row * cols;
      if (part instanceof float[] floats) {
        for (int k = at; k < at + cols; k++) {
          add(k, floats[k]);
        }
      } else {
        double[] doubles = (double[]) part;
        for (int k = at; k < at + cols; k++) {
          add(k, doubles[k]);
        }
      }
    }

    private void add(int k, double more) {
      double before = sum[k];
      double next = before + more;
      double added = next - before;
      lost[k] += (before - (next - added)) + (more - added);
      sum[k] = next;
    }

    /** An element of c: of the sum, of what was there before, and of the bias. */
    double value(int k, double before, int col) {
      double value = Double.isNaN(lost[k]) ? sum[k] : sum[k] + lost[k]; // inf has lost NaN
      value += beta == 0 ? 0 : beta * before;
      return bias.length == 0 ? value : value + bias[col];
    }

    /** Writes a row of c. */
    void finish(int row, int to) {
      Object array = c.arrayAt(0);
      int k = row * cols;
      if (array instanceof float[] floats) {
        for (int j = 0; j < cols; j++) {
          floats[to + j] = (float) value(k + j, floats[to + j], j);
        }
      } else {
        double[] doubles = (double[]) array;
        for (int j = 0; j < cols; j++) {
          doubles[to + j] = value(k + j, doubles[to + j], j);
        }
      }
    }
  }

  private void multiply(long row, int n, Sums sums) {
    Arrays.fill(sums.sum, 0);
    Arrays.fill(sums.lost, 0);
    for (int k = 0; k < inner; k += TERMS) {
      int terms = Math.min(TERMS, inner - k);
      multiply(row, n, 0, cols, k, terms, 0, new Blas.Block(sums.part, 0, cols));
      workers.run(n, sums::add);
    }
    int to = c.indexAt(0) + (int) (row * cols);
    workers.run(n, i -> sums.finish(i, to + i * cols));
  }

  /** A block of the product of some terms, which is added to what is there, times a factor. */
  private void multiply(
      long row, int high, int col, int wide, int k, int terms, double factor, Blas.Block to) {
    Blas.Block left = aTransposed ? block(a, k, row) : block(a, row, k);
    Blas.Block right = bTransposed ? block(b, col, k) : block(b, k, col);
    blas.multiply(high, wide, terms, alpha, left, aTransposed, right, bTransposed, factor, to);
  }

  private static Blas.Block block(HeapMatrix matrix, long row, long col) {
    int place = (int) (row * matrix.cols() + col);
    return new Blas.Block(matrix.arrayAt(0), matrix.indexAt(0) + place, (int) matrix.cols());
  }
}
