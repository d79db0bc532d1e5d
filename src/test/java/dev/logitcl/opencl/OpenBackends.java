package dev.logitcl.opencl;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Options;
import java.util.HashMap;
import java.util.Map;

/**
 * Backends that the tests of a class share. Each backend has a context of its own, and in a new
 * context pocl reads its library of built-in functions again: 0.6 s with the first program.
 */
public final class OpenBackends implements AutoCloseable {
  private record Key(String device, Options options) {}

  private final Map<Key, Backend> open = new HashMap<>();

  /** A backend on a device, opened when it is first asked for. */
  public Backend get(DeviceInfo device, Options options) {
    return open.computeIfAbsent(
        new Key(device.id(), options), key -> Backends.openCl(device, options));
  }

  /** A backend on the first device, with rows that are tried before the built-in table. */
  public Backend get(String variants) {
    return get(TestDevices.first(), Options.DEFAULT.withVariants(variants));
  }

  @Override
  public void close() {
    open.values().forEach(Backend::close);
    open.clear();
  }
}
