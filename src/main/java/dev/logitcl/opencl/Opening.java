package dev.logitcl.opencl;

import dev.logitcl.backend.Options;
import dev.logitcl.cl.BinaryCache;
import dev.logitcl.cl.ClDevice;
import dev.logitcl.kernel.DeviceColumn;
import java.util.function.UnaryOperator;

/**
 * How a backend is opened: as users do, or as a test needs it.
 *
 * @param device the device
 * @param options the user's options
 * @param hostMemory whether matrices lie in the host's own memory, so that nothing is copied
 * @param cache the cache of compiled programs
 * @param compiled what the compiler sees of a source: other than what is written, it makes a device
 *     that computes wrongly
 * @param selfTests whether programs are tried before their first use: not on a simulator that
 *     watches memory, and takes what the trials freed for what nobody wrote
 */
record Opening(
    ClDevice device,
    Options options,
    boolean hostMemory,
    BinaryCache cache,
    UnaryOperator<String> compiled,
    boolean selfTests) {

  /**
   * As users open a device: memory is the host's with pocl. rusticl of Mesa 22.3 loses count of
   * what is mapped, and refuses to unmap it.
   */
  static Opening of(ClDevice device, Options options) {
    return new Opening(
        device,
        options,
        DeviceColumn.isPocl(device.info()),
        BinaryCache.ofThisProcess(),
        UnaryOperator.identity(),
        true);
  }

  Opening withHostMemory(boolean newHostMemory) {
    return new Opening(device, options, newHostMemory, cache, compiled, selfTests);
  }

  Opening withCache(BinaryCache newCache) {
    return new Opening(device, options, hostMemory, newCache, compiled, selfTests);
  }

  Opening compiling(UnaryOperator<String> newCompiled) {
    return new Opening(device, options, hostMemory, cache, newCompiled, selfTests);
  }

  Opening withoutSelfTests() {
    return new Opening(device, options, hostMemory, cache, compiled, false);
  }

  OpenClBackend open() {
    return OpenClBackend.open(this);
  }
}
