package dev.logitcl.cli;

import java.util.Arrays;
import java.util.Iterator;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What {@code apply} computes. */
enum ApplyOp {
  LOGSUMEXP("logsumexp"),
  LOG_SOFTMAX("log-softmax"),
  SOFTMAX("softmax"),
  CROSS_ENTROPY("cross-entropy");

  private final String text;

  ApplyOp(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }

  /** Reads a name. */
  static final class Converter implements ITypeConverter<ApplyOp> {
    @Override
    public ApplyOp convert(String text) {
      for (ApplyOp op : values()) {
        if (op.text.equals(text)) {
          return op;
        }
      }
      throw new TypeConversionException("found '" + text + "', expected " + names());
    }
  }

  /** The names, for shell completion. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(values()).map(ApplyOp::toString).iterator();
    }
  }

  private static String names() {
    return Arrays.stream(values()).map(ApplyOp::toString).collect(Collectors.joining(", "));
  }
}
