package dev.logitcl.cl;

import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceLostException;
import dev.logitcl.backend.DeviceMemoryException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.jocl.CL;
import org.jocl.CLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls into the driver for one device: every one goes through here, so that no error code is
 * lost. After a code that says that the device is gone, calls no longer reach the driver, but for
 * those that give something back.
 */
final class Cl {
  private static final Logger LOG = LoggerFactory.getLogger(Cl.class);

  /** Codes after which nothing that was made on a device is of use. */
  private static final Set<Integer> LOST =
      Set.of(
          CL.CL_DEVICE_NOT_AVAILABLE,
          CL.CL_INVALID_DEVICE,
          CL.CL_INVALID_CONTEXT,
          CL.CL_INVALID_COMMAND_QUEUE);

  /** A hook that a test puts between LogitCL and the driver. */
  interface Between {
    /** The code that a call fails with in place of reaching the driver; CL_SUCCESS for none. */
    int before(String operation);

    /** How a call ended, and how it is to look. */
    int after(String operation, int code);
  }

  @SuppressWarnings("NonFinalStaticField") // null but in tests
  private static volatile @Nullable Between between;

  private final String device;
  private final long memory;
  private volatile @Nullable DeviceLostException loss;
  private long allocated;
  private boolean warned;

  /**
   * Calls for a device.
   *
   * @param device its name, for messages
   * @param memory its memory in bytes; 0 if not known
   */
  Cl(String device, long memory) {
    this.device = device;
    this.memory = memory;
  }

  /** For tests alone; null takes it away again. */
  static void putBetween(@Nullable Between driver) {
    between = driver;
  }

  /** A call that returns its error code. JOCL may throw instead: that switch is the JVM's. */
  void call(String operation, IntSupplier call) {
    requireThere();
    int code = code(operation, call);
    if (code != CL.CL_SUCCESS) {
      throw failure(code, operation);
    }
  }

  /** A call that returns an object and its error code in an array. */
  <T> T create(String operation, Function<int[], T> call) {
    requireThere();
    Making<T> making = new Making<>(call);
    int code = code(operation, making);
    T made = making.made;
    if (code != CL.CL_SUCCESS || made == null) {
      throw failure(code, operation);
    }
    return made;
  }

  /**
   * A call whose failure is no reason to stop: what gives something back, or is not needed. The
   * first one is logged as a warning.
   *
   * @return whether it succeeded
   */
  boolean attempt(String operation, IntSupplier call) {
    int code = code(operation, call);
    if (code == CL.CL_SUCCESS) {
      return true;
    }
    if (warned) {
      LOG.debug("{} failed with {} on {}; going on", operation, name(code), device);
    } else {
      LOG.warn("{} failed with {} on {}; going on", operation, name(code), device);
    }
    warned = true;
    return false;
  }

  /** Counts the bytes of buffers that are made, and with a minus of those that are released. */
  void allocated(long bytes) {
    allocated += bytes;
  }

  private static int code(String operation, IntSupplier call) {
    Between test = between;
    int code = test == null ? CL.CL_SUCCESS : test.before(operation);
    if (code == CL.CL_SUCCESS) {
      try {
        code = call.getAsInt();
      } catch (CLException e) {
        code = e.getStatus();
      }
    }
    return test == null ? code : test.after(operation, code);
  }

  private static final class Making<T> implements IntSupplier {
    private final Function<int[], T> call;
    private @Nullable T made;

    Making(Function<int[], T> call) {
      this.call = call;
    }

    @Override
    public int getAsInt() {
      int[] code = new int[1];
      made = call.apply(code);
      return code[0];
    }
  }

  /**
   * Memory for what a call tells. In a Java array it would be lost where the JVM passes a copy of
   * the array, as with {@code -Xcheck:jni}: JOCL does not have such a copy written back.
   */
  static ByteBuffer answer(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
  }

  static String name(int code) {
    return code == -1001 ? "CL_PLATFORM_NOT_FOUND_KHR" : CL.stringFor_errorCode(code);
  }

  private void requireThere() {
    DeviceLostException first = loss;
    if (first != null) {
      throw new DeviceLostException(first.code(), first.operation(), device, first);
    }
  }

  private BackendException failure(int code, String operation) {
    if (LOST.contains(code)) {
      DeviceLostException lost = new DeviceLostException(name(code), operation, device, null);
      loss = lost;
      return lost;
    }
    // Some drivers find room for a buffer only when a command first uses it.
    return code == CL.CL_MEM_OBJECT_ALLOCATION_FAILURE
        ? new DeviceMemoryException(name(code), operation, allocated, memory, device)
        : new BackendException(name(code), operation, device, null);
  }
}
