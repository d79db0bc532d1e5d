package dev.logitcl.contract;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.DType;
import dev.logitcl.opencl.OpenBackends;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.Arguments;

/** Logits that are never stored, on an OpenCL device. */
@Tag("kernels")
@Tag("turn-3")
final class OpenClLinearLogitsTest extends LinearLogitsContract {
  @AutoClose private static final OpenBackends OPEN = new OpenBackends();

  static Stream<Arguments> calls() {
    return Stream.of(
        Arguments.of("opencl", (Supplier<Backend>) () -> OPEN.get(""), DType.F32, 4),
        Arguments.of("opencl", (Supplier<Backend>) () -> OPEN.get(""), DType.F64, 2),
        Arguments.of("opencl", (Supplier<Backend>) () -> OPEN.get(""), DType.F16, 2),
        Arguments.of("opencl", (Supplier<Backend>) () -> OPEN.get(""), DType.BF16, 4));
  }
}
