package dev.logitcl.cli;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What {@code apply} computes, and which of its options each operation has: those that say what to
 * compute, where results go, and where gradients go.
 */
enum ApplyOp {
  LOGSUMEXP(
      "logsumexp",
      "--axis --keepdims --empty-row --weights --where --direction",
      "--out --sign --jvp",
      "--grad-in --grad-weights --hvp"),
  LOG_SOFTMAX("log-softmax", "--axis --empty-row --direction", "--out --jvp", "--grad-in"),
  SOFTMAX("softmax", "--axis --empty-row --direction", "--out --jvp", "--grad-in"),
  CROSS_ENTROPY(
      "cross-entropy",
      "--axis --target --class-weight --class-mask --ignore-index --reduction --all-ignored"
          + " --label-smoothing --smoothing-convention --z-loss --soft-cap --logit-scale"
          + " --direction",
      "--out --log-prob --z-loss-out --lse --predicted --correct",
      "--grad-in --hvp --grad-grad-out"),
  NLL(
      "nll",
      "--axis --target --class-weight --ignore-index --reduction --all-ignored",
      "--out",
      "--grad-in"),
  TOKEN_LOGPROBS(
      "token-logprobs",
      "--axis --tokens --top-k",
      "--log-prob --rank --top --top-log-prob --entropy --max --log-sum",
      ""),
  ROW_STATS("row-stats", "--axis --keepdims", "--max --sum-exp", ""),
  EXPECTATION(
      "expectation",
      "--axis --keepdims --values --values-matrix",
      "--out",
      "--grad-in --grad-values"),
  LOG_MEAN_EXP("log-mean-exp", "--axis --keepdims --where", "--out", "--grad-in"),
  LOG_ADD_EXP("log-add-exp", "--y", "--out", "--grad-in --grad-y"),
  LOG_CUM_SUM_EXP("log-cum-sum-exp", "--axis", "--out", "--grad-in");

  private final String text;
  private final String settings;
  private final String results;
  private final String gradients;

  ApplyOp(String text, String settings, String results, String gradients) {
    this.text = text;
    this.settings = settings + (gradients.isEmpty() ? "" : " --grad-out");
    this.results = results;
    this.gradients = gradients;
  }

  private static List<String> words(String words) {
    return words.isEmpty() ? List.of() : List.of(words.split(" "));
  }

  /** Whether an option belongs to it. */
  boolean has(String option) {
    return words(settings).contains(option) || isOutput(option);
  }

  /** Whether an option says where something goes. */
  boolean isOutput(String option) {
    return results().contains(option) || gradients().contains(option);
  }

  /** The options that say where results go. */
  List<String> results() {
    return words(results);
  }

  /** The options that say where gradients go. */
  List<String> gradients() {
    return words(gradients);
  }

  /** Whether its rows have targets, and its axis is that of classes. */
  boolean hasTargets() {
    return this == CROSS_ENTROPY || this == NLL;
  }

  /** The operations that have an option; none for an option of the command itself. */
  static List<ApplyOp> owners(String option) {
    return Arrays.stream(values()).filter(op -> op.has(option)).toList();
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
