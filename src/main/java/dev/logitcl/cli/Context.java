package dev.logitcl.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What every command has: its help, its streams, and the devices of the machine. */
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class Context {
  /** The place in a help that is not sorted: below a command's own options. */
  static final int LATER = 1;

  /** Below those. */
  static final int LAST = 2;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      order = LAST,
      description = "Show this help.")
  private boolean help;

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  PrintWriter err() {
    return spec.commandLine().getErr();
  }

  DeviceSource devices() {
    return ((Main) spec.root().userObject()).devices();
  }
}
