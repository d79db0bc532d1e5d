package dev.logitcl.cli;

import dev.logitcl.backend.DeviceInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Drivers that are there and offer no device, often because of an environment variable. */
final class HiddenDevices {
  /**
   * A variable that chooses among a driver's devices.
   *
   * @param name its name
   * @param stem how the name of the driver's library begins
   * @param platform a part of the name of the driver's platform
   */
  private record Variable(String name, String stem, String platform) {}

  private static final List<Variable> VARIABLES =
      List.of(
          new Variable("POCL_DEVICES", "libpocl", "Portable Computing Language"),
          new Variable("CUDA_VISIBLE_DEVICES", "libnvidia-opencl", "NVIDIA"),
          new Variable("ROCR_VISIBLE_DEVICES", "libamdocl", "AMD"),
          new Variable("HIP_VISIBLE_DEVICES", "libamdocl", "AMD"),
          new Variable("GPU_DEVICE_ORDINAL", "libamdocl", "AMD"),
          new Variable("ZE_AFFINITY_MASK", "libigdrcl", "Intel"));

  /** Mesa's driver offers what this variable names, and nothing without it. */
  private static final String RUSTICL = "RUSTICL_ENABLE";

  private HiddenDevices() {}

  /** Variables that choose among the devices of a driver that is registered. */
  static List<Finding> variables(Host host) {
    List<Finding> findings = new ArrayList<>();
    for (Variable variable : VARIABLES) {
      if (isSet(variable, host) && isRegistered(variable.stem(), host)) {
        findings.add(
            Finding.note(
                "hidden",
                text(variable, host) + ": that driver offers no device but those that it names",
                ""));
      }
    }
    if (isRegistered("libRusticlOpenCL", host) && host.variable(RUSTICL).isEmpty()) {
      findings.add(
          Finding.note(
              "hidden",
              "Mesa's rusticl offers no device, because " + RUSTICL + " names none",
              "export "
                  + RUSTICL
                  + "=radeonsi, or iris, nouveau, panfrost, for the processor llvmpipe"));
    }
    return findings;
  }

  /** Why a device cannot be used, and what helps. */
  static Finding unusable(DeviceInfo device, Host host) {
    return Finding.problem("device", device + ": " + device.problem(), remedy(device, host));
  }

  /** What to do about the environment variable that hides a platform's devices; empty for none. */
  static Optional<String> variable(DeviceInfo device, Host host) {
    if (!isWithoutDevices(device)) {
      return Optional.empty();
    }
    if (device.toString().contains("rusticl")) {
      return Optional.of(
          "export " + RUSTICL + "=llvmpipe, or the name of the GPU's driver in Mesa");
    }
    return VARIABLES.stream()
        .filter(variable -> device.toString().contains(variable.platform()))
        .filter(variable -> isSet(variable, host))
        .findFirst()
        .map(
            variable ->
                "unset "
                    + variable.name()
                    + "  ("
                    + text(variable, host)
                    + ", and the driver has no device of that name)");
  }

  private static boolean isWithoutDevices(DeviceInfo device) {
    return String.valueOf(device.problem()).contains("CL_DEVICE_NOT_FOUND");
  }

  private static String remedy(DeviceInfo device, Host host) {
    Optional<String> variable = variable(device, host);
    if (variable.isPresent() || !isWithoutDevices(device)) {
      return variable.orElse("");
    }
    if (device.toString().contains("Portable Computing Language")) {
      return "see 'cache' above: pocl hides its devices where it cannot keep compiled kernels";
    }
    return DoctorChecks.deviceFiles(host).isEmpty()
        ? "the driver sees no hardware: there is no file of a GPU in /dev/dri or /dev (a container:"
            + " docker run --device /dev/dri, for NVIDIA --gpus all)"
        : "the driver sees no hardware, see 'gpu' above";
  }

  private static boolean isSet(Variable variable, Host host) {
    return host.environment().containsKey(variable.name());
  }

  private static boolean isRegistered(String stem, Host host) {
    return host.drivers().stream().anyMatch(entry -> entry.library().contains(stem));
  }

  private static String text(Variable variable, Host host) {
    return variable.name() + " is '" + host.variable(variable.name()) + "'";
  }
}
