package dev.logitcl.split;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.HostElements;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import dev.logitcl.split.Parts.Part;
import java.nio.Buffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;

/** Some rows of a call on a lane: their matrices are brought there, computed, and brought back. */
final class Piece implements AutoCloseable {
  private final Backend lane;
  private final Cut cut;
  private final Part part;
  private final List<Matrix> there = new ArrayList<>();

  Piece(Backend lane, Cut cut, Part part) {
    this.lane = lane;
    this.cut = cut;
    this.part = part;
  }

  /**
   * Does it.
   *
   * @param totals where the part's share of what all rows add up to goes, in the operands' order
   */
  RunReport run(List<Double> totals) {
    for (Operand operand : cut.operands()) {
      there.add(bring(operand));
    }
    RowOp op = cut.op().with(this::counterpart);
    RunReport report = lane.run(op);
    for (int k = 0; k < there.size(); k++) {
      Operand operand = cut.operands().get(k);
      if (operand.role() == Role.TOTAL_OUT) {
        totals.add(Values.of(there.get(k)).get(0));
      }
    }
    for (Operand operand : cut.op().operands()) {
      if (operand.role().isOutput() && operand.role() != Role.TOTAL_OUT) {
        move(operand, counterpart(operand.matrix()), false);
      }
    }
    return report;
  }

  private Matrix counterpart(Matrix matrix) {
    Matrix sought = matrix instanceof Probabilities shares ? shares.matrix() : matrix;
    for (int k = 0; k < there.size(); k++) {
      if (cut.operands().get(k).matrix().sharesMemoryWith(sought)) {
        return there.get(k);
      }
    }
    return matrix; // what the host keeps
  }

  private Matrix bring(Operand operand) {
    Matrix matrix = operand.matrix();
    if (matrix instanceof Labels labels) {
      return lane.upload(indices(operand, labels)).within(labels);
    }
    if (!(matrix instanceof HostElements)) {
      return matrix;
    }
    DType dtype = matrix.dtype();
    Matrix brought = lane.allocate(shape(operand), dtype);
    if (!operand.role().isOutput()) {
      move(operand, brought, true);
    }
    return brought;
  }

  private Shape shape(Operand operand) {
    Shape shape = operand.matrix().shape();
    return cut.isCut(operand) ? new Shape(part.rows(), shape.cols(), shape.inner()) : shape;
  }

  private int[] indices(Operand operand, Labels labels) {
    long each = cut.perRow(operand);
    int[] indices = new int[Math.toIntExact(part.rows() * each)];
    labels.read(part.from() * each, IntBuffer.wrap(indices));
    return indices;
  }

  /** Copies an operand's elements there or back. */
  private void move(Operand operand, Matrix brought, boolean there) {
    HostElements here = (HostElements) operand.matrix();
    boolean isCut = cut.isCut(operand);
    long from = isCut ? part.from() * cut.perRow(operand) : 0;
    long count = isCut ? part.rows() * cut.perRow(operand) : here.shape().elements();
    for (long at = 0; at < count; ) {
      Buffer elements = here.elements(from + at, count - at);
      if (there) {
        brought.write(at, elements);
      } else {
        brought.read(at, elements);
      }
      at += elements.remaining();
    }
  }

  @Override
  public void close() {
    for (int k = there.size() - 1; k >= 0; k--) {
      if (there.get(k) != cut.operands().get(k).matrix()) {
        there.get(k).close();
      }
    }
  }
}
