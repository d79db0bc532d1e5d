package dev.logitcl.io;

import java.util.regex.Pattern;

/** Makes words of a file or of a command line fit for a message: they may hold any characters. */
public final class Printable {
  private static final Pattern CONTROL =
      Pattern.compile("[\\p{Cntrl}\\x{80}-\\x{9f}\\x{2028}\\x{2029}]");

  private Printable() {}

  /**
   * Returns the text on one line, with question marks for characters that would end it or steer a
   * terminal.
   */
  public static String of(String text) {
    return CONTROL.matcher(text).replaceAll("?");
  }
}
