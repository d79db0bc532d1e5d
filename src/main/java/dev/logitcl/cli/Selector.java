package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Chooses devices: {@code best}, {@code all}, {@code cpu} (the Java path), {@code gpu}, {@code
 * opencl}, an id, or a part of a name.
 *
 * @param text what the user wrote
 */
record Selector(String text) {
  static final String BEST = "best";
  static final String ALL = "all";
  static final String HELP =
      "best, all, cpu (the Java path), gpu, opencl (any OpenCL device), an id that 'devices'"
          + " prints, or a part of a name";

  /** Something that can be opened. */
  @FunctionalInterface
  interface Choice {
    /** Opens it; the caller closes the backend. */
    Backend open();
  }

  /**
   * The usable devices that are meant, at least one. A device that {@link
   * dev.logitcl.Backends#best} passes over is opened where no other is meant: who asks for it gets
   * it.
   *
   * @throws UsageException if there is none, saying why
   */
  List<Choice> choose(DeviceSource source) {
    if (is(BEST)) {
      return List.of(source::best);
    }
    if (is("cpu") || is("java")) {
      return List.of(() -> source.open(source.java()));
    }
    List<DeviceInfo> devices = isAll() ? source.available() : source.all();
    List<DeviceInfo> chosen = matching(devices);
    if (chosen.isEmpty()) {
      String found = "'" + text + "'" + (text.contains(",") ? ", more than one device" : "");
      throw UsageException.of("--device", found, expected(devices));
    }
    List<DeviceInfo> usable = chosen.stream().filter(DeviceInfo::usable).toList();
    if (usable.isEmpty()) {
      usable = chosen.stream().filter(DeviceInfo::passedOver).toList();
    }
    if (usable.isEmpty()) {
      DeviceInfo first = chosen.get(0);
      throw UsageException.of(
          "--device",
          first + ", which cannot be used (" + first.problem() + ")",
          expected(devices));
    }
    return usable.stream().map(device -> (Choice) () -> source.open(device)).toList();
  }

  /**
   * The usable OpenCL device that is meant: of several a GPU before others, and then the one with
   * the most compute units.
   *
   * @throws UsageException if there is none, saying why
   */
  DeviceInfo chooseOpenCl(DeviceSource source) {
    List<DeviceInfo> devices = source.available();
    List<DeviceInfo> meant = is(BEST) ? devices : matching(devices);
    return meant.stream()
        .filter(device -> device.kind() != Kind.JAVA && device.usable())
        .max(
            Comparator.comparing((DeviceInfo device) -> device.kind() == Kind.GPU)
                .thenComparing(DeviceInfo::computeUnits))
        .orElseThrow(
            () ->
                UsageException.of(
                    "--device",
                    meant.stream().findFirst().map(Selector::whyNotOpenCl).orElse("'" + text + "'"),
                    expectedOpenCl(devices)));
  }

  private static String expectedOpenCl(List<DeviceInfo> devices) {
    String usable = names(devices, device -> device.kind() != Kind.JAVA && device.usable());
    return usable.isEmpty()
        ? "an OpenCL device; none here can be used, and 'logitcl doctor' says what to do about that"
        : "an OpenCL device: " + usable;
  }

  private static String whyNotOpenCl(DeviceInfo device) {
    return device.kind() == Kind.JAVA
        ? device + ", the Java path, which has no kernels"
        : device + ", which cannot be used (" + device.problem() + ")";
  }

  /**
   * The first of the devices that are meant; for work in many parts twice, so that one part is
   * brought while another is computed. If all are meant, each of them once.
   *
   * @throws UsageException if there is none
   */
  Opened openForParts(DeviceSource source, boolean many, PrintWriter err) {
    if (many && isAll()) {
      return Opened.open(this, source, err);
    }
    Choice first = choose(source).get(0);
    return Opened.of(many ? List.of(first, first) : List.of(first));
  }

  private List<DeviceInfo> matching(List<DeviceInfo> devices) {
    Predicate<DeviceInfo> wanted;
    if (isAll()) {
      wanted = device -> true;
    } else if (is("cpu")) {
      wanted = device -> device.kind() == Kind.JAVA;
    } else if (is("gpu")) {
      wanted = device -> device.kind() == Kind.GPU;
    } else if (is("opencl")) {
      wanted = device -> device.kind() != Kind.JAVA;
    } else if (devices.stream().anyMatch(device -> is(device.id()))) {
      wanted = device -> is(device.id());
    } else {
      String part = text.strip().toLowerCase(Locale.ROOT);
      wanted = device -> !part.isEmpty() && device.name().toLowerCase(Locale.ROOT).contains(part);
    }
    return devices.stream().filter(wanted).toList();
  }

  /** Whether all devices are meant. */
  boolean isAll() {
    return is(ALL);
  }

  private boolean is(String word) {
    return text.strip().equalsIgnoreCase(word);
  }

  private static String expected(List<DeviceInfo> devices) {
    String unusable =
        devices.stream()
            .filter(device -> !device.usable())
            .map(device -> device + ": " + device.problem())
            .collect(Collectors.joining("; "));
    return "best, all, cpu, gpu, opencl, a part of a name, or one of "
        + names(devices, DeviceInfo::usable)
        + (unusable.isEmpty()
            ? ""
            : "; 'logitcl doctor' says what to do about those that cannot be used: " + unusable);
  }

  private static String names(List<DeviceInfo> devices, Predicate<DeviceInfo> which) {
    return devices.stream()
        .filter(which)
        .map(DeviceInfo::toString)
        .collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    return text;
  }
}
