package dev.logitcl.contract;

import dev.logitcl.Backends;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.opencl.TestDevices;
import java.util.ArrayList;
import java.util.List;

/** The backends that the contract is run on. */
final class TestBackends {
  private TestBackends() {}

  /**
   * The Java path as this JVM has it, vectors or not, on one thread and on two. The property
   * logitcl.test.path says which of them the build wants to see tested.
   */
  static List<TestBackend> java() {
    boolean there = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    String path = System.getProperty("logitcl.test.path", there ? "vector" : "scalar");
    List<TestBackend> backends = new ArrayList<>();
    for (int threads : new int[] {1, 2}) {
      String name = "Java " + path + ", threads: " + threads;
      backends.add(
          new TestBackend(
              name,
              () ->
                  path.equals("vector") ? CpuBackend.vector(threads) : CpuBackend.scalar(threads)));
    }
    return backends;
  }

  /** Every OpenCL device with the built-in table. */
  static List<TestBackend> asShipped() {
    List<TestBackend> backends = new ArrayList<>();
    for (DeviceInfo device : TestDevices.all()) {
      backends.add(
          new TestBackend(
              device.id() + " as shipped", () -> Backends.openCl(device, Options.DEFAULT)));
    }
    return backends;
  }
}
