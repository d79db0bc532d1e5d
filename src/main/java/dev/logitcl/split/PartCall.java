package dev.logitcl.split;

import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.HostElements;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import dev.logitcl.split.Parts.Part;
import java.nio.Buffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A call on one part: the matrices of its rows are brought to a backend, computed there, and
 * brought back.
 */
final class PartCall implements AutoCloseable {
  private final PartMemory memory;
  private final Cut cut;
  private final Part part;
  private final List<Matrix> there = new ArrayList<>();
  private final List<Matrix> uploaded = new ArrayList<>();

  PartCall(PartMemory memory, Cut cut, Part part) {
    this.memory = memory;
    this.cut = cut;
    this.part = part;
  }

  /**
   * Computes the part.
   *
   * @param totals receives the part's contribution to each sum over all rows, in the operands'
   *     order
   */
  RunReport run(List<Double> totals) {
    for (Operand operand : cut.operands()) {
      there.add(bring(there.size(), operand));
    }
    RowOp op = cut.op().with(this::counterpart);
    RunReport report = memory.backend().run(op);
    for (int k = 0; k < there.size(); k++) {
      Operand operand = cut.operands().get(k);
      if (operand.role() == Role.TOTAL_OUT) {
        totals.add(Values.of(there.get(k)).get(0));
      }
    }
    for (Operand operand : cut.op().operands()) {
      if (operand.role().isOutput() && operand.role() != Role.TOTAL_OUT) {
        move((HostElements) ofPart(operand), counterpart(operand.matrix()), false);
      }
    }
    return report;
  }

  private Matrix counterpart(Matrix matrix) {
    Matrix sought = matrix instanceof Probabilities given ? given.matrix() : matrix;
    for (int k = 0; k < there.size(); k++) {
      if (cut.operands().get(k).matrix().isSameAs(sought)) {
        return there.get(k);
      }
    }
    return matrix; // what the host keeps
  }

  private Matrix bring(int index, Operand operand) {
    Matrix here = ofPart(operand);
    if (here instanceof Labels labels) {
      int[] indices = new int[Math.toIntExact(labels.rows())];
      labels.read(0, IntBuffer.wrap(indices));
      Labels part = memory.backend().upload(indices).within((Labels) operand.matrix());
      uploaded.add(part);
      return part;
    }
    if (!(here instanceof HostElements elements)) {
      return here; // what the host keeps
    }
    Matrix brought = memory.of(index, here);
    if (!operand.role().isOutput()) {
      move(elements, brought, true);
    }
    return brought;
  }

  /** What the part needs of an operand: its own rows, or all of what all rows read. */
  private Matrix ofPart(Operand operand) {
    Matrix all = operand.matrix();
    if (!cut.isCut(operand)) {
      return all;
    }
    long each = all.rows() / cut.rows();
    return all.rows(part.from() * each, part.rows() * each);
  }

  /** Copies elements there or back. */
  private static void move(HostElements here, Matrix brought, boolean there) {
    long count = here.shape().elements();
    for (long at = 0; at < count; ) {
      Buffer elements = here.elements(at, count - at);
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
    uploaded.forEach(Matrix::close);
  }
}
