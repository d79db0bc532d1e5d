package dev.logitcl.bench;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Runs the accuracy and edge-case contract on a backend. */
public final class Verify {

  /**
   * One line of the result.
   *
   * @param op the operation and its pass, {@code log-softmax backward}
   * @param rule what must hold
   * @param worstAbsolute largest absolute error, as in {@link Accuracy}
   * @param worstUlp largest error in ulp, as in {@link Accuracy}
   * @param ok whether it holds
   * @param detail the first miss; empty if it holds
   */
  public record Line(
      String op, String rule, double worstAbsolute, double worstUlp, boolean ok, String detail) {}

  /**
   * The checks to make.
   *
   * @param quick fewer shapes: seconds in place of half a minute
   * @param ops the only operations wanted, as {@link OpCase#op}; none for all
   * @param seed of the inputs
   * @param dtype element type of the matrices; the rules beside the agreement with double precision
   *     are those of float32
   */
  public record Settings(boolean quick, Set<String> ops, long seed, DType dtype) {
    /** For float32. */
    public Settings(boolean quick, Set<String> ops, long seed) {
      this(quick, ops, seed, DType.F32);
    }
  }

  /** Hears how a run goes on. */
  public interface Listener {
    /** Before the first line: how many lines there will be. */
    default void started(int lines) {}

    /** A line is done. */
    default void line(Line line) {}
  }

  /** One element, a vector and one more, rows that no vector width divides, a long row. */
  private static final List<Shape> QUICK =
      List.of(
          new Shape(1, 1),
          new Shape(3, 2),
          new Shape(65, 17),
          new Shape(17, 257),
          new Shape(5, 1000),
          new Shape(3, 4097));

  /** Shapes besides: short rows, many rows, GPT-2's vocabulary, one row for many work-groups. */
  private static final List<Shape> MORE =
      List.of(
          new Shape(1000, 10),
          new Shape(255, 128),
          new Shape(129, 1023),
          new Shape(3, 50257),
          new Shape(1, 400_000));

  private Verify() {}

  /** Checks everything; a backend that throws has failed that line and goes on with the next. */
  public static List<Line> run(Backend backend, Settings settings, Listener listener) {
    Map<String, List<OpCase>> groups = new LinkedHashMap<>();
    for (OpCase opCase : OpCase.all()) {
      if (settings.ops().isEmpty() || settings.ops().contains(opCase.op())) {
        groups
            .computeIfAbsent(opCase.op() + " " + opCase.pass(), name -> new ArrayList<>())
            .add(opCase);
      }
    }
    List<Rule> rules =
        settings.dtype() == DType.F32
            ? Rules.all().stream().filter(rule -> groups.containsKey(rule.op())).toList()
            : List.of();
    boolean logSoftmax = settings.dtype() == DType.F32 && groups.containsKey(LogSoftmaxError.OP);
    listener.started(groups.size() + rules.size() + (logSoftmax ? 1 : 0));
    List<Line> lines = new ArrayList<>();
    groups.forEach(
        (name, cases) -> {
          Accuracy accuracy = accuracy(backend, cases, settings);
          add(lines, line(name, "agrees with double precision", accuracy), listener);
        });
    if (logSoftmax) {
      String text = LogSoftmaxError.TEXT;
      Accuracy accuracy =
          guarded(text, () -> LogSoftmaxError.measure(backend, settings.seed(), settings.quick()));
      add(lines, line(LogSoftmaxError.OP, text, accuracy), listener);
    }
    rules.forEach(rule -> add(lines, line(backend, rule), listener));
    return List.copyOf(lines);
  }

  /** The rules alone. */
  public static List<Line> rules(Backend backend) {
    return Rules.all().stream().map(rule -> line(backend, rule)).toList();
  }

  /** All rules beside the agreement with double precision, for {@link #line}. */
  public static List<Rule> rules() {
    return Rules.all();
  }

  /** Checks one rule; a backend that throws has failed it. */
  public static Line line(Backend backend, Rule rule) {
    return line(rule.op(), rule.text(), guarded(rule.text(), () -> rule.holds(backend)));
  }

  private static void add(List<Line> lines, Line line, Listener listener) {
    lines.add(line);
    listener.line(line);
  }

  private static Line line(String op, String rule, Accuracy a) {
    return new Line(op, rule, a.worstAbsolute(), a.worstUlp(), a.ok(), a.detail());
  }

  private static Accuracy accuracy(Backend backend, List<OpCase> cases, Settings settings) {
    List<Shape> shapes = new ArrayList<>(QUICK);
    if (!settings.quick()) {
      shapes.addAll(MORE);
    }
    Accuracy accuracy = Accuracy.NONE;
    for (Shape shape : shapes) {
      for (Fill fill : Fill.values()) {
        Inputs inputs = new Inputs(shape, settings.dtype(), fill, settings.seed());
        for (OpCase opCase : cases) {
          String where = opCase + " of " + inputs;
          accuracy = accuracy.and(guarded(where, () -> check(backend, opCase, inputs)));
        }
      }
    }
    return accuracy;
  }

  private static Accuracy check(Backend backend, OpCase opCase, Inputs inputs) {
    try (Run run = opCase.prepare(backend, inputs)) {
      run.run();
      Accuracy found = run.check();
      return found.ok()
          ? found
          : new Accuracy(
              found.worstAbsolute(),
              found.worstUlp(),
              false,
              opCase + " of " + inputs + ": " + found.detail());
    }
  }

  /** A check that ends in an exception has found something. */
  private static Accuracy guarded(String what, Supplier<Accuracy> check) {
    try {
      return check.get();
    } catch (RuntimeException e) {
      return Accuracy.failed(what + ": " + e);
    }
  }
}
