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
  CROSS_ENTROPY("cross-entropy"),
  NLL("nll");

  private final String text;

  ApplyOp(String text) {
    this.text = text;
  }

  /** Whether its rows have targets, and its axis is that of classes. */
  boolean hasTargets() {
    return this == CROSS_ENTROPY || this == NLL;
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
