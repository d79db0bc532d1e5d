package dev.logitcl.bench;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.LinearGradient;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.Operand;
import dev.logitcl.op.RowOp;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.WeakHashMap;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * The mean cross-entropy of a linear layer whose logits are never stored, as something to time: the
 * shape is that of the logits, and the layer's width is {@link #WIDTH}.
 */
final class LinearCases {
  /** Elements of a row of H and of a row of W. */
  static final int WIDTH = 128;

  /** The standard deviation of the logits is 2. */
  private static final double SPREAD = 2 / Math.sqrt(WIDTH);

  private LinearCases() {}

  static List<OpCase> all() {
    return List.of(
        of("forward", o -> call(o, false), Map.of("loss", LinearCases::loss)),
        of(
            "forward+backward",
            o -> call(o, true),
            Map.of(
                "loss",
                LinearCases::loss,
                "dx hidden",
                LinearCases::dHidden,
                "dx weights",
                LinearCases::dWeights)));
  }

  private static OpCase of(
      String pass, Function<Operands, RowOp> build, Map<String, Reference> outputs) {
    return new OpCase("linear-cross-entropy", pass, "", CrossEntropy.class, build, outputs, true);
  }

  private static LinearLogits logits(Operands o) {
    Inputs in = o.inputs();
    Matrix hidden =
        o.input("hidden", in.rows(), WIDTH, () -> made(in, in.rows(), LinearCases::hidden));
    Matrix weights =
        o.input("weights", in.cols(), WIDTH, () -> made(in, in.cols(), LinearCases::weight));
    return LinearLogits.of(hidden, weights, null);
  }

  private static RowOp call(Operands o, boolean withGradient) {
    LinearLogits z = logits(o);
    DType type = o.inputs().dtype().arithmetic();
    LinearGradient gradient =
        withGradient
            ? z.gradient(
                o.output("d hidden", o.inputs().rows(), WIDTH, type),
                o.output("d weights", o.inputs().cols(), WIDTH, type),
                null)
            : null;
    Labels targets = o.targets(OptionalInt.empty());
    return new CrossEntropy(
        z, targets, CrossEntropyOptions.DEFAULT, o.outTotal("linear loss"), null, gradient);
  }

  private interface Element {
    double at(Inputs in, int row, int k);
  }

  private static Values made(Inputs in, int rows, Element element) {
    Values values = new Values(in.dtype(), rows * WIDTH);
    for (int i = 0; i < rows; i++) {
      for (int k = 0; k < WIDTH; k++) {
        values.set(i * WIDTH + k, element.at(in, i, k));
      }
    }
    return values;
  }

  private static double hidden(Inputs in, int row, int k) {
    return in.dtype().round(Noise.normal(in.seed() + 21, row * WIDTH + k));
  }

  private static double weight(Inputs in, int col, int k) {
    return in.dtype().round(SPREAD * Noise.normal(in.seed() + 22, col * WIDTH + k));
  }

  // --- what should come out ---

  /** The layer in double precision, and the log-sum-exp of each row of its logits. */
  private static final class Layer {
    private final double[] hidden;
    private final double[] weights;
    private final double[] lse;

    Layer(Inputs in) {
      hidden = new double[in.rows() * WIDTH];
      Arrays.setAll(hidden, k -> LinearCases.hidden(in, k / WIDTH, k % WIDTH));
      weights = new double[in.cols() * WIDTH];
      Arrays.setAll(weights, k -> weight(in, k / WIDTH, k % WIDTH));
      lse = new double[in.rows()];
      IntStream.range(0, in.rows())
          .parallel()
          .forEach(
              i -> {
                double[] row = new double[in.cols()];
                Arrays.setAll(row, j -> logit(i, j));
                lse[i] = Oracle.logSumExp(Oracle.stats(row));
              });
    }

    double logit(int row, int col) {
      double sum = 0;
      for (int k = 0; k < WIDTH; k++) {
        sum += hidden[row * WIDTH + k] * weights[col * WIDTH + k];
      }
      return sum;
    }

    /** How far a logit may be off: its terms are added up in order. */
    double error(int row, int col) {
      double sum = 0;
      for (int k = 0; k < WIDTH; k++) {
        sum += Math.abs(hidden[row * WIDTH + k] * weights[col * WIDTH + k]);
      }
      return Tolerance.addingInOrder(WIDTH) * sum;
    }

    /** The gradient of the mean loss with respect to a logit. */
    double gradient(Inputs in, int row, int col) {
      double p = Math.exp(logit(row, col) - lse[row]);
      return (p - (col == target(in, row) ? 1 : 0)) / in.rows();
    }
  }

  private static final Map<Inputs, Layer> LAYERS = Collections.synchronizedMap(new WeakHashMap<>());

  private static Layer layer(Inputs in) {
    return LAYERS.computeIfAbsent(in, Layer::new);
  }

  private static int target(Inputs in, int row) {
    return in.target(OptionalInt.empty(), row);
  }

  private static void loss(Inputs in, int row, Comparison to) {
    Layer layer = layer(in);
    Oracle.Sum losses = new Oracle.Sum();
    double tolerance = 0;
    for (int i = 0; i < in.rows(); i++) {
      int target = target(in, i);
      double loss = layer.lse[i] - layer.logit(i, target);
      losses.add(loss);
      tolerance += 2 * layer.error(i, target) + relative(in.cols()) + Tolerance.U * loss;
    }
    to.element(0, losses.value() / in.rows(), tolerance / in.rows(), 1);
  }

  /** How far a probability, and the logarithm of a sum of exponentials, may be off. */
  private static double relative(int terms) {
    return Tolerance.addingInOrder(terms) + 2 * Tolerance.EXP + Tolerance.LOG + Tolerance.DIVIDE;
  }

  private static void dHidden(Inputs in, int row, Comparison to) {
    double[] weights = layer(in).weights;
    dElements(in, in.cols(), to, col -> row, col -> col, (col, k) -> weights[col * WIDTH + k]);
  }

  private static void dWeights(Inputs in, int col, Comparison to) {
    double[] hidden = layer(in).hidden;
    dElements(in, in.rows(), to, row -> row, row -> col, (row, k) -> hidden[row * WIDTH + k]);
  }

  private interface Factor {
    double at(int term, int k);
  }

  /** Sums of gradients of logits, each times an element of the other factor. */
  private static void dElements(
      Inputs in,
      int terms,
      Comparison to,
      IntUnaryOperator row,
      IntUnaryOperator col,
      Factor factor) {
    Layer layer = layer(in);
    double[] sum = new double[WIDTH];
    double[] off = new double[WIDTH];
    for (int term = 0; term < terms; term++) {
      int i = row.applyAsInt(term);
      int j = col.applyAsInt(term);
      double gradient = layer.gradient(in, i, j);
      double p = j == target(in, i) ? 1 : gradient * in.rows();
      double error = p * (2 * layer.error(i, j) + relative(in.cols())) / in.rows();
      for (int k = 0; k < WIDTH; k++) {
        double f = factor.at(term, k);
        sum[k] += gradient * f;
        off[k] += Math.abs(f) * (error + Tolerance.addingInOrder(terms) * Math.abs(gradient));
      }
    }
    for (int k = 0; k < WIDTH; k++) {
      to.element(k, sum[k], off[k] + Tolerance.TINY, 0);
    }
  }

  // --- how much there is to compute ---

  /** Additions and multiplications of a call's matrix products; 0 for a call without any. */
  static long operations(RowOp op) {
    if (op instanceof MatrixProduct product) {
      return 2 * product.c().shape().elements() * product.inner();
    }
    List<Operand> operands = op.operands();
    if (!(operands.get(0).matrix() instanceof LinearLogits z)) {
      return 0;
    }
    long products = 1;
    if (operands.get(operands.size() - 1).matrix() instanceof LinearGradient gradient) {
      products += gradient.hidden() == null ? 0 : 1;
      products += gradient.weights() == null ? 0 : 1;
    }
    return 2 * z.rows() * z.cols() * z.width() * products;
  }
}
