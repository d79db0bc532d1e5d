package dev.logitcl.io;

import java.util.regex.Pattern;

/** Makes words of a file or of a command line fit for a message: they may hold any characters. */
public final class Printable {
  /** Characters that make a terminal show the text around them in another order. */
  private static final String DIRECTION =
      "\\x{061c}\\x{200e}\\x{200f}\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}";

  private static final Pattern CONTROL =
      Pattern.compile("[\\p{Cntrl}\\x{80}-\\x{9f}\\x{2028}\\x{2029}" + DIRECTION + "]");

  private Printable() {}

  /**
   * Returns the text on one line, with question marks for characters that would end it, steer a
   * terminal or change the direction of writing.
   */
  public static String of(String text) {
    return CONTROL.matcher(text).replaceAll("?");
  }
}
