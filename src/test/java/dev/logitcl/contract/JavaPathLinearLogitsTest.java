package dev.logitcl.contract;

import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.split.SplitBackend;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.Arguments;

/** Logits that are never stored, on the Java path, and on a backend that computes in parts. */
@Tag("second-jdk-1")
final class JavaPathLinearLogitsTest extends LinearLogitsContract {
  @AutoClose private static final Backend JAVA = new CpuBackend();
  @AutoClose private static final Backend SCALAR = CpuBackend.scalar(1);
  @AutoClose private static final Backend PARTS = SplitBackend.over(List.of(SCALAR), 4096);

  static Stream<Arguments> calls() {
    return Stream.of(DType.F32, DType.F64, DType.F16, DType.BF16)
        .flatMap(
            type ->
                Stream.of(
                    Arguments.of("java", (Supplier<Backend>) () -> JAVA, type, 40),
                    Arguments.of("scalar", (Supplier<Backend>) () -> SCALAR, type, 40),
                    Arguments.of("parts", (Supplier<Backend>) () -> PARTS, type, 10)));
  }
}
