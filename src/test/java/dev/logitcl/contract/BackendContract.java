package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Accuracy;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.bench.Verify;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/** What every backend is held to; the tests choose the backends. */
public final class BackendContract {
  /**
   * Columns around every vector width, group size and their products; GPT-2's vocabulary. Rows
   * around a vector and a group.
   */
  private static final int[] COLS = {
    0, 1, 2, 3, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 4097, 50257
  };

  private static final int[] ROWS = {0, 1, 3, 17, 65};

  /** Keeps the slowest geometry, a work-group per row on a CPU, within seconds. */
  private static final int MOST_ELEMENTS = 60_000;

  private static final List<Shape> SHAPES = shapes();

  /** A value that no operation computes. */
  private static final double CANARY = -0x1.cafe02p77;

  private BackendContract() {}

  /** One case on many shapes: results, inputs and neighbours. */
  static void agrees(TestBackend backend, OpCase opCase, IntPredicate columns) {
    for (Shape shape : SHAPES) {
      if (opCase.accepts(shape.rows(), shape.cols()) && columns.test((int) shape.cols())) {
        for (Fill fill : new Fill[] {Fill.RANDOM, Fill.MASKED}) {
          check(backend.get(), opCase, new Inputs(shape, fill, 1));
        }
      }
    }
  }

  /** Each number of columns with two of the numbers of rows, and the others as the scope says. */
  private static List<Shape> shapes() {
    List<Shape> all = new ArrayList<>();
    List<Shape> chosen = new ArrayList<>();
    for (int c = 0; c < COLS.length; c++) {
      for (int r = 0; r < ROWS.length; r++) {
        Shape shape = new Shape(ROWS[r], COLS[c]);
        if (ROWS[r] <= 1 || shape.elements() <= MOST_ELEMENTS) {
          all.add(shape);
          if (r == c % ROWS.length || r == (c + 2) % ROWS.length) {
            chosen.add(shape);
          }
        }
      }
    }
    return Scope.ofThisRun().select(all, chosen);
  }

  /** One case with every fill: less than a vector, a vector and one, beyond a group and a chunk. */
  static void everyFill(TestBackend backend, OpCase opCase, IntPredicate columns) {
    for (Fill fill : Fill.values()) {
      for (Shape shape :
          List.of(new Shape(4, 3), new Shape(33, 17), new Shape(9, 257), new Shape(5, 4097))) {
        if (columns.test((int) shape.cols())) {
          check(backend.get(), opCase, new Inputs(shape, fill, 2));
        }
      }
    }
  }

  /** Every rule. */
  static void rules(TestBackend backend) {
    List<Verify.Line> lines = Verify.rules(backend.get());
    List<Verify.Line> missed = lines.stream().filter(line -> !line.ok()).toList();
    assertFalse(lines.isEmpty());
    assertEquals(List.of(), missed, backend + " misses");
  }

  /** A long row, and more elements than one thread is given. */
  static void longRows(TestBackend backend, OpCase opCase) {
    check(backend.get(), opCase, new Inputs(new Shape(1, 300_001), Fill.MASKED, 1));
    if (Scope.ofThisRun().isAll()) {
      check(backend.get(), opCase, new Inputs(new Shape(4, 100_003), Fill.TIES, 1));
    }
    check(backend.get(), opCase, new Inputs(new Shape(1000, 259), Fill.RANDOM, 1));
  }

  /** Runs a case between canaries and checks all there is to check. */
  public static RunReport check(Backend backend, OpCase opCase, Inputs inputs) {
    Values canaries = new Values(DType.F32, 257).fill(CANARY);
    try (Matrix before = canary(backend, canaries);
        Run run = opCase.prepare(backend, inputs);
        Matrix after = canary(backend, canaries)) {
      List<Values> sources = inputsOf(run);
      RunReport report = run.run();
      Accuracy accuracy = run.check();
      String where = describe(backend, opCase, inputs);
      assertTrue(accuracy.ok(), where + accuracy.detail());
      if (!opCase.isInPlace()) {
        List<Values> first = outputsOf(run);
        run.run();
        assertSame(first, outputsOf(run), where + "other bits when run again");
      }
      assertSame(sources, inputsOf(run), where + "an input has changed");
      assertSame(
          List.of(canaries, canaries),
          List.of(Values.of(before), Values.of(after)),
          where + "a neighbour was overwritten");
      return report;
    }
  }

  private static Matrix canary(Backend backend, Values canaries) {
    return backend.upload(canaries.buffer(), 1, canaries.length(), canaries.dtype());
  }

  private static List<Values> outputsOf(Run run) {
    return contents(run, operand -> operand.role().isOutput());
  }

  /** The inputs, but for those that are written in place. */
  private static List<Values> inputsOf(Run run) {
    return contents(
        run,
        input ->
            run.op().operands().stream()
                .noneMatch(
                    output ->
                        output.role().isOutput()
                            && output.matrix().sharesMemoryWith(input.matrix())));
  }

  private static List<Values> contents(Run run, Predicate<Operand> wanted) {
    return run.op().operands().stream()
        .filter(operand -> operand.matrix().dtype().isFloat() && wanted.test(operand))
        .map(operand -> Values.of(operand.matrix()))
        .toList();
  }

  /**
   * Requires equal bits, with NaN as one value: its sign is the compiler's choice, interpreted code
   * has another.
   */
  private static void assertSame(List<Values> expected, List<Values> actual, String message) {
    for (int k = 0; k < expected.size(); k++) {
      assertEquals(-1, expected.get(k).differsAt(actual.get(k)), message);
    }
  }

  private static String describe(Backend backend, OpCase opCase, Inputs inputs) {
    return backend.device() + ": " + opCase + " of " + inputs + ": ";
  }
}
