package dev.logitcl.cl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.cl.FaultyDriver.Fault;
import dev.logitcl.opencl.TestDevices;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
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

  /** A question that is not answered hides nothing else that the driver tells. */
  @Test
  void whatIsKnownOfADeviceIsTold() {
    DeviceInfo whole = TestDevices.first(); // skips here
    try (FaultyDriver driver = FaultyDriver.install()) {
      list();
      int questions = driver.calls().getOrDefault("clGetDeviceInfo", 0);
      for (int call = 1; call <= questions; call++) {
        driver.fail(new Fault("clGetDeviceInfo", call, false, CL.CL_OUT_OF_RESOURCES));
        DeviceInfo told =
            list().stream().filter(device -> device.id().equals(whole.id())).findFirst().get();
        List<Object> differing = new ArrayList<>();
        for (RecordComponent fact : DeviceInfo.class.getRecordComponents()) {
          Object value = value(fact, told);
          if (!fact.getName().equals("problem") && !value.equals(value(fact, whole))) {
            differing.add(fact.getName() + "=" + value);
          }
        }
        assertTrue(differing.size() <= 1, "question " + call + ": " + differing);
      }
    }
  }

  private static Object value(RecordComponent fact, DeviceInfo device) {
    try {
      return String.valueOf(fact.getAccessor().invoke(device));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }
}
