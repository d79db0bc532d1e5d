package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.ForwardingBackend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.kernel.PathTable;
import dev.logitcl.kernel.PathTable.Data;
import dev.logitcl.matrix.DType;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * An OpenCL device, and beside it the Java path for arrays that the device would compute more
 * slowly or that it fails to compute.
 */
final class BestBackend extends ForwardingBackend {
  /**
   * The open backends that remember failures of their devices. The set is weak, so that a backend
   * that is never closed can be collected, and is then reported as a leak.
   */
  private static final Set<BestBackend> OPEN =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  private final PathTable paths;
  private final @Nullable Breaker breaker;
  private @Nullable Backend java;

  /**
   * A device with the Java path beside it.
   *
   * @param breaker what remembers the device's failures and makes them good; null to throw them
   */
  BestBackend(Backend device, PathTable paths, @Nullable Breaker breaker) {
    super(device);
    this.paths = paths;
    this.breaker = breaker;
    if (breaker != null) {
      OPEN.add(this);
    }
  }

  /** Returns the device, with a problem if a backend of this process passes it over for now. */
  static DeviceInfo noted(DeviceInfo device) {
    synchronized (OPEN) {
      return OPEN.stream()
          .map(BestBackend::device)
          .filter(open -> open.id().equals(device.id()) && !open.usable())
          .findFirst()
          .map(open -> device.withProblem(open.problem()))
          .orElse(device);
    }
  }

  /**
   * Says where a call on float32 arrays is computed.
   *
   * @param dtype what the arrays hold; the Java path computes what the device does not have
   * @param elements rows times columns
   * @param pace how fast the Java path computes the call
   */
  Backend forArrays(DType dtype, long elements, CpuBackend.Pace pace) {
    DeviceInfo device = delegate().device();
    return device.has(dtype) && paths.choose(Data.ARRAYS, device, pace.label(), elements).toDevice()
        ? delegate()
        : java();
  }

  /** A call on arrays, which can be made again on another backend. */
  interface Attempt<R> {
    /**
     * Makes the call.
     *
     * @param fallback why it is not made on the backend that was chosen; null if it is
     */
    R on(Backend backend, @Nullable String fallback);
  }

  /** Makes a call on the backend that was chosen, or where that fails on the Java path. */
  <R> R compute(Backend first, Attempt<R> call) {
    return breaker == null || first != delegate()
        ? call.on(first, null)
        : breaker.call(() -> call.on(first, null), reason -> call.on(java(), reason));
  }

  private synchronized Backend java() {
    if (isClosed()) {
      throw new IllegalStateException(delegate().device() + " is closed");
    }
    Backend opened = java;
    if (opened == null) {
      java = opened = new CpuBackend();
    }
    return opened;
  }

  @Override
  public DeviceInfo device() {
    String problem = breaker == null ? null : breaker.problem();
    DeviceInfo device = super.device();
    return problem == null ? device : device.withProblem(problem);
  }

  @Override
  public synchronized void close() {
    OPEN.remove(this);
    super.close();
    if (java != null) {
      java.close();
    }
  }
}
