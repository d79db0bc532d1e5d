package dev.logitcl.cl;

import static org.jocl.CL.CL_DEVICE_AVAILABLE;
import static org.jocl.CL.CL_DEVICE_COMPILER_AVAILABLE;
import static org.jocl.CL.CL_DEVICE_EXTENSIONS;
import static org.jocl.CL.CL_DEVICE_GLOBAL_MEM_SIZE;
import static org.jocl.CL.CL_DEVICE_HOST_UNIFIED_MEMORY;
import static org.jocl.CL.CL_DEVICE_LOCAL_MEM_SIZE;
import static org.jocl.CL.CL_DEVICE_MAX_COMPUTE_UNITS;
import static org.jocl.CL.CL_DEVICE_MAX_MEM_ALLOC_SIZE;
import static org.jocl.CL.CL_DEVICE_MAX_WORK_GROUP_SIZE;
import static org.jocl.CL.CL_DEVICE_MEM_BASE_ADDR_ALIGN;
import static org.jocl.CL.CL_DEVICE_NAME;
import static org.jocl.CL.CL_DEVICE_TYPE;
import static org.jocl.CL.CL_DEVICE_TYPE_ALL;
import static org.jocl.CL.CL_DEVICE_TYPE_CPU;
import static org.jocl.CL.CL_DEVICE_TYPE_GPU;
import static org.jocl.CL.CL_DEVICE_VENDOR;
import static org.jocl.CL.CL_DEVICE_VERSION;
import static org.jocl.CL.CL_DRIVER_VERSION;

import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;
import org.jspecify.annotations.Nullable;

/** An OpenCL device that a platform lists; unusable ones carry their problem in the info. */
public final class ClDevice {
  private static final Pattern VERSION = Pattern.compile("OpenCL (\\d+)\\.(\\d+)");

  private final @Nullable cl_platform_id platform;
  private final @Nullable cl_device_id id;
  private final DeviceInfo info;
  private final String platformVersion;
  private final int alignment;

  private ClDevice(
      @Nullable cl_platform_id platform,
      @Nullable cl_device_id id,
      DeviceInfo info,
      String platformVersion,
      int alignment) {
    this.platform = platform;
    this.id = id;
    this.info = info;
    this.platformVersion = platformVersion;
    this.alignment = alignment;
  }

  /**
   * The devices of all platforms, in the platforms' order. Never throws: what is wrong with the
   * loader or with a platform is an entry that says so.
   */
  public static List<ClDevice> all() {
    List<ClDevice> devices = new ArrayList<>();
    NativeLibrary.Outcome library = NativeLibrary.outcome();
    if (library.problem() != null) {
      devices.add(missing(library.problem()));
      return devices;
    }
    try {
      for (cl_platform_id platform : platforms()) {
        addDevices(platform, devices);
      }
    } catch (BackendException e) {
      devices.add(
          e.code().equals("CL_PLATFORM_NOT_FOUND_KHR")
              ? missing("no OpenCL driver is installed: the loader found none")
              : missing(String.valueOf(e.getMessage())));
    } catch (LinkageError e) {
      devices.add(
          missing(
              "the OpenCL loader is missing or cannot be loaded: "
                  + String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
    }
    return devices;
  }

  private static cl_platform_id[] platforms() {
    Cl cl = new Cl("the OpenCL loader", 0);
    int[] count = new int[1];
    cl.call("clGetPlatformIDs", () -> CL.clGetPlatformIDs(0, null, count));
    cl_platform_id[] platforms = new cl_platform_id[count[0]];
    cl.call("clGetPlatformIDs", () -> CL.clGetPlatformIDs(platforms.length, platforms, null));
    return platforms;
  }

  private static void addDevices(cl_platform_id platform, List<ClDevice> devices) {
    String name = "an OpenCL platform";
    cl_device_id[] ids;
    String version;
    try {
      Cl nameless = new Cl(name, 0);
      name = platformString(nameless, platform, CL.CL_PLATFORM_NAME);
      Cl cl = new Cl(name, 0);
      version = platformString(cl, platform, CL.CL_PLATFORM_VERSION);
      int[] count = new int[1];
      cl.call(
          "clGetDeviceIDs", () -> CL.clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, null, count));
      ids = new cl_device_id[count[0]];
      cl.call(
          "clGetDeviceIDs",
          () -> CL.clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, ids.length, ids, null));
    } catch (BackendException e) {
      devices.add(unusable("opencl:" + devices.size(), name, String.valueOf(e.getMessage())));
      return;
    }
    for (cl_device_id device : ids) {
      String id = "opencl:" + devices.size();
      try {
        devices.add(describe(platform, device, id, name, version));
      } catch (BackendException e) {
        devices.add(unusable(id, "a device of " + name, String.valueOf(e.getMessage())));
      }
    }
  }

  @SuppressWarnings("deprecation") // CL_DEVICE_HOST_UNIFIED_MEMORY, of OpenCL 1.2
  private static ClDevice describe(
      cl_platform_id platform,
      cl_device_id device,
      String id,
      String platformName,
      String platformVersion) {
    Cl cl = new Cl(platformName, 0);
    Function<Integer, String> text = key -> deviceString(cl, device, key);
    long type = number(cl, device, CL_DEVICE_TYPE, 8);
    String version = text.apply(CL_DEVICE_VERSION).trim();
    String extensions = text.apply(CL_DEVICE_EXTENSIONS);
    boolean cpu = (type & CL_DEVICE_TYPE_CPU) != 0 && (type & CL_DEVICE_TYPE_GPU) == 0;
    String problem = null;
    if (number(cl, device, CL_DEVICE_AVAILABLE, 4) == 0) {
      problem = "the driver says that it is not available";
    } else if (number(cl, device, CL_DEVICE_COMPILER_AVAILABLE, 4) == 0) {
      problem = "its driver has no compiler";
    } else if (!atLeast12(version)) {
      problem = "it offers " + version + ", LogitCL needs OpenCL 1.2";
    }
    DeviceInfo info =
        new DeviceInfo(
            id,
            cpu ? Kind.CPU : Kind.GPU,
            text.apply(CL_DEVICE_NAME).trim(),
            text.apply(CL_DEVICE_VENDOR).trim(),
            text.apply(CL_DRIVER_VERSION).trim() + ", " + platformName,
            version,
            (int) number(cl, device, CL_DEVICE_MAX_COMPUTE_UNITS, 4),
            number(cl, device, CL_DEVICE_GLOBAL_MEM_SIZE, 8),
            number(cl, device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, 8),
            number(cl, device, CL_DEVICE_LOCAL_MEM_SIZE, 8),
            number(cl, device, CL_DEVICE_MAX_WORK_GROUP_SIZE, 8),
            extensions.contains("cl_khr_fp64"),
            extensions.contains("cl_khr_fp16"),
            number(cl, device, CL_DEVICE_HOST_UNIFIED_MEMORY, 4) != 0,
            problem);
    // The key is in bits; 128 bytes is the largest OpenCL type, and two cache lines.
    int alignment = (int) Math.max(128, number(cl, device, CL_DEVICE_MEM_BASE_ADDR_ALIGN, 4) / 8);
    return new ClDevice(platform, device, info, platformVersion, alignment);
  }

  private static boolean atLeast12(String version) {
    Matcher matcher = VERSION.matcher(version);
    if (!matcher.find()) {
      return false;
    }
    int major = Integer.parseInt(matcher.group(1));
    return major > 1 || (major == 1 && Integer.parseInt(matcher.group(2)) >= 2);
  }

  private static ClDevice missing(String problem) {
    return unusable("opencl", "OpenCL", problem);
  }

  private static ClDevice unusable(String id, String name, String problem) {
    DeviceInfo info =
        new DeviceInfo(id, Kind.GPU, name, "", "", "", 0, 0, 0, 0, 0, false, false, false, problem);
    return new ClDevice(null, null, info, "", 1);
  }

  /** The properties of the device. */
  public DeviceInfo info() {
    return info;
  }

  /** The strictest alignment of a buffer, in bytes. */
  int alignment() {
    return alignment;
  }

  /** The platform's version, which also names the compiler in some drivers. */
  String platformVersion() {
    return platformVersion;
  }

  cl_platform_id platform() {
    return required(platform);
  }

  cl_device_id id() {
    return required(id);
  }

  private <T> T required(@Nullable T value) {
    if (value == null || !info.usable()) {
      throw new IllegalStateException(info + " cannot be used: " + info.problem());
    }
    return value;
  }

  private static String platformString(Cl cl, cl_platform_id platform, int key) {
    return string(
        cl,
        "clGetPlatformInfo",
        key,
        (size, bytes, length) -> CL.clGetPlatformInfo(platform, key, size, bytes, length));
  }

  private static String deviceString(Cl cl, cl_device_id device, int key) {
    return string(
        cl,
        "clGetDeviceInfo",
        key,
        (size, bytes, length) -> CL.clGetDeviceInfo(device, key, size, bytes, length));
  }

  private interface Query {
    int get(long size, @Nullable Pointer bytes, long @Nullable [] length);
  }

  private static String string(Cl cl, String call, int key, Query query) {
    String operation = operation(call, key);
    long[] length = new long[1];
    cl.call(operation, () -> query.get(0, null, length));
    ByteBuffer answer = Cl.answer(length[0]);
    cl.call(operation, () -> query.get(length[0], Pointer.to(answer), null));
    return StandardCharsets.UTF_8.decode(answer).toString().replace("\0", "").trim();
  }

  private static long number(Cl cl, cl_device_id device, int key, int bytes) {
    ByteBuffer value = Cl.answer(8);
    cl.call(
        operation("clGetDeviceInfo", key),
        () -> CL.clGetDeviceInfo(device, key, bytes, Pointer.to(value), null));
    return bytes == 4 ? value.getInt(0) & 0xffffffffL : value.getLong(0);
  }

  private static String operation(String call, int key) {
    return call + " 0x" + Integer.toHexString(key);
  }
}
