package dev.logitcl.split;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** A backend with less memory than it has: what is beyond its limits fails. */
public final class Small {
  private Small() {}

  /** A copy of a device with another id and other limits; 0 for none. */
  public static Backend backend(Backend large, String id, long maxAllocation, long memory) {
    DeviceInfo info = large.device();
    DeviceInfo small =
        new DeviceInfo(
            id,
            Kind.CPU,
            "small " + info.name(),
            info.vendor(),
            info.driver(),
            info.version(),
            info.computeUnits(),
            memory,
            maxAllocation,
            info.localMemory(),
            info.maxGroup(),
            info.fp64(),
            info.half(),
            info.unifiedMemory(),
            null);
    return (Backend)
        Proxy.newProxyInstance(
            Small.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, values) -> {
              if (method.getName().equals("device")) {
                return small;
              }
              if (method.getName().equals("allocate") && values.length == 2 && maxAllocation > 0) {
                long bytes = ((Shape) values[0]).elements() * ((DType) values[1]).bytes();
                if (bytes > maxAllocation) {
                  throw new DeviceMemoryException("TOO_LARGE", bytes, maxAllocation, id, null);
                }
              }
              try {
                return method.isDefault() && !method.getName().equals("share")
                    ? java.lang.reflect.InvocationHandler.invokeDefault(proxy, method, values)
                    : method.invoke(large, values);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
