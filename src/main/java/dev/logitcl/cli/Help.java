package dev.logitcl.cli;

import picocli.CommandLine.Option;

/** The option that every command has. */
@SuppressWarnings("UnusedVariable") // picocli uses the annotated field
final class Help {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;
}
