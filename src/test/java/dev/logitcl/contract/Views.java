package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Accuracy;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.matrix.ClassValues;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Any case of the contract on views of rows. All operands of one type and row length are rows of
 * one matrix, one operand behind another, and around each of them lie rows that the call must
 * neither read nor write. So inputs and outputs are disjoint rows of one matrix, too.
 */
public final class Views implements AutoCloseable {
  private static final Set<Role> MATRICES =
      EnumSet.of(Role.MATRIX_IN, Role.MASK_IN, Role.MATRIX_OUT);

  /** A value that no operation computes, and that changes any sum that it gets into. */
  private static final double CANARY = -0x1.cafe02p77;

  /** A class that there is not. */
  private static final int NO_CLASS = -77;

  private final Backend backend;
  private final int gap;
  private final int inner;
  private final List<Slot> slots = new ArrayList<>();
  private final List<Common> commons = new ArrayList<>();

  /** An operand, and the view that takes its place. */
  private static final class Slot {
    final Matrix operand;
    final Shape shape;
    final long from;
    Matrix view;
    boolean written;

    Slot(Matrix operand, Shape shape, long from) {
      this.operand = operand;
      this.shape = shape;
      this.from = from;
    }
  }

  /** A matrix that holds several operands. */
  private static final class Common {
    final DType dtype;
    final long cols;
    final long inner;
    final List<Slot> slots = new ArrayList<>();
    long rows;
    Matrix matrix;
    Values before;

    Common(Matrix operand, Shape shape) {
      this.dtype = operand.dtype();
      this.cols = shape.cols();
      this.inner = shape.inner();
    }

    boolean holds(Matrix operand, Shape shape) {
      return operand.dtype() == dtype && shape.cols() == cols && shape.inner() == inner;
    }
  }

  private Views(Backend backend, int gap, int inner) {
    this.backend = backend;
    this.gap = gap;
    this.inner = inner;
  }

  /**
   * Runs a case on views and checks all there is to check.
   *
   * @param gap rows before each view; half as many follow the last one, so that of 0 or 1 it is at
   *     the end of its memory
   * @param sameBits whether the results are those of the call on matrices, bit by bit
   */
  public static RunReport check(
      Backend backend, OpCase opCase, Inputs inputs, int gap, boolean sameBits) {
    return check(backend, opCase, inputs, gap, 1, sameBits);
  }

  /** Runs a case on views of strided rows, {@code inner} of which are interleaved. */
  public static RunReport checkStrided(
      Backend backend, OpCase opCase, Inputs inputs, int gap, int inner) {
    return check(backend, opCase, inputs, gap, inner, false);
  }

  private static RunReport check(
      Backend backend, OpCase opCase, Inputs inputs, int gap, int inner, boolean sameBits) {
    String where = backend.device() + ": " + opCase + " of " + inputs + ", rows between: " + gap;
    try (Run run = opCase.prepare(backend, inputs);
        Views views = new Views(backend, gap, inner)) {
      for (Operand operand : run.op().operands()) {
        views.place(operand);
      }
      views.fill();
      RunReport report = backend.run(run.op().with(views::view));
      backend.finish();
      String what = where + ", with " + report.variant() + ": ";
      views.requireOthersUntouched(what);
      if (sameBits) {
        run.run();
        for (Slot slot : views.slots) {
          int differs = views.values(slot).differsAt(Values.of(slot.operand));
          assertEquals(-1, slot.written ? differs : -1, what + "other bits than of matrices");
        }
      }
      for (Slot slot : views.slots) {
        if (slot.written) {
          slot.operand.write(0, views.values(slot).buffer());
        }
      }
      Accuracy accuracy = run.check();
      assertTrue(accuracy.ok(), what + accuracy.detail());
      return report;
    }
  }

  private void place(Operand operand) {
    Matrix matrix = operand.matrix();
    if (matrix instanceof ClassValues) {
      return;
    }
    for (Slot slot : slots) {
      if (slot.operand == matrix) { // as in place
        slot.written |= operand.role().isOutput();
        return;
      }
    }
    Shape shape = matrix.shape();
    if (MATRICES.contains(operand.role())) {
      shape = new Shape(shape.rows(), shape.cols(), inner);
    }
    Slot slot;
    if (matrix instanceof Labels labels) {
      slot = new Slot(matrix, shape, gap);
      int[] targets = new int[gap + (int) shape.rows() + gap / 2];
      Arrays.fill(targets, NO_CLASS);
      labels.read(0, IntBuffer.wrap(targets, gap, (int) shape.rows()));
      Common common = new Common(matrix, shape);
      common.matrix = backend.upload(targets);
      slot.view = common.matrix.rows(gap, shape.rows());
      common.rows = targets.length;
      common.before = Values.of(common.matrix);
      commons.add(common);
    } else {
      Common common = common(matrix, shape);
      slot = new Slot(matrix, shape, common.rows + gap * shape.inner());
      common.slots.add(slot);
      common.rows = slot.from + shape.rows();
    }
    slot.written = operand.role().isOutput();
    slots.add(slot);
  }

  private Common common(Matrix operand, Shape shape) {
    for (Common common : commons) {
      if (common.matrix == null && common.holds(operand, shape)) {
        return common;
      }
    }
    Common common = new Common(operand, shape);
    commons.add(common);
    return common;
  }

  private void fill() {
    for (Common common : commons) {
      if (common.matrix == null) {
        long after = gap / 2 * common.inner;
        Shape shape = new Shape(common.rows + after, common.cols, common.inner);
        common.before = new Values(common.dtype, (int) shape.elements()).fill(CANARY);
        for (Slot slot : common.slots) {
          Values values = Values.of(slot.operand);
          for (int k = 0; k < values.length(); k++) {
            common.before.set(place(slot, k) + first(slot), values.get(k));
          }
        }
        common.matrix = backend.allocate(shape, common.dtype);
        common.matrix.write(0, common.before.buffer());
        for (Slot slot : common.slots) {
          slot.view = common.matrix.rows(slot.from, slot.shape.rows());
        }
      }
    }
  }

  private Matrix view(Matrix matrix) {
    for (Slot slot : slots) {
      if (slot.operand == matrix) {
        return slot.view;
      }
    }
    return matrix;
  }

  private static int first(Slot slot) {
    return (int) (slot.from * slot.shape.cols());
  }

  /** Where in a view the k-th element of the row-major operand is. */
  private static int place(Slot slot, int k) {
    int inner = (int) slot.shape.inner();
    int cols = (int) slot.shape.cols();
    int row = k / cols;
    return (row / inner * cols + k % cols) * inner + row % inner;
  }

  /** What a view holds, row-major. */
  private Values values(Slot slot) {
    Values read = Values.of(slot.view);
    Values values = new Values(read.dtype(), read.length());
    for (int k = 0; k < values.length(); k++) {
      values.set(k, read.get(place(slot, k)));
    }
    return values;
  }

  private void requireOthersUntouched(String what) {
    for (Common common : commons) {
      Values after = Values.of(common.matrix);
      for (Slot slot : common.slots) {
        for (int k = 0; slot.written && k < slot.shape.elements(); k++) {
          after.set(first(slot) + k, common.before.get(first(slot) + k));
        }
      }
      assertEquals(-1, common.before.differsAt(after), what + "wrote beyond its outputs");
    }
  }

  @Override
  public void close() {
    for (Common common : commons) {
      if (common.matrix != null) {
        common.matrix.close();
      }
    }
  }
}
