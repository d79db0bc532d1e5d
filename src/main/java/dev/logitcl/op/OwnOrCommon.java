package dev.logitcl.op;

import static dev.logitcl.op.Content.GRADIENT;
import static dev.logitcl.op.Content.LOGITS;
import static dev.logitcl.op.Content.MASK;
import static dev.logitcl.op.Content.WEIGHTS;
import static dev.logitcl.op.Operand.Role.COLUMN_IN;
import static dev.logitcl.op.Operand.Role.MASK_IN;
import static dev.logitcl.op.Operand.Role.MATRIX_IN;
import static dev.logitcl.op.Operand.Role.ROW_IN;

import dev.logitcl.matrix.Matrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Values or weights that go with the elements: one per element, or one per column for all rows. */
final class OwnOrCommon {
  private OwnOrCommon() {}

  /** Of one row the shape says nothing: then values of the arithmetic type are those per column. */
  private static boolean common(Matrix values, Matrix x) {
    return !values.shape().equals(x.shape()) || values.dtype() != x.dtype();
  }

  /**
   * Returns the operand. Values of one row of logits have both shapes: they are each element's own
   * if they are of the logits' type.
   */
  static Operand operand(String name, Content content, Matrix values, Matrix x) {
    return Operand.of(name, common(values, x) ? COLUMN_IN : MATRIX_IN, content, values);
  }

  /** Returns the {@code -D} names that tell a kernel that the values are common to all rows. */
  static Set<String> defines(@Nullable Matrix values, Matrix x) {
    return values != null && common(values, x) ? Set.of("COMMON_VALUES") : Set.of();
  }

  /** Returns {@code x} with its values, a gradient per row if there is one, and the output. */
  static List<Operand> withGradient(Operand x, Operand values, @Nullable Matrix g, Operand output) {
    List<Operand> operands = new ArrayList<>(4);
    operands.add(x);
    if (values.role() == MATRIX_IN) {
      operands.add(values);
    }
    if (g != null) {
      operands.add(Operand.optional("g", ROW_IN, GRADIENT, g));
    }
    if (values.role() == COLUMN_IN) {
      operands.add(values);
    }
    operands.add(output);
    return operands;
  }

  /** Returns exponents with their weights and mask. */
  static List<Operand> weighted(
      String name, Matrix x, @Nullable Matrix b, @Nullable Matrix where, @Nullable Matrix g) {
    List<Operand> operands = new ArrayList<>(6);
    operands.add(Operand.of(name, MATRIX_IN, LOGITS, x));
    if (b != null && !common(b, x)) {
      operands.add(Operand.optional("b", MATRIX_IN, WEIGHTS, b));
    }
    if (where != null) {
      operands.add(Operand.optional("where", MASK_IN, MASK, where));
    }
    if (g != null) {
      operands.add(Operand.optional("g", ROW_IN, GRADIENT, g));
    }
    if (b != null && common(b, x)) {
      operands.add(Operand.optional("b", COLUMN_IN, WEIGHTS, b));
    }
    return operands;
  }
}
