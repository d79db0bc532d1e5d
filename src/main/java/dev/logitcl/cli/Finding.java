package dev.logitcl.cli;

/**
 * What a check of {@code doctor} found.
 *
 * @param level how bad it is
 * @param subject what was looked at, one word
 * @param text what was found
 * @param remedy the exact command or setting that helps; empty if nothing needs help
 */
record Finding(Level level, String subject, String text, String remedy) {

  /** How bad a finding is. */
  enum Level {
    OK,
    NOTE,
    PROBLEM
  }

  static Finding ok(String subject, String text) {
    return new Finding(Level.OK, subject, text, "");
  }

  static Finding note(String subject, String text, String remedy) {
    return new Finding(Level.NOTE, subject, text, remedy);
  }

  static Finding problem(String subject, String text, String remedy) {
    return new Finding(Level.PROBLEM, subject, text, remedy);
  }
}
