package dev.logitcl.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import dev.logitcl.contract.Scope;
import dev.logitcl.matrix.DType;
import dev.logitcl.opencl.OpenBackends;
import dev.logitcl.opencl.TestDevices;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Numbers of other projects, on the Java path and on every OpenCL device, through the Java API and
 * through {@code apply}. Each case is computed in its element type, with the tolerance that it
 * states; the float64 cases through the API in float32 as well, which a device without float64 has
 * instead.
 */
@Tag("second-jdk-1")
final class ConformanceTest {
  /** All cases of the collection. */
  private static final int CASES = 146;

  /** For float64 cases, in either type: one program for all lengths of rows, not one for each. */
  private static final Options FEW_PROGRAMS =
      Options.DEFAULT.withVariants("*\t*\t*\t*\trow_per_item\tITEMS_PER_CU=8 V=4");

  @AutoClose private static final OpenBackends OPEN = new OpenBackends();
  @AutoClose private static final Backend JAVA = Backends.cpu();

  @TempDir private Path folder;

  private static Backend open(DeviceInfo device, ConformanceCase test) {
    return OPEN.get(device, test.dtype() == DType.F64 ? FEW_PROGRAMS : Options.DEFAULT);
  }

  @Test
  @Tag("java-path")
  void noCaseIsMissing() {
    assertEquals(CASES, cases().size());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  @Tag("java-path")
  void javaPath(ConformanceCase test) {
    ApiRun.check(test, JAVA, test.dtype());
    if (test.fitsInFloat32()) {
      ApiRun.check(test, JAVA, DType.F32);
    }
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("onDevices")
  @Tag("as-shipped")
  @Tag("turn-4")
  void openCl(ConformanceCase test, DeviceInfo device) {
    if (device.fp64() || test.dtype() != DType.F64) {
      ApiRun.check(test, open(device, test), test.dtype());
    }
    if (test.fitsInFloat32()) {
      ApiRun.check(test, open(device, test), DType.F32);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  @Tag("java-path")
  void applyOnJavaPath(ConformanceCase test) throws IOException {
    ApplyRun.check(test, JAVA, folder);
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("onDevices")
  @Tag("as-shipped")
  @Tag("turn-4")
  void applyOnOpenCl(ConformanceCase test, DeviceInfo device) throws IOException {
    if (device.fp64() || test.dtype() != DType.F64) {
      ApplyRun.check(test, open(device, test), folder);
    }
  }

  private static List<ConformanceCase> cases() {
    return ConformanceCase.all();
  }

  private static Stream<Arguments> onDevices() {
    return TestDevices.all().stream()
        .flatMap(
            device ->
                Scope.ofThisRun().turn(cases(), 2).stream().map(test -> arguments(test, device)));
  }
}
