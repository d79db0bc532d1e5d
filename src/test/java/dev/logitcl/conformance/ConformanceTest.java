package dev.logitcl.conformance;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import dev.logitcl.opencl.TestDevices;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers of other projects, on the Java path and on every OpenCL device. */
final class ConformanceTest {
  private static final Map<DeviceInfo, Backend> OPEN = new HashMap<>();

  @AfterAll
  static void closeBackends() {
    OPEN.values().forEach(Backend::close);
    OPEN.clear();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("runnable")
  @Tag("java-path")
  void javaPath(ConformanceCase test) {
    try (Backend java = Backends.cpu()) {
      CaseRunner.run(test, java);
    }
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("runnableOnDevices")
  void openCl(ConformanceCase test, DeviceInfo device) {
    CaseRunner.run(
        test, OPEN.computeIfAbsent(device, info -> Backends.openCl(info, Options.DEFAULT)));
  }

  private static List<ConformanceCase> runnable() {
    return ConformanceCase.all().stream().filter(test -> Obstacle.of(test).isEmpty()).toList();
  }

  private static Stream<Arguments> runnableOnDevices() {
    return TestDevices.all().stream()
        .flatMap(device -> runnable().stream().map(test -> arguments(test, device)));
  }
}
