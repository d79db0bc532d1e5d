package dev.logitcl.cli;

import dev.logitcl.op.EmptyRow;
import picocli.CommandLine.Option;

/** The option {@code --empty-row} of {@code apply}. */
final class EmptyRowArgument {
  @Option(
      names = "--empty-row",
      paramLabel = "V",
      converter = Converter.class,
      description =
          "What rows of -inf alone give. nan (default): NaN. zero: what they give if they are not"
              + " there, with gradients 0.")
  private EmptyRow emptyRow = EmptyRow.NAN;

  EmptyRow emptyRow() {
    return emptyRow;
  }

  /** Reads an {@link EmptyRow}. */
  static final class Converter extends Constant<EmptyRow> {
    Converter() {
      super(EmptyRow.values());
    }
  }
}
