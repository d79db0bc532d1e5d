package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import dev.logitcl.cl.ClDevice;
import java.util.List;

/** The OpenCL devices that tests use. */
public final class TestDevices {
  private TestDevices() {}

  /**
   * Every usable device, at least one: without any, the test is skipped, or fails where the
   * environment variable LOGITCL_REQUIRE_OPENCL is set.
   */
  public static List<DeviceInfo> all() {
    return devices().stream().map(ClDevice::info).toList();
  }

  /** The first of them. */
  public static DeviceInfo first() {
    return all().get(0);
  }

  /** A backend on the first device, with the options' defaults. */
  public static OpenClBackend open() {
    return open("");
  }

  /** A backend on the first device, with rows that are tried before the built-in table. */
  public static OpenClBackend open(String variants) {
    return OpenClBackend.open(device(), Options.DEFAULT.withVariants(variants));
  }

  /** A backend on the first device that copies matrices, as where memory is not the host's. */
  public static OpenClBackend openWithCopies() {
    return Opening.of(device(), Options.DEFAULT).withHostMemory(false).open();
  }

  /** The first device. */
  static ClDevice device() {
    return devices().get(0);
  }

  private static List<ClDevice> devices() {
    List<ClDevice> listed = ClDevice.all();
    List<ClDevice> usable = listed.stream().filter(device -> device.info().usable()).toList();
    if (usable.isEmpty()) {
      String found =
          "no OpenCL device can be used: " + listed.stream().map(ClDevice::info).toList();
      if (System.getenv("LOGITCL_REQUIRE_OPENCL") != null) {
        fail(found);
      }
      abort(found);
    }
    return usable;
  }
}
