package dev.logitcl.examples;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.LinearGradient;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.MatrixProduct;
import java.util.Arrays;
import java.util.List;

/**
 * A linear classifier of very many classes, trained by gradient descent, as the last layer of a
 * language model is:
 *
 * <pre>
 *   Z    = H W^T + b             loss = mean_i (log sum_j exp(z_ij) - z_it)
 *   dZ   = (softmax(Z) - Y) / rows
 *   dW   = dZ^T H,  db = column sums of dZ,  dH = dZ W
 *   W   -= rate dW, b -= rate db
 * </pre>
 *
 * <p>Z and dZ have rows x classes elements, far more than anything else here. {@link LinearLogits}
 * computes some rows of them at a time and never stores the rest. The same step with Z stored
 * ({@link #stored}) is five calls, and is what the demo compares with.
 *
 * <p>The update stays on the device, too: {@code W -= rate dW} is the product of dW with the
 * identity, with alpha = -rate and beta = 1.
 */
public final class LinearClassifier implements AutoCloseable {
  /** 8 MiB: less than the 96 rows of 50000 logits need, so that they come in parts. */
  private static final long SCRATCH = 8L << 20;

  private static final double RATE = 30;

  private final Backend backend;
  private final Matrix weights;
  private final Matrix bias;
  private final Matrix dWeights;
  private final Matrix dBias;
  private final Matrix identity;
  private final Matrix one;

  /**
   * The results of one step, in the order of the formulas.
   *
   * @param loss the mean loss
   * @param dHidden its gradient with respect to H
   * @param dWeights its gradient with respect to W
   * @param dBias its gradient with respect to the bias
   */
  @SuppressWarnings("ArrayRecordComponent") // results, for taking apart
  public record Step(float loss, float[] dHidden, float[] dWeights, float[] dBias) {}

  /** Starts with weights of 0, with which all classes are equally likely. */
  public LinearClassifier(Backend backend, int width, int classes) {
    this.backend = backend;
    this.weights = backend.upload(new float[classes * width], classes, width);
    this.bias = backend.upload(new float[classes], 1, classes);
    this.dWeights = backend.allocate(weights.shape());
    this.dBias = backend.allocate(bias.shape());
    float[] ones = new float[width * width];
    for (int i = 0; i < width; i++) {
      ones[i * width + i] = 1;
    }
    this.identity = backend.upload(ones, width, width);
    this.one = backend.upload(new float[] {1}, 1, 1);
  }

  /**
   * Computes loss and gradients; the logits are never stored.
   *
   * @param hidden the inputs, rows x width
   * @param target the class of each row
   * @param scratch how many bytes of logits are computed at a time
   */
  public Step step(Matrix hidden, Labels target, long scratch) {
    LinearLogits z = LinearLogits.of(hidden, weights, bias).withScratch(scratch);
    try (Matrix loss = backend.allocateColumn(1);
        Matrix dHidden = backend.allocate(hidden.shape())) {
      LinearGradient dz = z.gradient(dHidden, dWeights, dBias);
      backend.run(new CrossEntropy(z, target, CrossEntropyOptions.DEFAULT, loss, null, dz));
      return read(loss, dHidden);
    }
  }

  /** Computes what {@link #step} does, with the logits stored. */
  public Step stored(Matrix hidden, Labels target) {
    CrossEntropyOptions options = CrossEntropyOptions.DEFAULT.inPlaceOfLogits();
    float[] ones = new float[(int) hidden.rows()];
    Arrays.fill(ones, 1);
    try (Matrix z = backend.allocate(new Shape(hidden.rows(), weights.rows()));
        Matrix loss = backend.allocateColumn(1);
        Matrix dHidden = backend.allocate(hidden.shape());
        Matrix sums = backend.upload(ones, 1, ones.length)) {
      backend.run(new MatrixProduct(hidden, false, weights, true, z).withBias(bias));
      backend.run(new CrossEntropy(z, target, options, loss, null, z)); // z is dz from here on
      backend.run(new MatrixProduct(z, weights, dHidden));
      backend.run(new MatrixProduct(z, true, hidden, false, dWeights));
      backend.run(new MatrixProduct(sums, z, dBias));
      return read(loss, dHidden);
    }
  }

  private Step read(Matrix loss, Matrix dHidden) {
    return new Step(values(loss)[0], values(dHidden), values(dWeights), values(dBias));
  }

  private static float[] values(Matrix matrix) {
    float[] values = new float[(int) matrix.shape().elements()];
    matrix.read(values);
    return values;
  }

  /** Goes against the gradients of the last step. */
  public void descend(double rate) {
    backend.run(new MatrixProduct(dWeights, identity, weights).withAlpha(-rate).withBeta(1));
    backend.run(new MatrixProduct(one, dBias, bias).withAlpha(-rate).withBeta(1));
  }

  @Override
  public void close() {
    List.of(one, identity, dBias, dWeights, bias, weights).forEach(Matrix::close);
  }

  static List<Check> demo(Backend backend) {
    int classes = 50_000;
    int used = 24; // that occur as targets
    int width = 16;
    int rows = 96;
    int steps = 8;
    float[] centres = Plain.random(used * width, 1, 1);
    float[] noise = Plain.random(rows * width, 0.25, 2);
    float[] inputs = new float[rows * width];
    int[] targets = new int[rows];
    double[] firstBias = new double[classes];
    Arrays.fill(firstBias, 1.0 / classes);
    for (int i = 0; i < rows; i++) {
      targets[i] = i % used * (classes / used);
      firstBias[targets[i]] -= 1.0 / rows;
      for (int k = 0; k < width; k++) {
        inputs[i * width + k] = centres[i % used * width + k] + noise[i * width + k];
      }
    }
    try (LinearClassifier model = new LinearClassifier(backend, width, classes);
        Matrix hidden = backend.upload(inputs, rows, width);
        Labels target = backend.upload(targets)) {
      Step first = model.step(hidden, target, SCRATCH);
      Step last = first;
      for (int i = 0; i < steps; i++) {
        model.descend(RATE);
        last = model.step(hidden, target, SCRATCH);
      }
      Step stored = model.stored(hidden, target);
      return List.of(
          new Check("loss before, log(50000)", first.loss(), Math.log(classes), 1e-5),
          Check.all("db before, 1/classes - [j = t]/rows", first.dBias(), firstBias, 1e-7),
          new Check("loss after 8 steps, with Z stored", last.loss(), stored.loss(), 1e-6),
          Check.all("dH, with Z stored", last.dHidden(), Plain.of(stored.dHidden()), 1e-7),
          Check.all("dW, with Z stored", last.dWeights(), Plain.of(stored.dWeights()), 1e-7),
          Check.all("db, with Z stored", last.dBias(), Plain.of(stored.dBias()), 1e-7),
          new Check("loss after 8 steps, at most 0.05", last.loss(), 0, 0.05));
    }
  }
}
