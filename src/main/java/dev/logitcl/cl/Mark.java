package dev.logitcl.cl;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a driver is doing for a process, as a small file tells others: {@link Marks} keeps it while
 * the driver does it.
 *
 * @param device the device's name
 * @param driver the driver's version, and the platform's
 * @param doing what the driver does, such as {@code compiling log_softmax_forward row_per_item}
 * @param since when it began
 */
public record Mark(String device, String driver, String doing, Instant since) {
  /** Begins a file; the digit counts versions of the format. */
  private static final String MAGIC = "LogitCL mark 1";

  private static final int LONGEST = 300;

  /** A mark whose parts are made lines of a file, whatever a driver calls itself. */
  public Mark {
    device = line(device);
    driver = line(driver);
    doing = line(doing);
  }

  private static String line(String text) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < text.length() && i < LONGEST; i++) {
      char c = text.charAt(i);
      // a byte that is not UTF-8 is a surrogate alone, which no file keeps
      line.append(c < ' ' || c == 0x7f ? ' ' : Character.isSurrogate(c) ? '?' : c);
    }
    return line.toString().strip();
  }

  /** Whether a mark is of a device and its driver. */
  boolean isOf(String otherDevice, String otherDriver) {
    return device.equals(line(otherDevice)) && driver.equals(line(otherDriver));
  }

  /** A file's contents. */
  String text() {
    return String.join("\n", MAGIC, device, driver, doing, "" + since.toEpochMilli(), "");
  }

  /** The mark in a file; null if the file is damaged or something else. */
  static @Nullable Mark parse(String text) {
    List<String> lines = List.of(text.split("\n", -1));
    if (lines.size() != 6 || !lines.get(0).equals(MAGIC) || !lines.get(5).isEmpty()) {
      return null;
    }
    try {
      Instant since = Instant.ofEpochMilli(Long.parseLong(lines.get(4)));
      Mark mark = new Mark(lines.get(1), lines.get(2), lines.get(3), since);
      return mark.text().equals(text) ? mark : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
