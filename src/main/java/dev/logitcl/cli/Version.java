package dev.logitcl.cli;

import picocli.CommandLine.IVersionProvider;

/** The version: from the jar's manifest, else what the start script says. */
final class Version implements IVersionProvider {
  /** The version alone. */
  static String number() {
    String manifest = Version.class.getPackage().getImplementationVersion();
    return manifest != null ? manifest : System.getProperty("logitcl.version", "development");
  }

  @Override
  public String[] getVersion() {
    return new String[] {"logitcl " + number()};
  }
}
