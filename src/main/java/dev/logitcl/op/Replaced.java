package dev.logitcl.op;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Makes a record with other matrices, from the record's components, so that no operation has to say
 * how. Matrices may lie in records inside the record, such as {@link CrossEntropyOutputs}.
 */
final class Replaced {
  private Replaced() {}

  static RowOp of(RowOp op, UnaryOperator<Matrix> replacement) {
    return (RowOp) record((Record) op, replacement);
  }

  private static @Nullable Object value(@Nullable Object value, UnaryOperator<Matrix> replacement) {
    if (value instanceof Probabilities given) {
      return given.elsewhere(replacement.apply(given.matrix()));
    }
    if (value instanceof Matrix matrix) {
      return replacement.apply(matrix);
    }
    return value instanceof Record inner ? record(inner, replacement) : value;
  }

  private static Record record(Record from, UnaryOperator<Matrix> replacement) {
    RecordComponent[] components = from.getClass().getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    @Nullable Object[] values = new @Nullable Object[components.length];
    boolean same = true;
    try {
      for (int k = 0; k < components.length; k++) {
        types[k] = components[k].getType();
        Object value = components[k].getAccessor().invoke(from);
        values[k] = value(value, replacement);
        same &= values[k] == value;
      }
      if (same) {
        return from;
      }
      Constructor<? extends Record> constructor = from.getClass().getDeclaredConstructor(types);
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
