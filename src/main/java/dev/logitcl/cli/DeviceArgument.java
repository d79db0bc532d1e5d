package dev.logitcl.cli;

import picocli.CommandLine.Option;

/** The option {@code --device}, whose default is each command's own. */
final class DeviceArgument {
  @Option(
      names = "--device",
      paramLabel = "SEL",
      order = Context.LATER,
      description = Selector.HELP + ". Default: ${DEFAULT-VALUE}.")
  private Selector selector;

  DeviceArgument(String preset) {
    this.selector = new Selector(preset);
  }

  Selector selector() {
    return selector;
  }

  /**
   * Opens the devices that are meant.
   *
   * @throws UsageException if nothing usable is meant
   */
  Opened open(Context context) {
    return Opened.open(selector, context.devices(), context.err());
  }
}
