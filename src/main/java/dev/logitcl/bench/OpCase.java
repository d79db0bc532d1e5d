package dev.logitcl.bench;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * One operation as something to run, check and time: the one line that benchmark, verification and
 * tests share.
 */
public final class OpCase {
  private final String op;
  private final String pass;
  private final String variant;
  private final Class<? extends RowOp> type;
  private final Function<Operands, RowOp> build;
  private final Map<String, Reference> outputs;
  private final boolean needsClass;

  /**
   * A case.
   *
   * @param variant what sets it apart from the listed case; empty for that one
   * @param outputs for each output by name, its rows as they should be
   * @param needsClass whether each row needs a valid target
   */
  OpCase(
      String op,
      String pass,
      String variant,
      Class<? extends RowOp> type,
      Function<Operands, RowOp> build,
      Map<String, Reference> outputs,
      boolean needsClass) {
    this.op = op;
    this.pass = pass;
    this.variant = variant;
    this.type = type;
    this.build = build;
    this.outputs = outputs;
    this.needsClass = needsClass;
  }

  private static OpCase of(
      String op,
      String pass,
      Class<? extends RowOp> type,
      String output,
      Reference reference,
      Function<Operands, RowOp> build) {
    return new OpCase(op, pass, "", type, build, Map.of(output, reference), false);
  }

  private OpCase variant(String name, Function<Operands, RowOp> newBuild) {
    return new OpCase(op, pass, name, type, newBuild, outputs, needsClass);
  }

  private static OpCase fromInput(String variant, Function<Operands, Matrix> dx) {
    return new OpCase(
        "logsumexp",
        "backward",
        variant,
        LogSumExpBackward.class,
        o -> new LogSumExpBackward(o.x(), o.rowGradient(), dx.apply(o)),
        Map.of("dx", ExpectationReference::probability),
        false);
  }

  private static final Set<String> CORE =
      Set.of("logsumexp", "log-softmax", "softmax", "cross-entropy");
  private static final Set<String> CORE_PASSES = Set.of("forward", "backward", "forward+backward");

  private static final List<OpCase> ALL = make();

  private static List<OpCase> make() {
    OpCase logSumExp =
        of(
            "logsumexp",
            "forward",
            LogSumExp.class,
            "lse",
            Reference::logSumExp,
            o -> new LogSumExp(o.x(), o.outRow("lse")));
    OpCase logSumExpBackward =
        of(
            "logsumexp",
            "backward",
            LogSumExpBackward.class,
            "dx",
            Reference::logSumExpBackward,
            o -> new LogSumExpBackward(o.x(), o.lse(), o.rowGradient(), o.outMatrix()));
    OpCase logSoftmax =
        of(
            "log-softmax",
            "forward",
            LogSoftmax.class,
            "y",
            Reference::logSoftmax,
            o -> new LogSoftmax(o.x(), o.outMatrix()));
    OpCase logSoftmaxBackward =
        of(
            "log-softmax",
            "backward",
            LogSoftmaxBackward.class,
            "dx",
            Reference::logSoftmaxBackward,
            o -> new LogSoftmaxBackward(o.logProbabilities(), o.dy(), o.outMatrix()));
    OpCase softmax =
        of(
            "softmax",
            "forward",
            Softmax.class,
            "y",
            Reference::softmax,
            o -> new Softmax(o.x(), o.outMatrix()));
    OpCase softmaxBackward =
        of(
            "softmax",
            "backward",
            SoftmaxBackward.class,
            "dx",
            Reference::softmaxBackward,
            o -> new SoftmaxBackward(o.probabilities(), o.dy(), o.outMatrix()));

    List<OpCase> all =
        new ArrayList<>(
            List.of(
                logSumExp,
                logSumExpBackward,
                logSoftmax,
                logSoftmaxBackward,
                softmax,
                softmaxBackward));
    all.addAll(CrossEntropyCases.all());
    all.addAll(StatsCases.all());
    all.addAll(ScanCases.all());
    all.addAll(TokenCases.all());
    all.addAll(CrossEntropyOptionCases.all());
    all.addAll(ExpectationCases.all());
    all.addAll(DerivativeCases.all());
    all.addAll(WeightedCases.all());
    all.addAll(ProductCases.all());
    all.addAll(
        List.of(
            logSumExpBackward.variant(
                "in place of x",
                o -> new LogSumExpBackward(o.x(), o.lse(), o.rowGradient(), o.x())),
            fromInput("from x alone", Operands::outMatrix),
            fromInput("in place of x, from x alone", Operands::x),
            logSoftmax.variant("in place of x", o -> new LogSoftmax(o.x(), o.x())),
            logSoftmaxBackward.variant(
                "in place of y",
                o -> new LogSoftmaxBackward(o.logProbabilities(), o.dy(), o.logProbabilities())),
            logSoftmaxBackward.variant(
                "in place of dy",
                o -> new LogSoftmaxBackward(o.logProbabilities(), o.dy(), o.dy())),
            softmax.variant("in place of x", o -> new Softmax(o.x(), o.x())),
            softmaxBackward.variant(
                "in place of y",
                o -> new SoftmaxBackward(o.probabilities(), o.dy(), o.probabilities())),
            softmaxBackward.variant(
                "in place of dy", o -> new SoftmaxBackward(o.probabilities(), o.dy(), o.dy()))));
    return List.copyOf(all);
  }

  /** All cases: one or more for each record of {@link RowOp}. */
  public static List<OpCase> all() {
    return ALL;
  }

  /** One case of each operation and pass. */
  public static List<OpCase> listed() {
    return ALL.stream().filter(OpCase::isListed).toList();
  }

  /** The cases that the benchmark times: those that are listed, and calls on linear logits. */
  public static List<OpCase> timed() {
    return Stream.concat(listed().stream(), LinearCases.all().stream()).toList();
  }

  /** The operation's name on the command line: {@code log-softmax}. */
  public String op() {
    return op;
  }

  /** {@code forward}, {@code backward}, or {@code forward+backward} in one call. */
  public String pass() {
    return pass;
  }

  /** The difference from the listed case of the same operation and pass; empty for that one. */
  public String variant() {
    return variant;
  }

  /** A name that no other case has: {@code cross-entropy forward (none, ignoring -100)}. */
  public String name() {
    return op + " " + pass + (variant.isEmpty() ? "" : " (" + variant + ")");
  }

  /** The record. */
  public Class<? extends RowOp> type() {
    return type;
  }

  /** Whether the benchmark times it; the rest are variants. */
  public boolean isListed() {
    return variant.isEmpty();
  }

  /** Whether it is the forward or backward pass of one of the four that the others build on. */
  public boolean isCore() {
    return isListed() && CORE.contains(op) && CORE_PASSES.contains(pass);
  }

  /** Whether an output is an input, so that it can be run once only. */
  public boolean isInPlace() {
    return variant.startsWith("in place");
  }

  /** Whether it can run on a shape: without columns there is no target unless it is ignored. */
  public boolean accepts(long rows, long cols) {
    return cols > 0 || rows == 0 || !needsClass;
  }

  /** Uploads copies of the inputs, allocates outputs, builds the record. */
  public Run prepare(Backend backend, Inputs inputs) {
    Operands operands = Operands.copied(backend, inputs);
    try {
      return new Run(this, operands, true);
    } catch (RuntimeException e) {
      operands.close();
      throw e;
    }
  }

  /** Builds the record on operands that other cases use as well; closing the run keeps them. */
  public Run prepare(Operands operands) {
    return new Run(this, operands, false);
  }

  RowOp build(Operands operands) {
    return build.apply(operands);
  }

  Reference reference(String output) {
    Reference reference = outputs.get(output);
    if (reference == null) {
      throw new IllegalArgumentException(name() + " has no output " + output);
    }
    return reference;
  }

  @Override
  public String toString() {
    return name();
  }
}
