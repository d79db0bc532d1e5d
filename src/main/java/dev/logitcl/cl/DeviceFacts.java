package dev.logitcl.cl;

import dev.logitcl.backend.BackendException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;
import org.jspecify.annotations.Nullable;

/**
 * What a driver answers about a platform or one of its devices. A question that it fails to answer
 * leaves an empty text or 0, and the first such failure is the {@link #problem}: what is known of a
 * device is told although the device cannot be used.
 */
final class DeviceFacts {
  /** {@code clGetDeviceInfo} or {@code clGetPlatformInfo}, for one object. */
  private interface Query {
    int get(int key, long size, @Nullable Pointer value, long @Nullable [] length);
  }

  private final String name;
  private final String call;
  private final Query query;
  private @Nullable String problem;

  private DeviceFacts(String name, String call, Query query) {
    this.name = name;
    this.call = call;
    this.query = query;
  }

  /** The facts of a device; {@code platform} names it in messages. */
  static DeviceFacts of(cl_device_id device, String platform) {
    return new DeviceFacts(
        platform,
        "clGetDeviceInfo",
        (key, size, value, length) -> CL.clGetDeviceInfo(device, key, size, value, length));
  }

  /** The facts of a platform. */
  static DeviceFacts of(cl_platform_id platform) {
    return new DeviceFacts(
        "an OpenCL platform",
        "clGetPlatformInfo",
        (key, size, value, length) -> CL.clGetPlatformInfo(platform, key, size, value, length));
  }

  /** Why the first question failed that did; null if none has failed. */
  @Nullable String problem() {
    return problem;
  }

  /** A text, without the space around it. */
  String text(int key) {
    try {
      long[] length = new long[1];
      ask(key, 0, null, length);
      ByteBuffer answer = Cl.answer(length[0]);
      if (length[0] > 0) {
        ask(key, length[0], Pointer.to(answer), null);
      }
      return StandardCharsets.UTF_8.decode(answer).toString().replace("\0", "").trim();
    } catch (BackendException e) {
      note(String.valueOf(e.getMessage()));
    } catch (ArithmeticException | OutOfMemoryError | IllegalArgumentException e) {
      note(operation(key) + " tells of a text that is too long");
    }
    return "";
  }

  /** A number of 4 or 8 bytes, without a sign. */
  long number(int key, int bytes) {
    ByteBuffer value = Cl.answer(Long.BYTES);
    try {
      ask(key, bytes, Pointer.to(value), null);
    } catch (BackendException e) {
      note(String.valueOf(e.getMessage()));
      return 0;
    }
    return bytes == Integer.BYTES
        ? Integer.toUnsignedLong(value.getInt(0))
        : Math.max(0, value.getLong(0)); // no size is 2^63
  }

  // A device that is lost while it is asked may answer the next question: each has its own Cl.
  private void ask(int key, long size, @Nullable Pointer value, long @Nullable [] length) {
    new Cl(name, 0).call(operation(key), () -> query.get(key, size, value, length));
  }

  private String operation(int key) {
    return call + " 0x" + Integer.toHexString(key);
  }

  private void note(String failure) {
    problem = problem == null ? failure : problem;
  }
}
