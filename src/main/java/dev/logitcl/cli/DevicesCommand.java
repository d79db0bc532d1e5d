package dev.logitcl.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.logitcl.backend.DeviceInfo;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code devices}: what there is to compute on. */
@Command(
    name = "devices",
    description = {
      "Lists every OpenCL device and the Java path, with what the driver tells of each.",
      "For a device that cannot be used it says why; 'doctor' says what to do about it. PASSED OVER"
          + " is a device that can be used and that 'best' does not take, because its driver ended"
          + " earlier processes."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  logitcl devices", "  logitcl devices --json | jq '.devices[].name'"})
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class DevicesCommand implements Callable<Integer> {
  @Mixin private Context context;

  @Option(names = "--json", description = "Print JSON; sizes are in bytes, 0 where unknown.")
  private boolean json;

  @Override
  public Integer call() throws JsonProcessingException {
    PrintWriter out = context.out();
    List<DeviceInfo> devices = context.devices().available();
    if (json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("schema", "logitcl-devices/1");
      document.put("devices", devices.stream().map(DevicesCommand::fields).toList());
      out.println(Json.text(document));
    } else {
      devices.forEach(device -> print(device, out));
    }
    return Failures.OK;
  }

  /** A device's facts by name, as {@code --json} has them. */
  static Map<String, Object> fields(DeviceInfo device) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("id", device.id());
    fields.put("kind", device.kind().name().toLowerCase(Locale.ROOT));
    fields.put("name", device.name());
    fields.put("vendor", device.vendor());
    fields.put("driver", device.driver());
    fields.put("version", device.version());
    fields.put("computeUnits", device.computeUnits());
    fields.put("memory", device.memory());
    fields.put("maxAllocation", device.maxAllocation());
    fields.put("localMemory", device.localMemory());
    fields.put("maxGroup", device.maxGroup());
    fields.put("fp64", device.fp64());
    fields.put("half", device.half());
    fields.put("unifiedMemory", device.unifiedMemory());
    fields.put("usable", device.usable());
    fields.put("problem", device.problem());
    return fields;
  }

  /** What is known of a device: of one that cannot be used, that may be little. */
  private static void print(DeviceInfo device, PrintWriter out) {
    boolean java = device.kind() == DeviceInfo.Kind.JAVA;
    out.println(device.id() + "  " + device.name());
    line(out, "kind", kind(device.kind()));
    line(out, "vendor", device.vendor());
    line(out, "driver", device.driver());
    line(out, java ? "Java" : "version", device.version());
    if (device.computeUnits() > 0) {
      line(out, java ? "threads" : "compute units", device.computeUnits() + "");
    }
    if (device.memory() > 0) {
      String shared = device.unifiedMemory() ? ", shared with the host" : "";
      String largest = Units.bytes(device.maxAllocation());
      line(
          out, "memory", Units.bytes(device.memory()) + ", largest allocation " + largest + shared);
    }
    if (device.maxGroup() > 0) {
      String local = Units.bytes(device.localMemory());
      line(out, "work-group", "up to " + device.maxGroup() + " work-items, local memory " + local);
    }
    if (device.computeUnits() > 0) {
      line(out, "fp64 / half", yes(device.fp64()) + " / " + yes(device.half()));
    }
    if (!device.usable()) {
      Optional<String> variable = HiddenDevices.variable(device, Host.local());
      boolean more = variable.isEmpty() && !device.passedOver();
      line(
          out,
          device.passedOver() ? "PASSED OVER" : "CANNOT BE USED",
          device.problem() + (more ? "; 'logitcl doctor' says what to do" : ""));
      line(out, "remedy", variable.orElse(""));
    }
    out.println();
  }

  private static String kind(DeviceInfo.Kind kind) {
    return switch (kind) {
      case JAVA -> "the Java path";
      case CPU, GPU -> "OpenCL " + kind;
      case UNKNOWN -> "";
    };
  }

  private static void line(PrintWriter out, String name, String value) {
    if (!value.isBlank()) {
      out.printf("    %-14s %s%n", name, value);
    }
  }

  private static String yes(boolean is) {
    return is ? "yes" : "no";
  }
}
