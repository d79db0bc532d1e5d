package dev.logitcl.bench;

import static dev.logitcl.bench.Rule.near;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.MatrixProduct;
import java.util.List;

/** The promises about logits that are never stored, as checks: they are as stored ones. */
final class LinearRules {
  private static final int ROWS = 7;
  private static final int WIDTH = 19;

  /** Terms of up to a number, each of which errs by some roundings. */
  private static final double ERROR = 64 * Tolerance.U;

  private LinearRules() {}

  static void addTo(List<Rule> rules) {
    rules.add(
        new Rule(
            "cross-entropy forward+backward",
            "of logits that are never stored: as of stored ones",
            LinearRules::asStored));
  }

  private static float[] noise(long seed, int n) {
    float[] values = new float[n];
    for (int k = 0; k < n; k++) {
      values[k] = Noise.index(seed, k, 17) / 8f - 1;
    }
    return values;
  }

  private static Accuracy asStored(Backend backend, int classes) {
    int[] targets = new int[ROWS];
    for (int i = 0; i < ROWS; i++) {
      targets[i] = i == 2 ? -1 : Noise.index(4, i, classes);
    }
    CrossEntropyOptions options = CrossEntropyOptions.DEFAULT.ignoring(-1);
    Shape layer = new Shape(classes, WIDTH);
    try (Matrix h = backend.upload(noise(1, ROWS * WIDTH), ROWS, WIDTH);
        Matrix w = backend.upload(noise(2, classes * WIDTH), classes, WIDTH);
        Matrix bias = backend.upload(noise(3, classes), 1, classes);
        Labels target = backend.upload(targets);
        Matrix loss = backend.allocateColumn(1);
        Matrix dh = backend.allocate(h.shape());
        Matrix dw = backend.allocate(layer);
        Matrix logits = backend.allocate(new Shape(ROWS, classes));
        Matrix dz = backend.allocate(logits.shape());
        Matrix storedLoss = backend.allocateColumn(1);
        Matrix storedDh = backend.allocate(h.shape());
        Matrix storedDw = backend.allocate(layer)) {
      LinearLogits z = LinearLogits.of(h, w, bias).withScratch(3L * classes * Float.BYTES);
      backend.run(new CrossEntropy(z, target, options, loss, null, z.gradient(dh, dw, null)));
      backend.run(new MatrixProduct(h, false, w, true, logits).withBias(bias));
      backend.run(new CrossEntropy(logits, target, options, storedLoss, null, dz));
      backend.run(new MatrixProduct(dz, w, storedDh));
      backend.run(new MatrixProduct(dz, true, h, false, storedDw));
      return as("loss", loss, storedLoss, 16)
          .and(as("dHidden", dh, storedDh, 1))
          .and(as("dWeights", dw, storedDw, 2));
    }
  }

  private static Accuracy as(String name, Matrix actual, Matrix expected, double magnitude) {
    float[] values = new float[(int) actual.shape().elements()];
    float[] stored = new float[values.length];
    actual.read(values);
    expected.read(stored);
    Accuracy accuracy = Accuracy.NONE;
    for (int k = 0; k < values.length; k++) {
      String place = name + "[" + k + "]";
      accuracy = accuracy.and(near(place, values[k], stored[k], ERROR * magnitude));
    }
    return accuracy;
  }
}
