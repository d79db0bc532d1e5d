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
import static org.jocl.CL.CL_DEVICE_TYPE_CPU;
import static org.jocl.CL.CL_DEVICE_TYPE_GPU;
import static org.jocl.CL.CL_DEVICE_VENDOR;
import static org.jocl.CL.CL_DEVICE_VERSION;
import static org.jocl.CL.CL_DRIVER_VERSION;

import dev.logitcl.backend.BackendException;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.files.Environment;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jocl.CL;
import org.jocl.Sizeof;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;
import org.jspecify.annotations.Nullable;

/** An OpenCL device that a platform lists; unusable ones carry their problem in the info. */
public final class ClDevice {
  private static final Pattern VERSION = Pattern.compile("OpenCL (\\d{1,9})\\.(\\d{1,9})");

  /** The specification's CL_DEVICE_TYPE_ALL, 32 bits; JOCL's is an int of -1, with 64. */
  private static final long ANY_TYPE = CL.CL_DEVICE_TYPE_ALL & 0xFFFF_FFFFL;

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
    return Loading.all(ClDevice::list);
  }

  /**
   * The devices of all platforms, unless the drivers ended earlier processes while they were
   * loaded: then they are left alone, and the only entry says so.
   */
  public static List<ClDevice> allIfHarmless() {
    String problem = Loading.problem();
    return problem == null ? all() : List.of(missing(DeviceInfo.PASSED_OVER + problem));
  }

  private static List<ClDevice> list() {
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
      if (devices.isEmpty()) {
        devices.add(missing(noDriver()));
      }
    } catch (BackendException e) {
      devices.add(
          e.code().equals("CL_PLATFORM_NOT_FOUND_KHR")
              ? missing(noDriver())
              : missing(String.valueOf(e.getMessage())));
    } catch (LinkageError e) {
      devices.add(
          missing(
              "the OpenCL loader is missing or cannot be loaded: "
                  + String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
    }
    return devices;
  }

  private static String noDriver() {
    String chosen = Environment.variables().getOrDefault("OCL_ICD_VENDORS", "");
    return chosen.isEmpty()
        ? "no OpenCL driver is installed: the loader found none"
        : "the loader found no OpenCL driver where OCL_ICD_VENDORS tells it to look: " + chosen;
  }

  private static cl_platform_id[] platforms() {
    Cl cl = new Cl("the OpenCL loader", 0);
    int[] count = new int[1];
    cl.call("clGetPlatformIDs", () -> CL.clGetPlatformIDs(0, null, count));
    cl_platform_id[] platforms = new cl_platform_id[count[0]];
    if (platforms.length > 0) {
      cl.call("clGetPlatformIDs", () -> CL.clGetPlatformIDs(platforms.length, platforms, null));
    }
    return platforms;
  }

  private static void addDevices(cl_platform_id platform, List<ClDevice> devices) {
    DeviceFacts facts = DeviceFacts.of(platform);
    String found = facts.text(CL.CL_PLATFORM_NAME);
    String version = facts.text(CL.CL_PLATFORM_VERSION);
    String name = found.isEmpty() ? "an OpenCL platform" : found;
    String problem = facts.problem();
    cl_device_id[] ids = {};
    if (problem == null) {
      try {
        ids = ids(platform, new Cl(name, 0));
        problem = ids.length == 0 ? "its driver lists no device" : null;
      } catch (BackendException e) {
        problem = String.valueOf(e.getMessage());
      }
    }
    if (problem != null) {
      devices.add(unusable("opencl:" + devices.size(), name, version, problem));
    }
    for (cl_device_id device : ids) {
      devices.add(describe(platform, device, "opencl:" + devices.size(), name, version));
    }
  }

  private static cl_device_id[] ids(cl_platform_id platform, Cl cl) {
    int[] count = new int[1];
    cl.call("clGetDeviceIDs", () -> CL.clGetDeviceIDs(platform, ANY_TYPE, 0, null, count));
    cl_device_id[] ids = new cl_device_id[count[0]];
    if (ids.length > 0) {
      cl.call("clGetDeviceIDs", () -> CL.clGetDeviceIDs(platform, ANY_TYPE, ids.length, ids, null));
    }
    return ids;
  }

  @SuppressWarnings("deprecation") // CL_DEVICE_HOST_UNIFIED_MEMORY, of OpenCL 1.2
  private static ClDevice describe(
      cl_platform_id platform,
      cl_device_id device,
      String id,
      String platformName,
      String platformVersion) {
    DeviceFacts facts = DeviceFacts.of(device, platformName);
    long type = facts.number(CL_DEVICE_TYPE, Sizeof.cl_long);
    String name = facts.text(CL_DEVICE_NAME);
    String version = facts.text(CL_DEVICE_VERSION);
    String extensions = facts.text(CL_DEVICE_EXTENSIONS);
    boolean available = facts.number(CL_DEVICE_AVAILABLE, Sizeof.cl_int) != 0;
    boolean compiles = facts.number(CL_DEVICE_COMPILER_AVAILABLE, Sizeof.cl_int) != 0;
    // The key is in bits; 128 bytes is the largest OpenCL type, and two cache lines.
    long alignment =
        Math.max(128, facts.number(CL_DEVICE_MEM_BASE_ADDR_ALIGN, Sizeof.cl_int) / Byte.SIZE);
    DeviceInfo info =
        new DeviceInfo(
            id,
            kind(type),
            name.isEmpty() ? "a device of " + platformName : name,
            facts.text(CL_DEVICE_VENDOR),
            facts.text(CL_DRIVER_VERSION) + ", " + platformName,
            version,
            (int) facts.number(CL_DEVICE_MAX_COMPUTE_UNITS, Sizeof.cl_int),
            facts.number(CL_DEVICE_GLOBAL_MEM_SIZE, Sizeof.cl_long),
            facts.number(CL_DEVICE_MAX_MEM_ALLOC_SIZE, Sizeof.cl_long),
            facts.number(CL_DEVICE_LOCAL_MEM_SIZE, Sizeof.cl_long),
            facts.number(CL_DEVICE_MAX_WORK_GROUP_SIZE, Sizeof.size_t),
            extensions.contains("cl_khr_fp64"),
            extensions.contains("cl_khr_fp16"),
            facts.number(CL_DEVICE_HOST_UNIFIED_MEMORY, Sizeof.cl_int) != 0,
            null);
    String problem = facts.problem();
    if (problem == null && !available) {
      problem = "the driver says that it is not available";
    } else if (problem == null && !compiles) {
      problem = "its driver has no compiler";
    } else if (problem == null && !atLeast12(version)) {
      problem = "it offers " + version + ", LogitCL needs OpenCL 1.2";
    }
    return new ClDevice(
        platform, device, info.withProblem(problem), platformVersion, (int) alignment);
  }

  private static Kind kind(long type) {
    if (type == 0) {
      return Kind.UNKNOWN;
    }
    return (type & CL_DEVICE_TYPE_CPU) != 0 && (type & CL_DEVICE_TYPE_GPU) == 0
        ? Kind.CPU
        : Kind.GPU;
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
    return unusable("opencl", "OpenCL", "", problem);
  }

  private static ClDevice unusable(String id, String name, String version, String problem) {
    DeviceInfo info =
        new DeviceInfo(
            id, Kind.UNKNOWN, name, "", "", version, 0, 0, 0, 0, 0, false, false, false, problem);
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
}
