package dev.logitcl.kernel;

import dev.logitcl.backend.DeviceInfo;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A device with the driver that its rows were measured on. In a table: {@code "name" driver
 * "version"}, both in full as {@code devices} prints them: what is fast changes with the compiler.
 *
 * @param name the device's name
 * @param driver its driver's version
 */
public record BoundDevice(String name, String driver) {
  private static final Pattern BOUND = Pattern.compile("\"([^\"]*)\" driver \"([^\"]*)\"");

  /** A device as it is now. */
  public static BoundDevice of(DeviceInfo device) {
    return new BoundDevice(oneField(device.name()), oneField(device.driver()));
  }

  /** The text without characters that would end a field. */
  private static String oneField(String text) {
    return text.replace('"', '\'').replaceAll("\\s+", " ").strip();
  }

  /** A table's first column; null if it binds no driver. */
  static @Nullable BoundDevice parse(String column) {
    Matcher matcher = BOUND.matcher(column);
    return matcher.matches() ? new BoundDevice(matcher.group(1), matcher.group(2)) : null;
  }

  boolean matches(DeviceInfo device) {
    return equals(of(device));
  }

  /** The table's first column. */
  @Override
  public String toString() {
    return "\"" + name + "\" driver \"" + driver + "\"";
  }
}
