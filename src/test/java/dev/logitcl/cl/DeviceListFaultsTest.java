package dev.logitcl.cl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.cl.FaultyDriver.Fault;
import dev.logitcl.opencl.TestDevices;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jocl.CL;
import org.junit.jupiter.api.Test;

/** Listing devices never throws: what fails is an entry that says so. */
final class DeviceListFaultsTest {
  private static List<DeviceInfo> list() {
    return ClDevice.all().stream().map(ClDevice::info).toList();
  }

  @Test
  void eachCall() {
    TestDevices.first(); // skips here
    try (FaultyDriver driver = FaultyDriver.install()) {
      List<DeviceInfo> devices = list();
      Map<String, Integer> calls = driver.calls();
      assertEquals(
          Set.of("clGetPlatformIDs", "clGetPlatformInfo", "clGetDeviceIDs", "clGetDeviceInfo"),
          calls.keySet());
      calls.forEach(
          (entryPoint, count) -> {
            for (int call = 1; call <= count; call++) {
              for (int code : List.of(CL.CL_OUT_OF_HOST_MEMORY, CL.CL_DEVICE_NOT_AVAILABLE)) {
                Fault fault = new Fault(entryPoint, call, false, code);
                driver.fail(fault);
                requireTold(fault, list());
              }
            }
          });
      driver.fail(null);
      assertEquals(devices, list());
    }
  }

  private static void requireTold(Fault fault, List<DeviceInfo> found) {
    List<DeviceInfo> unusable = found.stream().filter(device -> !device.usable()).toList();
    assertFalse(unusable.isEmpty(), fault + ": " + found);
    assertTrue(
        unusable.stream()
            .map(device -> String.valueOf(device.problem()))
            .anyMatch(
                problem -> problem.contains(fault.name()) && problem.contains(fault.entryPoint())),
        fault + ": " + unusable);
  }
}
