package dev.logitcl.opencl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.WrongResultException;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.HostRow;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.Operand;
import dev.logitcl.op.RowOp;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tries a program before it computes anything of the caller's: a few rows of the call's kind, one
 * with -inf, one with +inf and one with NaN, beside the Java path. It finds drivers that miscompile
 * or compute as with {@code -cl-fast-relaxed-math}, not the last digits.
 */
final class SelfTest {
  /** Rows: ordinary, with -inf, with +inf, with NaN. */
  private static final int ROWS = 4;

  /** Longer rows are not tried: the test would take longer than most calls. */
  private static final long MOST_COLUMNS = 1 << 20;

  private final RowOp op;
  private final int rows;
  private final List<Operand> operands;

  private SelfTest(RowOp op) {
    this.op = op;
    Shape shape = op.shape();
    this.rows = (int) (shape.isStrided() ? Math.min(shape.inner(), ROWS) : ROWS);
    this.operands = op.operands();
  }

  /** The same kind of call, small; null if that cannot be made. */
  static @Nullable SelfTest of(RowOp op) {
    if (op.shape().cols() > MOST_COLUMNS || op.shape().rows() == 0) {
      return null;
    }
    return new SelfTest(op);
  }

  /**
   * Compares a device with the Java path.
   *
   * @param device where the matrices are made
   * @param run runs the call there
   * @throws WrongResultException naming the first result that is wrong
   */
  void run(Backend device, Consumer<RowOp> run) {
    try (Backend java = new CpuBackend();
        Side expected = new Side(java);
        Side seen = new Side(device)) {
      java.run(expected.call);
      run.accept(seen.call);
      List<Operand> right = expected.call.operands();
      List<Operand> found = seen.call.operands();
      for (int k = 0; k < right.size(); k++) {
        if (right.get(k).role().isOutput()) {
          compare(device.device(), right.get(k), found.get(k));
        }
      }
    }
  }

  private void compare(DeviceInfo device, Operand right, Operand found) {
    Values expected = Values.of(right.matrix());
    Values seen = Values.of(found.matrix());
    double largest = 1;
    for (int k = 0; k < expected.length(); k++) {
      double value = Math.abs(expected.get(k));
      largest = Math.max(largest, value < Double.POSITIVE_INFINITY ? value : 0);
    }
    double tolerance = largest * tolerance(op.dtype());
    for (int k = 0; k < expected.length(); k++) {
      double a = expected.get(k);
      double b = seen.get(k);
      boolean same = Double.isNaN(a) ? Double.isNaN(b) : a == b || Math.abs(a - b) <= tolerance;
      if (!same) {
        throw new WrongResultException(
            op.kernel(), device.toString(), right.name() + "[" + k + "]", a, b);
      }
    }
  }

  /** A thousand roundings, and a dozen of what is stored: miscompiled programs are further off. */
  private static double tolerance(DType dtype) {
    double computed = 1024 * dtype.arithmetic().codec().roundoff();
    return dtype.isHalf() ? computed + 12 * dtype.codec().roundoff() : computed;
  }

  /** The call on one backend. */
  private final class Side implements AutoCloseable {
    private final Backend backend;
    private final List<Matrix> made = new ArrayList<>();
    private final RowOp call;

    Side(Backend backend) {
      this.backend = backend;
      if (op instanceof MatrixProduct product) {
        this.call = product(product);
        return;
      }
      for (int k = 0; k < operands.size(); k++) {
        made.add(counterpart(k));
      }
      this.call = op.with(this::counterpart);
    }

    private RowOp product(MatrixProduct product) {
      int inner = Math.min(product.inner(), 64);
      Matrix a = product.aTransposed() ? filled(inner, rows, 0) : filled(rows, inner, 0);
      long cols = product.shape().cols();
      Matrix b = product.bTransposed() ? filled(cols, inner, 1) : filled(inner, cols, 1);
      Matrix c = backend.allocate(new Shape(rows, cols), op.dtype());
      made.addAll(List.of(a, b, c));
      return new MatrixProduct(a, product.aTransposed(), b, product.bTransposed(), c);
    }

    private Matrix filled(long height, long width, int operand) {
      Matrix matrix = backend.allocate(new Shape(height, width), op.dtype());
      matrix.write(0, values(op.dtype(), (int) (height * width), operand, 0).buffer());
      return matrix;
    }

    /** Gradients read what another call wrote: random numbers in its place go with no infinity. */
    private boolean isForward() {
      return operands.stream()
              .filter(operand -> !operand.role().isOutput())
              .filter(operand -> !(operand.matrix() instanceof HostRow))
              .filter(operand -> operand.role() != Operand.Role.LABELS)
              .count()
          == 1;
    }

    private Matrix counterpart(Matrix matrix) {
      Matrix sought = matrix instanceof Probabilities shares ? shares.matrix() : matrix;
      for (int k = 0; k < operands.size(); k++) {
        if (operands.get(k).matrix() == sought) {
          return made.get(k);
        }
      }
      return matrix;
    }

    private Matrix counterpart(int k) {
      Operand operand = operands.get(k);
      Matrix matrix = operand.matrix();
      for (int before = 0; before < k; before++) { // as in place
        if (operands.get(before).matrix().sharesMemoryWith(matrix)) {
          return made.get(before);
        }
      }
      if (matrix instanceof HostRow) {
        return matrix;
      }
      long each = matrix.rows() / op.shape().rows();
      if (matrix instanceof Labels labels) {
        int[] all = new int[Math.toIntExact(Math.min(labels.rows(), rows * each))];
        labels.read(0, IntBuffer.wrap(all));
        int[] indices = new int[(int) (rows * each)];
        Arrays.setAll(indices, i -> all[i % all.length]); // the caller's own, which are allowed
        return backend.upload(indices).within(labels);
      }
      Shape shape = matrix.shape();
      Shape small =
          operand.isPerRow()
              ? new Shape(rows * each, shape.cols(), shape.isStrided() ? rows : 1)
              : shape;
      Matrix counterpart = backend.allocate(small, matrix.dtype());
      int cols = isForward() && k == 0 && !small.isStrided() ? (int) small.cols() : 0;
      Values values = values(matrix.dtype(), (int) small.elements(), k, cols);
      if (operand.name().equals("y")) { // what softmax gave: its gradient counts on it
        normalise(values, small);
      }
      counterpart.write(0, values.buffer());
      return counterpart;
    }

    @Override
    public void close() {
      for (int k = made.size() - 1; k >= 0; k--) {
        if (!(made.get(k) instanceof HostRow)) {
          made.get(k).close();
        }
      }
    }
  }

  /**
   * Numbers of an operand: those of the first from -2 to 2, of any other from 0.1 to 2, since it
   * may hold sums, weights or shares; masks leave out every fifth element.
   *
   * @param cols the columns of a matrix whose later rows have an -inf, a +inf and a NaN; else 0
   */
  private static Values values(DType dtype, int length, int operand, int cols) {
    Values values = new Values(dtype, length);
    long state = 1L + operand;
    for (int k = 0; k < length; k++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      double unit = (state >>> 11) * 0x1p-53;
      boolean mask = dtype == DType.U8;
      values.set(k, mask ? k % 5 : operand == 0 ? unit * 4 - 2 : 0.1 + unit * 1.9);
    }
    double[] special = {Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NaN};
    for (int row = 1; cols > 0 && row < ROWS && (row + 1) * cols <= length; row++) {
      values.set(row * cols + cols / 2, special[row - 1]);
    }
    return values;
  }

  /** Makes the rows shares that add up to 1. */
  private static void normalise(Values values, Shape shape) {
    int inner = (int) shape.inner();
    int cols = (int) shape.cols();
    for (int row = 0; row < shape.rows(); row++) {
      int first = row / inner * cols * inner + row % inner;
      double sum = 0;
      for (int j = 0; j < cols; j++) {
        sum += Math.abs(values.get(first + j * inner));
      }
      for (int j = 0; j < cols; j++) {
        values.set(first + j * inner, Math.abs(values.get(first + j * inner)) / sum);
      }
    }
  }
}
