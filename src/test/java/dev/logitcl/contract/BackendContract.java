package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.Accuracy;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.bench.Verify;
import dev.logitcl.contract.TestBackend.Forced;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Operand;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** What every backend is held to; the tests choose the backends. */
final class BackendContract {
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

  /** Bits that no operation computes. */
  private static final float CANARY = Float.intBitsToFloat(0x7FCAFE01);

  private BackendContract() {}

  /** One case on every shape: results, entry points, inputs and neighbours. */
  static void agrees(TestBackend backend, OpCase opCase) {
    int served = 0;
    for (int cols : COLS) {
      for (int rows : ROWS) {
        Shape shape = new Shape(rows, cols);
        if ((rows > 1 && shape.elements() > MOST_ELEMENTS)
            || !opCase.accepts(rows, cols)
            || !backend.isFor(opCase, shape)) {
          continue;
        }
        for (Fill fill : new Fill[] {Fill.RANDOM, Fill.MASKED}) {
          RunReport report = check(backend.get(), opCase, new Inputs(shape, fill, 1));
          served += proves(backend, opCase, shape, report) ? 1 : 0;
        }
      }
    }
    Forced forced = backend.forced();
    if (forced != null
        && Arrays.stream(COLS).anyMatch(cols -> forced.serves().call(opCase, new Shape(3, cols)))) {
      assertTrue(served > 0, backend + " never ran " + opCase);
    }
  }

  /** One case with every fill: less than a vector, a vector and one, beyond a group and a chunk. */
  static void everyFill(TestBackend backend, OpCase opCase) {
    for (Fill fill : Fill.values()) {
      for (Shape shape :
          List.of(new Shape(4, 3), new Shape(33, 17), new Shape(9, 257), new Shape(5, 4097))) {
        if (backend.isFor(opCase, shape)) {
          check(backend.get(), opCase, new Inputs(shape, fill, 2));
        }
      }
    }
  }

  /** Every rule, and once more every fill. */
  static void rules(TestBackend backend) {
    List<Verify.Line> lines =
        Verify.run(backend.get(), new Verify.Settings(true, null, 2), new Verify.Listener() {});
    List<Verify.Line> missed = lines.stream().filter(line -> !line.ok()).toList();
    assertEquals(List.of(), missed, backend + " misses");
  }

  /** A long row, and more elements than one thread is given. */
  static void longRows(TestBackend backend, OpCase opCase) {
    check(backend.get(), opCase, new Inputs(new Shape(1, 300_001), Fill.MASKED, 1));
    check(backend.get(), opCase, new Inputs(new Shape(4, 100_003), Fill.TIES, 1));
    check(backend.get(), opCase, new Inputs(new Shape(1000, 259), Fill.RANDOM, 1));
  }

  /** A forced variant on lengths around the bounds of the table: the op that needs most of it. */
  static void shipped(TestBackend backend) {
    for (OpCase opCase : OpCase.listed()) {
      if (!opCase.pass().equals("forward+backward")) {
        continue;
      }
      for (int cols : new int[] {1, 13, 16, 63, 64, 255, 256, 1023, 1024, 4093, 16384, 70_001}) {
        Shape shape = new Shape(cols < 10_000 ? 5 : 1, cols);
        if (!backend.isFor(opCase, shape)) {
          continue;
        }
        RunReport report = check(backend.get(), opCase, new Inputs(shape, Fill.MASKED, 1));
        proves(backend, opCase, shape, report);
      }
    }
  }

  /** Runs a case between canaries and checks all there is to check. */
  static RunReport check(Backend backend, OpCase opCase, Inputs inputs) {
    float[] canaries = new float[257];
    Arrays.fill(canaries, CANARY);
    try (Matrix before = backend.upload(canaries, 1, canaries.length);
        Run run = opCase.prepare(backend, inputs);
        Matrix after = backend.upload(canaries, 1, canaries.length)) {
      List<float[]> sources = inputsOf(run);
      RunReport report = run.run();
      Accuracy accuracy = run.check();
      String where = describe(backend, opCase, inputs);
      assertTrue(accuracy.ok(), where + accuracy.detail());
      if (!opCase.isInPlace()) {
        List<float[]> first = outputsOf(run);
        run.run();
        assertSame(first, outputsOf(run), where + "other bits when run again");
      }
      assertSame(sources, inputsOf(run), where + "an input has changed");
      assertSame(
          List.of(canaries, canaries),
          List.of(contents(before), contents(after)),
          where + "a neighbour was overwritten");
      return report;
    }
  }

  /** Whether the forced geometry ran; fails if it can serve the call and another one ran. */
  private static boolean proves(TestBackend backend, OpCase opCase, Shape shape, RunReport report) {
    Forced forced = backend.forced();
    if (forced == null || shape.rows() == 0) {
      return false;
    }
    boolean ran =
        !report.entryPoints().isEmpty()
            && report.entryPoints().stream().allMatch(entry -> isOf(entry, forced.geometry()))
            && report.variant().equals(forced.variant());
    if (forced.serves().call(opCase, shape)) {
      assertTrue(ran, backend + ": " + opCase + " of " + shape + " ran " + report);
    }
    return ran;
  }

  private static boolean isOf(String entryPoint, String geometry) {
    int at = entryPoint.indexOf("__" + geometry);
    String rest = at < 0 ? "none" : entryPoint.substring(at + 2 + geometry.length());
    return List.of("", "__partial", "__finish").contains(rest);
  }

  private static List<float[]> outputsOf(Run run) {
    return contents(run, operand -> operand.role().isOutput());
  }

  /** The inputs, but for those that are written in place. */
  private static List<float[]> inputsOf(Run run) {
    return contents(
        run,
        input ->
            run.op().operands().stream()
                .noneMatch(
                    output ->
                        output.role().isOutput()
                            && output.matrix().sharesMemoryWith(input.matrix())));
  }

  private static List<float[]> contents(Run run, Predicate<Operand> wanted) {
    return run.op().operands().stream()
        .filter(operand -> operand.matrix().dtype() == DType.F32 && wanted.test(operand))
        .map(operand -> contents(operand.matrix()))
        .toList();
  }

  private static float[] contents(Matrix matrix) {
    float[] values = new float[(int) matrix.shape().elements()];
    matrix.read(values);
    return values;
  }

  private static void assertSame(List<float[]> expected, List<float[]> actual, String message) {
    for (int k = 0; k < expected.size(); k++) {
      assertArrayEquals(bits(expected.get(k)), bits(actual.get(k)), message);
    }
  }

  /**
   * The bits, NaN as one value: its sign is the compiler's choice, interpreted code has another.
   */
  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int k = 0; k < values.length; k++) {
      bits[k] = Float.floatToIntBits(values[k]);
    }
    return bits;
  }

  private static String describe(Backend backend, OpCase opCase, Inputs inputs) {
    return backend.device() + ": " + opCase + " of " + inputs + ": ";
  }
}
