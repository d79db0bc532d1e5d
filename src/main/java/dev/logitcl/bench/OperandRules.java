package dev.logitcl.bench;

import static dev.logitcl.bench.Rule.raises;
import static dev.logitcl.bench.Rule.same;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What is promised of every operation's operands: repeatable, untouched, open, in place. */
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
      List<float[]> first = contents(run, operand -> operand.role().isOutput());
      Accuracy accuracy = Accuracy.NONE;
      for (int k = 0; k < REPEATS; k++) {
        run.run();
        List<float[]> again = contents(run, operand -> operand.role().isOutput());
        accuracy = accuracy.and(unchanged("output", again, first));
      }
      return accuracy;
    }
  }

  private static Accuracy inputsKept(Backend backend, OpCase opCase, int n) {
    try (Run run = opCase.prepare(backend, inputs(5, n))) {
      List<float[]> before = contents(run, operand -> !operand.role().isOutput());
      run.run();
      List<float[]> after = contents(run, operand -> !operand.role().isOutput());
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

  private static Accuracy unchanged(String what, List<float[]> after, List<float[]> before) {
    Accuracy accuracy = Accuracy.NONE;
    for (int k = 0; k < before.size(); k++) {
      accuracy = accuracy.and(same(what + " " + k, after.get(k), before.get(k)));
    }
    return accuracy;
  }

  private static List<float[]> contents(Run run, Predicate<Operand> wanted) {
    List<float[]> contents = new ArrayList<>();
    for (Operand operand : run.op().operands()) {
      Matrix matrix = operand.matrix();
      if (matrix.dtype() == DType.F32 && wanted.test(operand)) {
        float[] values = new float[(int) matrix.shape().elements()];
        matrix.read(values);
        contents.add(values);
      }
    }
    return contents;
  }
}
