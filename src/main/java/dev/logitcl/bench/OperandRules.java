package dev.logitcl.bench;

import static dev.logitcl.bench.Rule.raises;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.Operand;
import java.util.List;
import java.util.function.Predicate;

/**
 * The promises about every operation's operands, as checks: repeatable, untouched, open, in place.
 */
final class OperandRules {
  /** Enough to meet another order of the threads. */
  private static final int REPEATS = 5;

  private OperandRules() {}

  static void addTo(List<Rule> rules) {
    for (OpCase opCase : OpCase.all()) {
      String op = opCase.op() + " " + opCase.pass();
      if (opCase.isListed()) {
        rules.add(new Rule(op, "same bits run after run", (b, n) -> repeated(b, opCase, n)));
        rules.add(new Rule(op, "inputs stay as they are", (b, n) -> inputsKept(b, opCase, n)));
        rules.add(new Rule(op, "a closed operand raises", (b, n) -> closed(b, opCase, n)));
        rules.add(new Rule(op, "no rows -> no results", (b, n) -> checked(b, opCase, 0, n)));
      } else if (opCase.isInPlace()) {
        rules.add(new Rule(op, opCase.variant(), (b, n) -> checked(b, opCase, 5, n)));
      }
    }
  }

  private static Inputs inputs(int rows, int cols) {
    return new Inputs(new Shape(rows, cols), Fill.RANDOM, 1);
  }

  private static Accuracy checked(Backend backend, OpCase opCase, int rows, int cols) {
    try (Run run = opCase.prepare(backend, inputs(rows, cols))) {
      run.run();
      return run.check();
    }
  }

  private static Accuracy repeated(Backend backend, OpCase opCase, int n) {
    try (Run run = opCase.prepare(backend, inputs(5, n))) {
      run.run();
      List<Values> first = contents(run, operand -> operand.role().isOutput());
      Accuracy accuracy = Accuracy.NONE;
      for (int k = 0; k < REPEATS; k++) {
        run.run();
        List<Values> again = contents(run, operand -> operand.role().isOutput());
        accuracy = accuracy.and(unchanged("output", again, first));
      }
      return accuracy;
    }
  }

  private static Accuracy inputsKept(Backend backend, OpCase opCase, int n) {
    try (Run run = opCase.prepare(backend, inputs(5, n))) {
      List<Values> before = contents(run, operand -> !operand.role().isOutput());
      run.run();
      List<Values> after = contents(run, operand -> !operand.role().isOutput());
      return unchanged("input", after, before);
    }
  }

  private static Accuracy closed(Backend backend, OpCase opCase, int n) {
    Accuracy accuracy = Accuracy.NONE;
    int count;
    int next = 0;
    do {
      try (Run run = opCase.prepare(backend, inputs(5, n))) {
        List<Operand> operands = run.op().operands();
        count = operands.size();
        operands.get(next).matrix().close();
        String name = operands.get(next).name();
        accuracy = accuracy.and(raises(IllegalStateException.class, run::run, name));
      }
    } while (++next < count);
    return accuracy;
  }

  private static Accuracy unchanged(String what, List<Values> after, List<Values> before) {
    for (int k = 0; k < before.size(); k++) {
      int at = after.get(k).differsAt(before.get(k));
      if (at >= 0) {
        return Accuracy.failed(
            what
                + " "
                + k
                + "["
                + at
                + "] is "
                + after.get(k).get(at)
                + ", expected "
                + before.get(k).get(at));
      }
    }
    return Accuracy.NONE;
  }

  private static List<Values> contents(Run run, Predicate<Operand> wanted) {
    return run.op().operands().stream()
        .filter(operand -> operand.matrix().dtype().isFloat() && wanted.test(operand))
        .map(operand -> Values.of(operand.matrix()))
        .toList();
  }
}
