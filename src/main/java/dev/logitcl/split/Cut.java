package dev.logitcl.split;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import java.util.ArrayList;
import java.util.List;

/** How a call is cut by rows: which operands are cut with the rows, and what a row takes. */
final class Cut {
  private final RowOp op;
  private final boolean byRows;
  private final List<Operand> operands = new ArrayList<>();
  private long bytesPerRow;
  private long largestPerRow;
  private long fixedBytes;
  private long largestFixed;

  Cut(RowOp op) {
    this.op = op;
    // A product's sums may run over the rows of a factor.
    this.byRows = op.operands().stream().noneMatch(operand -> operand.extent().isFactor());
    for (Operand operand : op.operands()) {
      Matrix matrix = operand.matrix();
      if (operands.stream().noneMatch(known -> known.matrix().isSameAs(matrix))) {
        operands.add(operand);
        count(operand);
      }
    }
  }

  private void count(Operand operand) {
    long bytes = operand.matrix().shape().elements() * operand.matrix().dtype().bytes();
    if (isCut(operand)) {
      long perRow = (bytes + rows() - 1) / rows();
      bytesPerRow += perRow;
      largestPerRow = Math.max(largestPerRow, perRow);
    } else if (operand.role() == Role.TOTAL_OUT) {
      bytesPerRow += Double.BYTES; // the rows' terms
      largestPerRow = Math.max(largestPerRow, Double.BYTES);
    } else {
      fixedBytes += bytes;
      largestFixed = Math.max(largestFixed, bytes);
    }
  }

  RowOp op() {
    return op;
  }

  long rows() {
    return op.shape().rows();
  }

  /** Rows that cannot be parted: those that lie one among another. */
  long quantum() {
    return byRows ? op.shape().inner() : Math.max(1, rows());
  }

  /** Each once, if several are one matrix. */
  List<Operand> operands() {
    return operands;
  }

  /** Whether each row has elements of its own in an operand; else all parts take all of it. */
  boolean isCut(Operand operand) {
    return byRows && operand.extent().isPerRow();
  }

  /** Bytes of all matrices for a part of so many rows. */
  long bytes(long rows) {
    return byRows ? fixedBytes + rows * bytesPerRow : fixedBytes;
  }

  /** Bytes of the largest of them. */
  long largest(long rows) {
    return byRows ? Math.max(largestFixed, rows * largestPerRow) : largestFixed;
  }

  /**
   * The rows of a part.
   *
   * @param target bytes that it should not take more of, unless a quantum does
   * @return a multiple of the quantum, at least one
   */
  long rowsWithin(long target) {
    long rows = byRows ? (target - fixedBytes) / Math.max(1, bytesPerRow) : rows();
    return Math.max(1, rows / quantum()) * quantum();
  }
}
