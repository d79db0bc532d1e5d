package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.Softmax;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Something of everything that is done with a backend, in steps. Should one fail, what each matrix
 * may hold then is known: what it held before, or the whole result.
 */
final class Walk {
  /** Softmax's rows are split, so that it takes several kernels and scratch memory. */
  static final String VARIANTS = "*\tsoftmax_forward\t*\t*\tsplit_row_item\tSEGS=4 V=8";

  private static final int ROWS = 3;
  private static final int COLS = 40;
  private static final float CANARY = 7777;
  private static final float[] X = new float[ROWS * COLS];

  static {
    for (int i = 0; i < X.length; i++) {
      X[i] = i * 37 % 11 - 5;
    }
  }

  private static final int[] TARGETS = {1, 39, 7};
  private static final CrossEntropyOptions WEIGHTED = CrossEntropyOptions.DEFAULT.with(weights());

  private static ClassWeights weights() {
    float[] weights = new float[COLS];
    for (int j = 0; j < COLS; j++) {
      weights[j] = 1 + j % 3;
    }
    return ClassWeights.of(weights);
  }

  @SuppressWarnings("ArrayRecordComponent") // kept, never compared
  private record Held(String name, Matrix matrix, float[] before) {}

  private final Backend backend;
  private final boolean brief;
  private final List<Held> held = new ArrayList<>();
  private final Map<String, float[]> results = new TreeMap<>();

  /** All of it, or with one program alone. */
  Walk(Backend backend, boolean brief) {
    this.backend = backend;
    this.brief = brief;
  }

  /** All steps; the results by name. */
  Map<String, float[]> run() {
    Matrix x = in("x");
    Matrix probabilities = out("softmax", x.shape());
    backend.run(new Softmax(x, probabilities));
    if (!brief) {
      runMore(x);
    }
    backend.finish();
    for (Held one : held) {
      float[] values = new float[one.before.length];
      Arrays.fill(values, CANARY);
      results.put(one.name, values);
      one.matrix.read(values);
    }
    return results;
  }

  private void runMore(Matrix x) {
    Matrix logs = out("log-softmax", x.shape());
    backend.run(new LogSoftmax(x, logs));
    Matrix both = in("in place");
    backend.run(new LogSoftmax(both, both));
    Labels labels = backend.upload(new int[ROWS]);
    labels.write(TARGETS);
    Matrix loss = out("loss", new Shape(1, 1));
    RowOp weighted = new CrossEntropy(x, labels, WEIGHTED, loss);
    backend.run(weighted);
    Matrix turned = out("permuted", x.shape());
    backend.permute(x, Permutation.of(new long[] {ROWS, COLS}, 1, 0), turned);
  }

  private Matrix in(String name) {
    Matrix matrix = backend.upload(X, ROWS, COLS);
    held.add(new Held(name, matrix, X));
    return matrix;
  }

  private Matrix out(String name, Shape shape) {
    float[] canary = new float[(int) shape.elements()];
    Arrays.fill(canary, CANARY);
    Matrix matrix = backend.allocate(shape);
    matrix.write(canary);
    held.add(new Held(name, matrix, canary));
    return matrix;
  }

  /** After a step that failed: inputs untouched; outputs and what was read whole or untouched. */
  void requireWholeOrUntouched(Map<String, float[]> expected) {
    results.forEach(
        (name, values) ->
            requireOneOf(name + ", read", values, canary(values), expected.get(name)));
    for (Held one : held) {
      float[] values = new float[one.before.length];
      one.matrix.read(values);
      requireOneOf(one.name, values, one.before, expected.get(one.name));
    }
  }

  /** A read that fails leaves its target as it was. */
  private static float[] canary(float[] like) {
    float[] canary = new float[like.length];
    Arrays.fill(canary, CANARY);
    return canary;
  }

  private static void requireOneOf(String name, float[] values, float[] before, float[] after) {
    assertTrue(
        Arrays.equals(values, before) || Arrays.equals(values, after),
        () -> name + " is neither untouched nor whole: " + Arrays.toString(values));
  }

  /** Requires equal results, as near as {@code tolerance}. */
  static void requireEqual(
      Map<String, float[]> expected, Map<String, float[]> results, float tolerance) {
    assertTrue(expected.keySet().equals(results.keySet()), results.keySet()::toString);
    expected.forEach(
        (name, values) -> {
          if (tolerance == 0) {
            assertArrayEquals(values, results.get(name), name);
          } else {
            assertArrayEquals(values, results.get(name), tolerance, name);
          }
        });
  }
}
