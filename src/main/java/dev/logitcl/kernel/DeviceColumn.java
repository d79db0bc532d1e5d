package dev.logitcl.kernel;

import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The column of a table that says for which devices a row is meant: {@code *}, {@code cpu}, {@code
 * gpu}, {@code pocl}, {@code "part of a name"}, or a {@link BoundDevice}.
 */
public final class DeviceColumn {
  /** The platform's name, which ends {@link DeviceInfo#driver}. */
  private static final String POCL = "Portable Computing Language";

  private static final Pattern NAMED = Pattern.compile("\"[^\"]*\"");

  private DeviceColumn() {}

  /** The column itself, if its quotes are as they should be. */
  static String require(String column) {
    if (column.contains("\"")
        && !NAMED.matcher(column).matches()
        && BoundDevice.parse(column) == null) {
      throw new IllegalArgumentException(
          column
              + " is no device, expected cpu, gpu, pocl, *, \"part of a name\" or \"name\" driver"
              + " \"version\"");
    }
    return column;
  }

  /** Whether a row with this column is meant for a device. */
  static boolean matches(String column, DeviceInfo device) {
    return switch (column) {
      case "*" -> true;
      case "cpu" -> device.kind() == Kind.CPU;
      case "gpu" -> device.kind() == Kind.GPU;
      // What was measured on pocl's compiler says nothing of another one for processors.
      case "pocl" -> isPocl(device);
      default -> {
        BoundDevice bound = BoundDevice.parse(column);
        String part = column.replace("\"", "").toLowerCase(Locale.ROOT);
        yield bound == null
            ? device.name().toLowerCase(Locale.ROOT).contains(part)
            : bound.matches(device);
      }
    };
  }

  /** Whether a device is the processor through pocl. */
  public static boolean isPocl(DeviceInfo device) {
    return device.kind() == Kind.CPU && device.driver().contains(POCL);
  }
}
