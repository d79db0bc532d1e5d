package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.bench.OpCase;
import dev.logitcl.kernel.Geometry;
import dev.logitcl.op.RowOp;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No operation without a case, no case without a name of its own. */
final class CompletenessTest {
  @Test
  void everyOperationIsTimedAndChecked() {
    Set<String> permitted = names(Stream.of(RowOp.class.getPermittedSubclasses()));
    assertEquals(permitted, names(OpCase.listed().stream().map(OpCase::type)));
  }

  @Test
  void namesAreUnique() {
    List<String> names = OpCase.all().stream().map(OpCase::name).toList();
    assertEquals(names.stream().sorted().distinct().toList(), names.stream().sorted().toList());
  }

  @Test
  void everyGeometryIsForced() {
    assertEquals(
        EnumSet.allOf(Geometry.class),
        Forced.all().stream().map(Forced::geometry).collect(Collectors.toSet()));
  }

  /** Whoever writes x where the record allows it must be among the cases. */
  @Test
  void everyOperationInPlaceIsTried() {
    Set<String> inPlace =
        OpCase.all().stream()
            .filter(OpCase::isInPlace)
            .map(opCase -> opCase.type().getSimpleName() + " " + opCase.variant())
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(
        new TreeSet<>(
            List.of(
                "ExpectationValuesBackward in place of h",
                "LogAddExp in place of a",
                "LogAddExp in place of b",
                "LogAddExpBackward in place of a",
                "LogAddExpBackward in place of b",
                "LogAddExpBackward in place of dy",
                "LogSoftmaxJvp in place of v",
                "LogSoftmaxJvp in place of y",
                "SoftmaxJvp in place of v",
                "SoftmaxJvp in place of y",
                "LogSumExpBackward in place of x",
                "LogSumExpBackward in place of x, from x alone",
                "LogSoftmax in place of x",
                "MatrixProduct in place of c: a transposed, beta",
                "MatrixProduct in place of c: a transposed, alpha, beta, bias",
                "LogSoftmaxBackward in place of y",
                "LogSoftmaxBackward in place of dy",
                "Softmax in place of x",
                "SoftmaxBackward in place of y",
                "SoftmaxBackward in place of dy",
                "LogSoftmaxFromStats in place of x",
                "SoftmaxFromStats in place of x",
                "LogCumSumExp in place of x",
                "CrossEntropy in place of x",
                "CrossEntropyBackward in place of x")),
        inPlace);
  }

  private static Set<String> names(Stream<? extends Class<?>> types) {
    return types.map(Class::getSimpleName).collect(Collectors.toCollection(TreeSet::new));
  }
}
