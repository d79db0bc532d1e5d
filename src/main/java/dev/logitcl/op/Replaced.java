package dev.logitcl.op;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.function.UnaryOperator;

/** A record with other matrices: by its components, so that no operation has to say how. */
final class Replaced {
  private Replaced() {}

  static RowOp of(RowOp op, UnaryOperator<Matrix> replacement) {
    RecordComponent[] components = op.getClass().getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    try {
      for (int k = 0; k < components.length; k++) {
        types[k] = components[k].getType();
        values[k] = components[k].getAccessor().invoke(op);
        if (values[k] instanceof Probabilities shares) {
          values[k] = Probabilities.in(replacement.apply(shares.matrix()));
        } else if (values[k] instanceof Matrix matrix) {
          values[k] = replacement.apply(matrix);
        }
      }
      Constructor<? extends RowOp> constructor = op.getClass().getDeclaredConstructor(types);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
