package dev.logitcl.opencl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.WrongResultException;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.ClassValues;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.Content;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tries a program before it computes anything of the caller's: a few rows of the call's kind, one
 * with -inf, one with +inf and one with NaN, beside the Java path. It finds drivers that miscompile
 * or compute as with {@code -cl-fast-relaxed-math}, not the last digits.
 */
final class SelfTest {
  /** Rows: ordinary, with -inf, with +inf, with NaN. */
  private static final int ROWS = 4;

  /** Terms of a product's sums. */
  private static final int TERMS = 64;

  /** Longer rows are tried by so many columns: the test must not take longer than most calls. */
  private static final int MOST_COLUMNS = 1 << 16;

  private final RowOp op;
  private final int rows;
  private final int cols;
  private final int terms;
  private final List<Operand> operands;

  /** Whether scores that differ may be equal once they are capped: which one wins is then open. */
  private final boolean mayTie;

  /** A call of the kind of {@code op}, which {@link #serves} has accepted, on small matrices. */
  SelfTest(RowOp op) {
    this.op = op;
    Shape shape = op.shape();
    this.operands = op.operands();
    this.mayTie = op.defines().contains("SOFT_CAP");
    int side = sideOfFactors(operands);
    this.rows = side > 0 ? side : (int) (shape.isStrided() ? Math.min(shape.inner(), ROWS) : ROWS);
    this.cols = side > 0 ? side : (int) Math.min(shape.cols(), MOST_COLUMNS);
    this.terms = side > 0 ? side : TERMS;
  }

  /**
   * Rows, columns and terms of a small product whose factors are one matrix: that stands in both
   * places if it is square, or no larger than it was. 0 where the factors are two.
   */
  private static int sideOfFactors(List<Operand> operands) {
    List<Matrix> factors =
        operands.stream()
            .filter(operand -> operand.extent().isFactor())
            .map(Operand::matrix)
            .toList();
    if (factors.size() != 2 || !factors.get(0).isSameAs(factors.get(1))) {
      return 0;
    }
    Matrix factor = factors.get(0);
    return (int) Math.max(1, Math.min(ROWS, Math.min(factor.rows(), factor.cols())));
  }

  /** Whether a small call of the same kind can be made: not of values for too many classes. */
  static boolean serves(RowOp op) {
    return op.shape().cols() <= MOST_COLUMNS
        || op.operands().stream().noneMatch(operand -> operand.matrix() instanceof ClassValues);
  }

  /** The program under test. */
  interface Program {
    /** Runs it. */
    void run(RowOp call);

    /** What it wrote for each row of a {@link Role#TOTAL_OUT}, by the operand's number. */
    Values terms(int operand, int rows);
  }

  /**
   * Compares a program with the Java path.
   *
   * @param device where the matrices are made
   * @param program what runs there
   * @throws WrongResultException naming the first result that is wrong
   */
  void run(Backend device, Program program) {
    try (Backend java = new CpuBackend();
        Side expected = new Side(java);
        Side seen = new Side(device)) {
      java.run(expected.call);
      program.run(seen.call);
      List<Operand> right = expected.call.operands();
      List<Operand> found = seen.call.operands();
      for (int k = 0; k < right.size(); k++) {
        Operand operand = found.get(k);
        if (operand.role().isOutput() && !(mayTie && namesAMaximum(operand))) {
          compare(
              op.kernel(),
              device.device(),
              operand.name(),
              Values.of(right.get(k).matrix()),
              operand.role() == Role.TOTAL_OUT
                  ? total(program.terms(k, rows), operand.scale())
                  : Values.of(operand.matrix()));
        }
      }
    }
  }

  private static boolean namesAMaximum(Operand operand) {
    return operand.content() == Content.INDICES || operand.content() == Content.COUNT;
  }

  /** Another program adds the terms up, which is tried by itself: {@link SumTest}. */
  private static Values total(Values terms, double scale) {
    Values total = new Values(terms.dtype(), 1);
    double sum = 0;
    for (int row = 0; row < terms.length(); row++) {
      sum += scale * terms.get(row);
    }
    total.set(0, sum);
    return total;
  }

  /**
   * Compares what a device computed with what is right.
   *
   * @throws WrongResultException naming the first result that is wrong
   */
  static void compare(String kernel, DeviceInfo device, String name, Values expected, Values seen) {
    double largest = 1;
    for (int k = 0; k < expected.length(); k++) {
      double value = Math.abs(expected.get(k));
      largest = Math.max(largest, value < Double.POSITIVE_INFINITY ? value : 0);
    }
    double tolerance = largest * tolerance(expected.dtype());
    for (int k = 0; k < expected.length(); k++) {
      double a = expected.get(k);
      double b = seen.get(k);
      boolean same = Double.isNaN(a) ? Double.isNaN(b) : a == b || Math.abs(a - b) <= tolerance;
      if (!same) {
        throw new WrongResultException(kernel, device.toString(), name + "[" + k + "]", a, b);
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
      for (int k = 0; k < operands.size(); k++) {
        made.add(counterpart(k));
      }
      this.call = op.with(this::counterpart);
    }

    private Matrix counterpart(Matrix matrix) {
      Matrix sought = matrix instanceof Probabilities given ? given.matrix() : matrix;
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
        if (operands.get(before).matrix().isSameAs(matrix)) {
          return made.get(before);
        }
      }
      if (matrix instanceof ClassValues) {
        return matrix;
      }
      Shape small = operand.extent().within(matrix.shape(), op.shape(), rows, cols, terms);
      if (matrix instanceof Labels labels) {
        int[] all = new int[Math.toIntExact(Math.min(labels.rows(), small.rows()))];
        labels.read(0, IntBuffer.wrap(all));
        int[] indices = new int[Math.toIntExact(small.rows())];
        Arrays.setAll(indices, i -> index(all[i % all.length]));
        Labels few = backend.upload(indices);
        // Of rows that are cut, the caller's own indices lie beyond the columns.
        return cols < op.shape().cols() ? few : few.within(labels);
      }
      Matrix counterpart = backend.allocate(small, matrix.dtype());
      counterpart.write(0, values(operand, k, small).buffer());
      return counterpart;
    }

    /** The caller's own classes, which are allowed. */
    private int index(int given) {
      return cols == 0 || given < cols ? given : given % cols;
    }

    @Override
    public void close() {
      for (int k = made.size() - 1; k >= 0; k--) {
        if (!(made.get(k) instanceof ClassValues)) {
          made.get(k).close();
        }
      }
    }
  }

  /** Values as an operand's content has them. */
  private Values values(Operand operand, int k, Shape small) {
    Content content = operand.content();
    Values values = numbers(content, operand.matrix().dtype(), (int) small.elements(), k);
    if (content == Content.PROBABILITIES || content == Content.LOG_PROBABILITIES) {
      makeProbabilities(values, small, content == Content.LOG_PROBABILITIES);
    }
    if (takesAwkward(k) && !small.isStrided()) {
      double[] awkward = {Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NaN};
      for (int row = 1; cols > 0 && row < rows; row++) {
        values.set(row * cols + cols / 2, awkward[row - 1]);
      }
    }
    return values;
  }

  private static Values numbers(Content content, DType dtype, int length, int operand) {
    Values values = new Values(dtype, length);
    long state = 1L + operand;
    for (int k = 0; k < length; k++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      double unit = (state >>> 11) * 0x1p-53;
      values.set(
          k,
          switch (content) {
            case MASK -> k % 5; // every fifth is left out
            case LOGITS, GRADIENT, NUMBERS -> unit * 4 - 2;
            default -> 0.1 + unit * 1.9;
          });
    }
    return values;
  }

  /** Whether infinities and NaN go with the other inputs: not with what another call has made. */
  private boolean takesAwkward(int k) {
    Content content = operands.get(k).content();
    return k == 0
        && (content == Content.LOGITS || content == Content.LOG_PROBABILITIES)
        && operands.stream()
            .skip(1)
            .filter(other -> !other.role().isOutput())
            .noneMatch(other -> other.content().isDerived());
  }

  /** Makes each row probabilities that add up to 1, or their logarithms. */
  private static void makeProbabilities(Values values, Shape shape, boolean logarithms) {
    int inner = (int) shape.inner();
    int cols = (int) shape.cols();
    for (int row = 0; row < shape.rows(); row++) {
      int first = row / inner * cols * inner + row % inner;
      double sum = 0;
      for (int j = 0; j < cols; j++) {
        sum += values.get(first + j * inner);
      }
      for (int j = 0; j < cols; j++) {
        double p = values.get(first + j * inner) / sum;
        values.set(first + j * inner, logarithms ? Math.log(p) : p);
      }
    }
  }
}
