package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.bench.CrossEntropyOracle;
import dev.logitcl.matrix.ClassMask;
import dev.logitcl.matrix.ClassWeights;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.LinearGradient;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.AllIgnored;
import dev.logitcl.op.ComputeRowStats;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyFromStats;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.CrossEntropyOutputs;
import dev.logitcl.op.LabelSmoothing;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.MergeRowStats;
import dev.logitcl.op.Reduction;
import dev.logitcl.op.TokenLogProbs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Operations on logits that are never stored, against the formulas term by term in double
 * precision. The factors are multiples of powers of two, so that the logits are exact in each type,
 * and what is compared is what the operation makes of them.
 */
abstract class LinearLogitsContract {
  /** A call, and what comes of it in double precision. */
  private static final class Case implements AutoCloseable {
    final Random random;
    final Backend backend;
    final DType type;
    final int rows;
    final int width;
    final int classes;
    final List<Matrix> matrices = new ArrayList<>();
    final double[] h;
    final double[] w;
    final double @Nullable [] bias;
    final Matrix hidden;
    final LinearLogits logits;
    final double[][] z;
    final int each;

    Case(Backend backend, DType type, long seed) {
      this(backend, type, new Random(seed));
    }

    private Case(Backend backend, DType type, Random random) {
      this(
          backend,
          type,
          random,
          1 + random.nextInt(21),
          1 + random.nextInt(40),
          2 + random.nextInt(70));
    }

    Case(Backend backend, DType type, Random random, int rows, int width, int classes) {
      this.random = random;
      this.backend = backend;
      this.type = type;
      this.rows = rows;
      this.width = width;
      this.classes = classes;
      this.h = grid(rows * width, 0.125);
      this.w = grid(classes * width, 0.125);
      this.bias = random.nextBoolean() ? grid(classes, 0.25) : null;
      this.hidden = matrix(rows, width, type, h);
      Matrix weights = matrix(classes, width, type, w);
      Matrix biases = bias == null ? null : matrix(1, classes, type.arithmetic(), bias);
      int[] sizes = {1, 2, 3, 7, 13, rows};
      this.each = Math.min(rows, sizes[random.nextInt(sizes.length)]);
      long bytes = (long) each * classes * type.arithmetic().bytes();
      this.logits = LinearLogits.of(hidden, weights, biases).withScratch(bytes);
      this.z = new double[rows][classes];
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < classes; j++) {
          z[i][j] = bias == null ? 0 : bias[j];
          for (int k = 0; k < width; k++) {
            z[i][j] += h[i * width + k] * w[j * width + k];
          }
        }
      }
    }

    double[] grid(int n, double unit) {
      double[] values = new double[n];
      for (int k = 0; k < n; k++) {
        values[k] = unit * (random.nextInt(17) - 8);
      }
      return values;
    }

    Matrix matrix(int down, int across, DType of, double[] values) {
      Matrix matrix = backend.allocate(new Shape(down, across), of);
      matrices.add(matrix);
      Values host = new Values(of, values.length);
      for (int k = 0; k < values.length; k++) {
        host.set(k, values[k]);
        assertEquals(values[k], host.get(k), "a value that " + of + " has");
      }
      matrix.write(0, host.buffer());
      return matrix;
    }

    /** Filled with what must not be there any more after the call. */
    Matrix result(int down, int across, DType of) {
      Matrix matrix = backend.allocate(new Shape(down, across), of);
      matrices.add(matrix);
      matrix.write(
          0, new Values(of, down * across).fill(of == DType.I32 ? -7 : Double.NaN).buffer());
      return matrix;
    }

    /** So much each result may err: some ulps of the terms' magnitudes. */
    double error(double magnitude) {
      return 16 * (type == DType.F64 ? 0x1p-52 : 0x1p-23) * magnitude;
    }

    @Override
    public void close() {
      matrices.forEach(Matrix::close);
    }
  }

  private static String cut(RunReport report) {
    return report.variant().replaceFirst(".* rows x ", "");
  }

  /** One class has nearly all of a row, which is cut elsewhere: log(1 + e^-40) is not 0. */
  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void longRowsThatOneClassDominates(String name, Supplier<Backend> opens, DType type, int cases) {
    Backend backend = opens.get();
    if (!backend.device().has(type)) {
      return;
    }
    int classes = 3000;
    Values w = new Values(type, classes).fill(-200);
    w.set(0, 0);
    w.set(2500, -40);
    try (Matrix hidden = backend.allocate(new Shape(1, 1), type);
        Matrix weights = backend.allocate(Shape.column(classes), type);
        Matrix lse = backend.allocate(Shape.column(1), type.arithmetic())) {
      hidden.write(0, new Values(type, 1).fill(1).buffer());
      weights.write(0, w.buffer());
      backend.run(new LogSumExp(LinearLogits.of(hidden, weights, null).withScratch(1), lse));
      assertEquals(Math.exp(-40), Values.of(lse).get(0), 1e-6 * Math.exp(-40), name);
    }
  }

  /** Rows that are more than the scratch memory, in parts of their classes. */
  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void longRowsInParts(String name, Supplier<Backend> opens, DType type, int cases) {
    Backend backend = opens.get();
    if (!backend.device().has(type)) {
      return;
    }
    for (int classes : new int[] {1025, 2048, 4100}) {
      try (Case of = new Case(backend, type, new Random(classes), 5, 3, classes)) {
        DType wide = type.arithmetic();
        // A part of one row in the least memory, and of three, with two rows for the last part.
        for (long elements : new long[] {1, 3 * 1024}) {
          if (elements >= classes) {
            continue;
          }
          LinearLogits x = of.logits.withScratch(elements * wide.bytes());
          Matrix lse = of.result(5, 1, wide);
          Matrix max = of.result(5, 1, wide);
          Matrix sumExp = of.result(5, 1, wide);
          RunReport report = backend.run(new LogSumExp(x, lse));
          assertTrue(report.variant().contains(" classes"), report.variant());
          // Where a row is cut has nothing to do with the other rows.
          RunReport alone = backend.run(new LogSumExp(x.rows(4, 1), lse.rows(4, 1)));
          assertEquals(cut(report), cut(alone));
          backend.run(new ComputeRowStats(x, max, sumExp));
          for (int i = 0; i < 5; i++) {
            double expected = new LogSum(of.z[i], CrossEntropyOptions.DEFAULT).value();
            String what = name + " " + classes + " classes, row " + i;
            assertEquals(expected, Values.of(lse).get(i), of.error(1 + Math.abs(expected)), what);
            double largest = Arrays.stream(of.z[i]).max().orElseThrow();
            assertEquals(largest, Values.of(max).get(i), what);
            double sum = Arrays.stream(of.z[i]).map(z -> Math.exp(z - largest)).sum();
            assertEquals(sum, Values.of(sumExp).get(i), of.error(sum), what);
          }
        }
      }
    }
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void crossEntropyAndItsGradients(String name, Supplier<Backend> opens, DType type, int cases) {
    Backend backend = opens.get();
    if (backend.device().has(type)) {
      for (int seed = 0; seed < cases; seed++) {
        try (Case of = new Case(backend, type, seed)) {
          crossEntropy(of, name + " " + type + ", case " + seed);
        }
      }
    }
  }

  private static CrossEntropyOptions options(Case of, boolean classes) {
    Random random = of.random;
    CrossEntropyOptions options =
        CrossEntropyOptions.DEFAULT
            .with(List.of(Reduction.values()).get(random.nextInt(3)))
            .with(AllIgnored.ZERO);
    if (random.nextInt(3) == 0) {
      float[] weights = new float[of.classes];
      for (int j = 0; j < weights.length; j++) {
        weights[j] = 0.25f * (1 + random.nextInt(8));
      }
      options = options.with(ClassWeights.of(weights));
    }
    if (random.nextInt(3) == 0) {
      boolean[] takesPart = new boolean[of.classes];
      for (int j = 0; j < takesPart.length; j++) {
        takesPart[j] = j == 0 || random.nextInt(4) > 0;
      }
      options = options.with(ClassMask.of(takesPart));
    }
    options = random.nextInt(3) == 0 ? options.with(LabelSmoothing.pytorch(0.25)) : options;
    options = random.nextInt(3) == 0 ? options.withZLoss(0.125) : options;
    options = random.nextInt(3) == 0 ? options.scaledBy(0.5) : options;
    options = random.nextInt(3) == 0 ? options.cappedAt(4) : options;
    return classes && random.nextBoolean() ? options.ignoring(-100) : options;
  }

  private static void crossEntropy(Case of, String name) {
    Random random = of.random;
    boolean byClass = random.nextInt(4) > 0;
    CrossEntropyOptions options = options(of, byClass);
    boolean perRow = options.reduction() == Reduction.NONE;
    DType wide = of.type.arithmetic();
    double[][] y = new double[of.rows][of.classes];
    boolean[] counts = new boolean[of.rows];
    Target target = targets(of, options, byClass, y, counts);

    double counted = 0;
    double weight = 0;
    for (int i = 0; i < of.rows; i++) {
      counted += counts[i] ? 1 : 0;
      for (int j = 0; counts[i] && j < of.classes; j++) {
        weight += y[i][j] * (options.weights() == null ? 1 : options.weights().get(j));
      }
    }
    boolean mean = options.reduction() == Reduction.MEAN;
    double scale = !mean ? 1 : counted == 0 ? 0 : 1 / (byClass ? weight : of.rows);
    double zScale = !mean ? 1 : counted == 0 ? 0 : 1 / counted;

    boolean backward = random.nextInt(3) == 0;
    double[] dloss = new double[of.rows];
    double common = 0.5 * (1 + random.nextInt(4));
    for (int i = 0; i < of.rows; i++) {
      dloss[i] = !backward ? 1 : perRow ? 0.25 * (random.nextInt(9) - 4) : common;
    }
    boolean adds = random.nextBoolean();
    Matrix dHidden = random.nextInt(4) == 0 ? null : of.result(of.rows, of.width, wide);
    Matrix dWeights = random.nextInt(4) == 0 ? null : of.result(of.classes, of.width, wide);
    Matrix dBias = dHidden != null && random.nextBoolean() ? null : of.result(1, of.classes, wide);
    if (adds) {
      if (dWeights != null) {
        dWeights.write(0, new Values(wide, of.classes * of.width).fill(0.75).buffer());
      }
      if (dBias != null) {
        dBias.write(0, new Values(wide, of.classes).fill(0.75).buffer());
      }
    }
    LinearGradient dz = of.logits.gradient(dHidden, dWeights, dBias);
    dz = adds ? dz.accumulating() : dz;
    RunReport report;
    if (backward) {
      Matrix incoming =
          perRow
              ? of.matrix(of.rows, 1, wide, dloss)
              : of.matrix(1, 1, wide, new double[] {common});
      report = of.backend.run(new CrossEntropyBackward(of.logits, incoming, target, options, dz));
    } else {
      report = forward(of, name, target, options, y, counts, scale, zScale, dz);
    }
    assertTrue(report.variant().contains(" parts="), report.variant());

    double[][] gradient = new double[of.rows][of.classes];
    double[][] magnitude = new double[of.rows][of.classes];
    for (int i = 0; i < of.rows; i++) {
      CrossEntropyOracle oracle = new CrossEntropyOracle(of.z[i], y[i], options);
      for (int j = 0; counts[i] && j < of.classes; j++) {
        gradient[i][j] = oracle.dx(j, scale * dloss[i], zScale * dloss[i]);
        // Terms that cancel, of a size of 1 with the scale of a loss and of some with that of a
        // penalty.
        magnitude[i][j] =
            Math.abs(gradient[i][j])
                + 4 * (Math.abs(scale) + 8 * options.zLoss() * zScale) * Math.abs(dloss[i]);
      }
    }
    check(of, name + " dHidden", dHidden, of.rows, of.width, gradient, magnitude, 0);
    check(
        of,
        name + " dWeights",
        dWeights,
        of.classes,
        of.width,
        gradient,
        magnitude,
        adds ? 0.75 : 0);
    check(of, name + " dBias", dBias, 1, of.classes, gradient, magnitude, adds ? 0.75 : 0);
  }

  private static Target targets(
      Case of, CrossEntropyOptions options, boolean byClass, double[][] y, boolean[] counts) {
    Random random = of.random;
    int[] classes = new int[of.rows];
    float[] probabilities = new float[of.rows * of.classes];
    boolean all = random.nextInt(8) == 0; // are ignored
    for (int i = 0; i < of.rows; i++) {
      counts[i] = true;
      if (!byClass) {
        for (int j = 0; j < of.classes; j++) {
          boolean out = options.mask() != null && options.mask().leavesOut(j);
          probabilities[i * of.classes + j] = out ? 0 : random.nextInt(4) / 64f;
          y[i][j] = probabilities[i * of.classes + j];
        }
        continue;
      }
      classes[i] = random.nextInt(of.classes);
      if (options.mask() != null && options.mask().leavesOut(classes[i])) {
        classes[i] = 0;
      }
      if (options.ignoreIndex().isPresent() && (all || random.nextInt(3) == 0)) {
        classes[i] = options.ignoreIndex().getAsInt();
        counts[i] = false;
      } else {
        y[i][classes[i]] = 1;
      }
    }
    Target target =
        byClass
            ? of.backend.upload(classes)
            : of.backend.uploadProbabilities(
                probabilities, of.rows, of.classes, of.type.arithmetic());
    of.matrices.add(target);
    return target;
  }

  private static RunReport forward(
      Case of,
      String name,
      Target target,
      CrossEntropyOptions options,
      double[][] y,
      boolean[] counts,
      double scale,
      double zScale,
      LinearGradient dz) {
    boolean perRow = options.reduction() == Reduction.NONE;
    DType wide = of.type.arithmetic();
    int losses = perRow ? of.rows : 1;
    Matrix loss = of.result(losses, 1, wide);
    Matrix zLoss = options.zLoss() == 0 ? null : of.result(losses, 1, wide);
    boolean more = of.random.nextBoolean();
    Matrix lse = more ? of.result(of.rows, 1, wide) : null;
    Matrix correct = target instanceof Labels ? of.result(1, 1, wide) : null;
    CrossEntropyOutputs outputs =
        CrossEntropyOutputs.NONE.withLoss(loss).withZLoss(zLoss).withDx(dz);
    outputs = lse == null ? outputs : outputs.withLse(lse);
    outputs = correct == null ? outputs : outputs.withCorrect(correct);
    final RunReport report = of.backend.run(new CrossEntropy(of.logits, target, options, outputs));
    double[] expected = new double[losses];
    double[] penalty = new double[losses];
    for (int i = 0; i < of.rows; i++) {
      CrossEntropyOracle oracle = new CrossEntropyOracle(of.z[i], y[i], options);
      int at = perRow ? i : 0;
      expected[at] += counts[i] ? scale * oracle.loss() : 0;
      penalty[at] += counts[i] ? zScale * oracle.zLoss() : 0;
      if (lse != null) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < of.classes; j++) {
          largest = Math.max(largest, Math.abs(of.z[i][j]));
        }
        assertEquals(
            new LogSum(of.z[i], options).value(),
            Values.of(lse).get(i),
            of.error(1 + largest),
            name + " lse of row " + i);
      }
    }
    for (int k = 0; k < losses; k++) {
      double size = 8 * (1 + Math.abs(expected[k]));
      assertEquals(expected[k], Values.of(loss).get(k), of.error(size), name + " loss " + k);
      if (zLoss != null) {
        assertEquals(
            penalty[k],
            Values.of(zLoss).get(k),
            of.error(8 * (1 + penalty[k])),
            name + " penalty " + k);
      }
    }
    if (correct != null) {
      assertEquals(correct(of, options, y, counts), Values.of(correct).get(0), name + " correct");
    }
    return report;
  }

  /** The log-sum-exp of a row's scores. */
  private static final class LogSum {
    private final double[] z;
    private final CrossEntropyOptions options;

    LogSum(double[] z, CrossEntropyOptions options) {
      this.z = z;
      this.options = options;
    }

    double score(int j) {
      if (options.mask() != null && options.mask().leavesOut(j)) {
        return Double.NEGATIVE_INFINITY;
      }
      double scaled = z[j] * options.scores().scale();
      double cap = options.scores().cap();
      return options.scores().isCapped() ? cap * Math.tanh(scaled / cap) : scaled;
    }

    double value() {
      double sum = 0;
      for (int j = 0; j < z.length; j++) {
        sum += Math.exp(score(j));
      }
      return Math.log(sum);
    }

    int largest() {
      int at = 0;
      for (int j = 1; j < z.length; j++) {
        at = score(j) > score(at) ? j : at;
      }
      return at;
    }
  }

  private static double correct(
      Case of, CrossEntropyOptions options, double[][] y, boolean[] counts) {
    double correct = 0;
    for (int i = 0; i < of.rows; i++) {
      correct += counts[i] && y[i][new LogSum(of.z[i], options).largest()] == 1 ? 1 : 0;
    }
    return correct;
  }

  /** Checks a product of dz with a factor of the layer. */
  private static void check(
      Case of,
      String name,
      @Nullable Matrix actual,
      int down,
      int across,
      double[][] gradient,
      double[][] magnitude,
      double before) {
    if (actual == null) {
      return;
    }
    Values values = Values.of(actual);
    boolean ofHidden = name.endsWith("dHidden");
    boolean ofWeights = name.endsWith("dWeights");
    for (int i = 0; i < down; i++) {
      for (int k = 0; k < across; k++) {
        double sum = before;
        double size = before;
        for (int t = 0; t < (ofHidden ? of.classes : of.rows); t++) {
          int row = ofHidden ? i : t;
          int col = ofHidden ? t : ofWeights ? i : k;
          double factor =
              ofHidden ? of.w[t * of.width + k] : ofWeights ? of.h[t * of.width + k] : 1;
          sum += gradient[row][col] * factor;
          size += magnitude[row][col] * Math.abs(factor);
        }
        double got = values.get(i * across + k);
        assertEquals(sum, got, of.error(size), name + " [" + i + ", " + k + "] of " + of.logits);
      }
    }
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void logSumExpAndTokens(String name, Supplier<Backend> opens, DType type, int cases) {
    Backend backend = opens.get();
    for (int seed = 0; backend.device().has(type) && seed < cases; seed++) {
      try (Case of = new Case(backend, type, seed)) {
        DType wide = type.arithmetic();
        Matrix lse = of.result(of.rows, 1, wide);
        backend.run(new LogSumExp(of.logits, lse));
        int k = Math.min(3, of.classes);
        int[] chosen = new int[2 * of.rows];
        for (int i = 0; i < chosen.length; i++) {
          chosen[i] = of.random.nextInt(of.classes);
        }
        Labels tokens = backend.upload(chosen);
        of.matrices.add(tokens);
        Matrix logProb = of.result(of.rows, 2, wide);
        Matrix rank = of.result(of.rows, 2, DType.I32);
        Matrix top = of.result(of.rows, k, DType.I32);
        Matrix entropy = of.result(of.rows, 1, wide);
        backend.run(
            new TokenLogProbs(
                of.logits,
                tokens,
                TokenLogProbs.Outputs.NONE
                    .withChosen(logProb, rank)
                    .withTop(top, null)
                    .withEntropy(entropy)));
        for (int i = 0; i < of.rows; i++) {
          double[] z = of.z[i];
          double expected = new LogSum(z, CrossEntropyOptions.DEFAULT).value();
          double error = of.error(1 + Math.abs(expected));
          assertEquals(expected, Values.of(lse).get(i), error, name + " lse " + i);
          for (int c = 0; c < 2; c++) {
            double own = z[chosen[2 * i + c]];
            int before = 0;
            for (int j = 0; j < of.classes; j++) { // equal logits are ordered by index
              before += z[j] > own || (z[j] == own && j < chosen[2 * i + c]) ? 1 : 0;
            }
            double size = 1 + Math.abs(own) + Math.abs(expected);
            assertEquals(
                own - expected,
                Values.of(logProb).get(2 * i + c),
                of.error(size),
                name + " chosen");
            assertEquals(1 + before, Values.of(rank).get(2 * i + c), name + " rank");
          }
          double sum = 0;
          for (double value : z) {
            sum += Math.exp(value - expected) * (expected - value);
          }
          assertEquals(sum, Values.of(entropy).get(i), of.error(8 * (1 + sum)), name + " entropy");
          int largest = new LogSum(z, CrossEntropyOptions.DEFAULT).largest();
          assertEquals(largest, Values.of(top).get(i * k), name + " first");
        }
      }
    }
  }

  /** Classes that are shared out over two matrices of weights. */
  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void aVocabularyInTwoPlaces(String name, Supplier<Backend> opens, DType type, int cases) {
    Backend backend = opens.get();
    for (int seed = 0; backend.device().has(type) && seed < Math.min(cases, 10); seed++) {
      try (Case of = new Case(backend, type, seed)) {
        DType wide = type.arithmetic();
        int[] cuts = {0, 1 + of.random.nextInt(of.classes - 1), of.classes};
        List<LinearLogits> shards = new ArrayList<>();
        List<Matrix> statistics = new ArrayList<>();
        for (int k = 0; k < 2; k++) {
          int n = cuts[k + 1] - cuts[k];
          double[] some =
              of.bias == null ? null : Arrays.copyOfRange(of.bias, cuts[k], cuts[k + 1]);
          Matrix bias = some == null ? null : of.matrix(1, n, wide, some);
          Matrix weights = of.logits.weights().rows(cuts[k], n);
          LinearLogits shard =
              LinearLogits.of(of.hidden, weights, bias).withScratch(of.logits.scratchBytes());
          shards.add(shard);
          Matrix max = of.result(of.rows, 1, wide);
          Matrix sumExp = of.result(of.rows, 1, wide);
          backend.run(new ComputeRowStats(shard, max, sumExp));
          statistics.addAll(List.of(max, sumExp));
        }
        Matrix max = of.result(of.rows, 1, wide);
        Matrix sumExp = of.result(of.rows, 1, wide);
        backend.run(
            new MergeRowStats(
                statistics.get(0),
                statistics.get(1),
                statistics.get(2),
                statistics.get(3),
                max,
                sumExp));
        int[] classes = new int[of.rows];
        double[] expected = new double[of.rows];
        double[][] gradient = new double[of.rows][of.classes];
        double[][] magnitude = new double[of.rows][of.classes];
        for (int i = 0; i < of.rows; i++) {
          classes[i] = of.random.nextInt(of.classes);
          double[] y = new double[of.classes];
          y[classes[i]] = 1;
          CrossEntropyOracle oracle =
              new CrossEntropyOracle(of.z[i], y, CrossEntropyOptions.DEFAULT);
          expected[i] = oracle.loss();
          for (int j = 0; j < of.classes; j++) {
            gradient[i][j] = oracle.dx(j, 0.5, 0);
            magnitude[i][j] = Math.abs(gradient[i][j]) + 2;
          }
        }
        double[] loss = new double[of.rows];
        for (int k = 0; k < 2; k++) {
          LinearLogits shard = shards.get(k);
          Labels target =
              backend.upload(
                  CrossEntropyFromStats.targets(classes, OptionalInt.empty(), of.classes, cuts[k]));
          of.matrices.add(target);
          Matrix part = of.result(of.rows, 1, wide);
          int n = cuts[k + 1] - cuts[k];
          Matrix dWeights = of.result(n, of.width, wide);
          backend.run(
              new CrossEntropyFromStats(
                  shard, max, sumExp, target, 0.5f, part, shard.gradient(null, dWeights, null)));
          for (int i = 0; i < of.rows; i++) {
            loss[i] += Values.of(part).get(i);
          }
          Values values = Values.of(dWeights);
          for (int j = 0; j < n * of.width; j++) {
            double sum = 0;
            double size = 0;
            for (int i = 0; i < of.rows; i++) {
              int col = cuts[k] + j / of.width;
              double factor = of.h[i * of.width + j % of.width];
              sum += gradient[i][col] * factor;
              size += magnitude[i][col] * Math.abs(factor);
            }
            assertEquals(sum, values.get(j), of.error(size), name + " dWeights of shard " + k);
          }
        }
        for (int i = 0; i < of.rows; i++) {
          double error = of.error(8 * (1 + expected[i]));
          assertEquals(expected[i], loss[i], error, name + " loss of row " + i);
        }
      }
    }
  }

  /** A product of one half type may have operands in the type that half types are computed in. */
  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("calls")
  void productsOfMixedTypes(String name, Supplier<Backend> opens, DType type, int cases) {
    Backend backend = opens.get();
    if (type == type.arithmetic()) {
      return;
    }
    for (int mix = 0; mix < 8; mix++) {
      try (Case of = new Case(backend, type, mix)) {
        boolean left = (mix & 1) != 0;
        boolean right = (mix & 2) != 0;
        DType result = (mix & 4) != 0 || (left && right) ? DType.F32 : type;
        Matrix a = of.matrix(of.rows, of.width, left ? DType.F32 : type, of.h);
        Matrix b = of.matrix(of.classes, of.width, right ? DType.F32 : type, of.w);
        Matrix c = of.matrix(of.rows, of.classes, result, new double[of.rows * of.classes]);
        c.write(0, new Values(result, of.rows * of.classes).fill(2).buffer());
        backend.run(new MatrixProduct(a, false, b, true, c).withBeta(0.5));
        Values values = Values.of(c);
        for (int i = 0; i < of.rows; i++) {
          for (int j = 0; j < of.classes; j++) {
            double sum = 1;
            for (int k = 0; k < of.width; k++) {
              sum += of.h[i * of.width + k] * of.w[j * of.width + k];
            }
            assertEquals(
                result.round(sum), values.get(i * of.classes + j), name + " " + type + " " + mix);
          }
        }
      }
    }
  }
}
