package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.opencl.OpenBackends;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A product whose first term is 1 and whose others are three quarters of its last digit: each
 * addition to the first rounds up, so that a plain sum errs by a quarter of a digit per term.
 */
@Tag("kernels")
final class ProductDigitsTest {
  private static final int TERMS = 259;

  @AutoClose private static final OpenBackends OPEN = new OpenBackends();
  @AutoClose private static final Backend JAVA = new CpuBackend();
  @AutoClose private static final Backend SCALAR = CpuBackend.scalar(1);

  static Stream<Arguments> calls() {
    return Stream.of(DType.F32, DType.F64)
        .flatMap(
            type ->
                Stream.of(
                    Arguments.of("java", (Supplier<Backend>) () -> JAVA, type),
                    Arguments.of("scalar", (Supplier<Backend>) () -> SCALAR, type),
                    Arguments.of("opencl", (Supplier<Backend>) () -> OPEN.get(""), type)));
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void hasTheDigitsOfItsTerms(String name, Supplier<Backend> opens, DType type) {
    Backend backend = opens.get();
    if (type == DType.F64 && !backend.device().fp64()) {
      return;
    }
    double ulp = type == DType.F64 ? 0x1p-52 : 0x1p-23;
    Values a = new Values(type, TERMS).fill(0.75 * ulp);
    a.set(0, 1);
    Values b = new Values(type, TERMS).fill(1);
    try (Matrix row = backend.upload(a.buffer(), 1, TERMS, type);
        Matrix column = backend.upload(b.buffer(), TERMS, 1, type);
        Matrix c = backend.allocate(Shape.column(1), type)) {
      backend.run(new MatrixProduct(row, false, column, false, c));
      assertEquals(1 + (TERMS - 1) * 0.75 * ulp, Values.of(c).get(0), 5 * ulp, name);
    }
  }
}
