package dev.logitcl.contract;

import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation takes views of rows as it takes matrices. */
final class RowsViewTest {
  private static final List<TestBackend> JAVA = TestBackends.java();

  static List<OpCase> cases() {
    return OpCase.all();
  }

  @AfterAll
  static void close() {
    JAVA.forEach(TestBackend::close);
  }

  @Tag("java-path")
  @ParameterizedTest
  @MethodSource("cases")
  void onTheJavaPath(OpCase opCase) {
    for (TestBackend backend : JAVA) {
      for (Shape shape :
          List.of(new Shape(5, 16), new Shape(3, 37), new Shape(70, 3), new Shape(0, 3))) {
        for (int gap : new int[] {1, 4}) {
          Inputs inputs = new Inputs(shape, gap == 1 ? Fill.RANDOM : Fill.MASKED, 1);
          Views.check(backend.get(), opCase, inputs, gap, true);
        }
      }
      for (DType dtype : List.of(DType.F64, DType.F16, DType.BF16)) {
        Inputs inputs = new Inputs(new Shape(5, 17), dtype, Fill.RANDOM, 1);
        Views.check(backend.get(), opCase, inputs, 3, true);
      }
    }
  }
}
