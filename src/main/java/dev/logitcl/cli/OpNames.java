package dev.logitcl.cli;

import dev.logitcl.bench.OpCase;
import dev.logitcl.matrix.DType;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The operations' names, from the list of all cases; also for shell completion. */
final class OpNames implements Iterable<String> {
  /** What {@code --dtype} is. */
  static final String DTYPE_HELP = "Element type: f32, f64, f16 or bf16. Default: f32.";

  /** All names, in the list's order. */
  static List<String> all() {
    return OpCase.all().stream().map(OpCase::op).distinct().toList();
  }

  /**
   * Checks a name.
   *
   * @param option the option's name
   * @param op the name; null for all
   */
  static void require(String option, @Nullable String op) {
    if (op != null && !all().contains(op)) {
      throw UsageException.of(
          option, "'" + op + "'", all().stream().collect(Collectors.joining(", ")));
    }
  }

  /**
   * The element type that {@code --dtype} names.
   *
   * @param dtype the name; null for float32
   */
  static DType dtype(@Nullable String dtype) {
    if (dtype == null) {
      return DType.F32;
    }
    for (DType type : DType.values()) {
      if (type.isFloat() && type.label().equals(dtype)) {
        return type;
      }
    }
    throw UsageException.of("--dtype", "'" + dtype + "'", "f32, f64, f16 or bf16");
  }

  @Override
  public Iterator<String> iterator() {
    return all().iterator();
  }
}
