package dev.logitcl.cli;

import java.util.Locale;

/** Numbers as people read them. */
final class Units {
  private Units() {}

  /** {@code 31.3 GiB}; {@code -} for 0, which stands for unknown. */
  static String bytes(long bytes) {
    if (bytes == 0) {
      return "-";
    }
    String[] names = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < names.length - 1) {
      value /= 1024;
      unit++;
    }
    boolean whole = value == Math.rint(value);
    return (whole ? String.valueOf((long) value) : digits(value)) + " " + names[unit];
  }

  /** {@code 12.5 us}. */
  static String nanoseconds(long nanoseconds) {
    String[] names = {"ns", "us", "ms", "s"};
    double value = nanoseconds;
    int unit = 0;
    while (value >= 1000 && unit < names.length - 1) {
      value /= 1000;
      unit++;
    }
    return digits(value) + " " + names[unit];
  }

  /** Three significant digits, without a decimal point from 100 on. */
  static String digits(double value) {
    if (!Double.isFinite(value)) {
      return "-";
    }
    int places = value == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + places + "f", value);
  }

  /** {@code 1.2e-7}; {@code inf} where a NaN or an infinity is wrong. */
  static String error(double error) {
    if (error == 0) {
      return "0";
    }
    if (!(error < Double.MAX_VALUE)) {
      return "inf";
    }
    return String.format(Locale.ROOT, "%.1e", error)
        .replaceFirst("e([+-])0*", "e$1")
        .replace("+", "");
  }
}
