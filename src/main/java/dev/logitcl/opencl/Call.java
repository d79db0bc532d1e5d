package dev.logitcl.opencl;

import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the choice of a program depends on.
 *
 * @param op the op
 * @param defines what the call defines
 * @param writesMatrix whether it has a matrix output
 * @param dtype element type of its matrices
 * @param shape rows and columns
 * @param step its matrices begin at multiples of so many elements of their buffers
 * @param table where the variant is chosen from
 */
record Call(
    String op,
    Set<String> defines,
    boolean writesMatrix,
    DType dtype,
    Shape shape,
    int step,
    VariantTable table) {

  /**
   * An operation's call.
   *
   * @param operands those of {@code op}
   * @param shape that of {@code op}, or another one that is asked for
   */
  static Call of(RowOp op, List<Operand> operands, Shape shape, VariantTable table) {
    boolean writesMatrix = operands.get(operands.size() - 1).role() == Role.MATRIX_OUT;
    return new Call(
        op.kernel(), defines(op, operands), writesMatrix, op.dtype(), shape, step(operands), table);
  }

  /** The call that adds up each row. */
  static Call rowTotal(DType dtype, Shape shape, int step, VariantTable table) {
    return new Call("row_total", Set.of(), false, dtype, shape, step, table);
  }

  /** A call that moves float32 matrices. */
  static Call moving(String op, List<Matrix> matrices, VariantTable table) {
    long offsets = 0;
    for (int i = 0; i < matrices.size(); i++) {
      offsets |= ((Resident) matrices.get(i)).span().offset();
    }
    Shape shape = matrices.get(0).shape();
    return new Call(op, Set.of(), true, DType.F32, shape, Span.step(offsets), table);
  }

  private static int step(List<Operand> operands) {
    long offsets = 0;
    for (int i = 0; i < operands.size(); i++) {
      Operand operand = operands.get(i);
      if (operand.role() == Role.MATRIX_IN || operand.role() == Role.MATRIX_OUT) {
        offsets |= ((Resident) operand.matrix()).span().offset();
      }
    }
    return Span.step(offsets);
  }

  /** What a kernel file must know of options and optional operands. */
  private static Set<String> defines(RowOp op, List<Operand> operands) {
    Set<String> options = op.defines();
    Set<String> defines = options.isEmpty() ? options : new TreeSet<>(options);
    for (int i = 0; i < operands.size(); i++) {
      Operand operand = operands.get(i);
      if (operand.optional()) {
        defines = defines.isEmpty() ? new TreeSet<>() : defines;
        String prefix = operand.role() == Role.COMMON_IN ? "COMMON_" : "HAS_";
        defines.add(prefix + operand.name().toUpperCase(Locale.ROOT));
      }
    }
    return defines;
  }

  // Written out for the reason that Shape gives.

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Call call
        && call.op.equals(op)
        && call.defines.equals(defines)
        && call.writesMatrix == writesMatrix
        && call.dtype == dtype
        && call.shape.equals(shape)
        && call.step == step
        && call.table == table;
  }

  @Override
  public int hashCode() {
    int names = 31 * op.hashCode() + defines.hashCode();
    return 31 * (31 * (31 * names + shape.hashCode()) + dtype.hashCode()) + step;
  }
}
