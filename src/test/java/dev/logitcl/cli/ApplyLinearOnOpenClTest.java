package dev.logitcl.cli;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.opencl.TestDevices;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;

/** {@code apply} on what a linear layer computes, on an OpenCL device. */
@Tag("kernels")
@Tag("turn-4")
class ApplyLinearOnOpenClTest extends ApplyLinearFamily {
  private final DeviceInfo device = TestDevices.first();

  @Override
  Cli.Result run(Object... arguments) {
    return Cli.run(
        DeviceSource.SYSTEM,
        Stream.concat(Arrays.stream(arguments), Stream.of("--device", device.id())).toArray());
  }
}
