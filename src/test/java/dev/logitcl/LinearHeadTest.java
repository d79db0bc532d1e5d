package dev.logitcl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.op.CrossEntropyOptions;
import dev.logitcl.op.LabelSmoothing;
import dev.logitcl.op.Reduction;
import dev.logitcl.opencl.TestDevices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Linear layers on arrays, against the formulas in double precision. */
class LinearHeadTest {
  private static final int ROWS = 9;
  private static final int WIDTH = 5;
  private static final int CLASSES = 37;
  private static final int IGNORED = -100;
  private static final double SMOOTHING = 0.25;
  private static final int[] TARGET = {3, 36, IGNORED, 0, 3, 17, IGNORED, 20, 8};
  private static final CrossEntropyOptions OPTIONS =
      CrossEntropyOptions.DEFAULT.ignoring(IGNORED).with(LabelSmoothing.pytorch(SMOOTHING));
  private static final double TOLERANCE = 2e-6; // some float32 ulps of values up to 4

  private final float[] hidden = random(ROWS * WIDTH, 1);
  private final float[] weights = random(CLASSES * WIDTH, 2);
  private final float[] bias = random(CLASSES, 3);

  private static float[] random(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = 2 * random.nextFloat() - 1;
    }
    return values;
  }

  private static double[] wide(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  /** The formulas, term by term. */
  private final class Plain {
    final double[][] z = new double[ROWS][CLASSES];
    final double[] losses = new double[ROWS];
    final double[] dHidden = new double[ROWS * WIDTH];
    final double[] dWeights = new double[CLASSES * WIDTH];
    final double[] dBias = new double[CLASSES];

    Plain(boolean biased, double scale) {
      for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < CLASSES; j++) {
          z[i][j] = biased ? bias[j] : 0;
          for (int k = 0; k < WIDTH; k++) {
            z[i][j] += (double) hidden[i * WIDTH + k] * weights[j * WIDTH + k];
          }
        }
        if (TARGET[i] != IGNORED) {
          row(i, scale);
        }
      }
    }

    private void row(int i, double scale) {
      double lse = logSumExp(i);
      for (int j = 0; j < CLASSES; j++) {
        double t = (TARGET[i] == j ? 1 - SMOOTHING : 0) + SMOOTHING / CLASSES;
        losses[i] += t * (lse - z[i][j]);
        double dz = scale * (Math.exp(z[i][j] - lse) - t);
        dBias[j] += dz;
        for (int k = 0; k < WIDTH; k++) {
          dHidden[i * WIDTH + k] += dz * weights[j * WIDTH + k];
          dWeights[j * WIDTH + k] += dz * hidden[i * WIDTH + k];
        }
      }
    }

    double logSumExp(int i) {
      return Math.log(Arrays.stream(z[i]).map(Math::exp).sum());
    }

    double loss() {
      return Arrays.stream(losses).sum() / counted();
    }
  }

  private static long counted() {
    return Arrays.stream(TARGET).filter(target -> target != IGNORED).count();
  }

  private static void assertClose(double[] expected, float[] actual) {
    assertArrayEquals(expected, wide(actual), TOLERANCE);
  }

  @Test
  void lossAndGradientsOnTheJavaPath() {
    try (Backend backend = new CpuBackend()) {
      lossAndGradients(backend);
    }
  }

  @Tag("turn-3")
  @Test
  void lossAndGradientsOnOpenCl() {
    for (DeviceInfo device : TestDevices.all()) {
      try (Backend backend = Backends.open(device)) {
        lossAndGradients(backend);
      }
    }
  }

  private void lossAndGradients(Backend backend) {
    LinearHead head = LinearHead.on(backend, WIDTH, CLASSES);
    Plain plain = new Plain(true, 1.0 / counted());
    float[] loss = head.crossEntropy(hidden, weights, bias, TARGET, OPTIONS);
    assertClose(new double[] {plain.loss()}, loss);
    var all = head.crossEntropyWithGradients(hidden, weights, bias, TARGET, OPTIONS);
    assertClose(new double[] {plain.loss()}, all.loss());
    assertClose(plain.dHidden, all.dHidden());
    assertClose(plain.dWeights, all.dWeights());
    assertClose(plain.dBias, all.dBias());
  }

  @Test
  void withoutBiasAndReduction() {
    try (Backend backend = new CpuBackend()) {
      LinearHead head = LinearHead.on(backend, WIDTH, CLASSES);
      CrossEntropyOptions options = OPTIONS.with(Reduction.NONE);
      Plain plain = new Plain(false, 1);
      assertClose(plain.losses, head.crossEntropy(hidden, weights, null, TARGET, options));
      var all = head.crossEntropyWithGradients(hidden, weights, null, TARGET, options);
      assertClose(plain.losses, all.loss());
      assertClose(plain.dHidden, all.dHidden());
      assertClose(plain.dWeights, all.dWeights());
      assertEquals(0, all.dBias().length);
    }
  }

  @Test
  void inDouble() {
    try (Backend backend = new CpuBackend()) {
      LinearHead head = LinearHead.on(backend, WIDTH, CLASSES);
      Plain plain = new Plain(true, 1.0 / counted());
      double[] h = wide(hidden);
      double[] w = wide(weights);
      double[] b = wide(bias);
      double[] loss = {plain.loss()};
      assertArrayEquals(loss, head.crossEntropy(h, w, b, TARGET, OPTIONS), 1e-14);
      var all = head.crossEntropyWithGradients(h, w, b, TARGET, OPTIONS);
      assertArrayEquals(loss, all.loss(), 1e-14);
      assertArrayEquals(plain.dHidden, all.dHidden(), 1e-14);
      assertArrayEquals(plain.dWeights, all.dWeights(), 1e-14);
      assertArrayEquals(plain.dBias, all.dBias(), 1e-14);
      assertEquals(0, head.crossEntropyWithGradients(h, w, null, TARGET, OPTIONS).dBias().length);
    }
  }

  @Test
  void tokens() {
    int n = 2;
    int k = 3;
    int[] chosen = new Random(4).ints((long) ROWS * n, 0, CLASSES).toArray();
    Plain plain = new Plain(true, 1);
    try (Backend backend = new CpuBackend()) {
      TokenResults results =
          LinearHead.on(backend, WIDTH, CLASSES)
              .tokenLogProbs(hidden, weights, bias, ROWS, chosen, k);
      for (int i = 0; i < ROWS; i++) {
        double[] z = plain.z[i];
        double lse = plain.logSumExp(i);
        List<Integer> order =
            IntStream.range(0, CLASSES)
                .boxed()
                .sorted(Comparator.comparingDouble(j -> -z[j]))
                .toList();
        for (int c = 0; c < n; c++) {
          int token = chosen[i * n + c];
          assertEquals(z[token] - lse, results.logProb()[i * n + c], TOLERANCE);
          assertEquals(1 + order.indexOf(token), results.rank()[i * n + c]);
        }
        for (int c = 0; c < k; c++) {
          assertEquals(order.get(c), results.top()[i * k + c]);
          assertEquals(z[order.get(c)] - lse, results.topLogProb()[i * k + c], TOLERANCE);
        }
        double entropy = Arrays.stream(z).map(v -> Math.exp(v - lse) * (lse - v)).sum();
        assertEquals(entropy, results.entropy()[i], TOLERANCE);
        assertEquals(z[order.get(0)], results.max()[i], TOLERANCE);
        assertEquals(lse - z[order.get(0)], results.logSum()[i], TOLERANCE);
      }
    }
  }

  @Test
  void noRows() {
    try (Backend backend = new CpuBackend()) {
      LinearHead head = LinearHead.on(backend, WIDTH, CLASSES);
      CrossEntropyOptions options = OPTIONS.with(Reduction.SUM);
      var all = head.crossEntropyWithGradients(new float[0], weights, bias, new int[0], options);
      assertArrayEquals(new float[1], all.loss());
      assertEquals(0, all.dHidden().length);
      assertArrayEquals(new float[CLASSES * WIDTH], all.dWeights());
      assertArrayEquals(new float[CLASSES], all.dBias());
      TokenResults tokens = head.tokenLogProbs(new float[0], weights, bias, 0, new int[0], 2);
      assertEquals(0, tokens.entropy().length);
    }
  }

  @Test
  void wrongLengthsAreNamed() {
    try (Backend backend = new CpuBackend()) {
      LinearHead head = LinearHead.on(backend, 2, 3);
      float[] h = new float[4];
      float[] w = new float[6];
      int[] target = {0, 1};
      assertRefused(
          "hidden has 4 values, expected 2 for 1 rows of width 2; there are as many rows as targets, or as the call says",
          () -> head.crossEntropy(h, w, null, new int[1], OPTIONS));
      assertRefused(
          "weights has 4 elements, expected 6 for a matrix of [3, 2]",
          () -> head.crossEntropy(h, h, null, target, OPTIONS));
      assertRefused(
          "bias has 4 elements, expected 3 for a matrix of [1, 3]",
          () -> head.crossEntropyWithGradients(h, w, h, target, OPTIONS));
      assertRefused("3", () -> head.crossEntropy(h, w, null, new int[] {0, 3}, OPTIONS));
      assertRefused(
          "a linear layer of width -1 and 3 classes, expected 0 or more",
          () -> LinearHead.on(backend, -1, 3));
    }
  }

  private static void assertRefused(String message, Runnable call) {
    String said = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(said.contains(message), said);
  }

  @Test
  void moreScratchMakesFewerParts() {
    float[] hidden = {1, 0, 0, 1, 1, 1};
    float[] weights = {1, 2, 3, 4, 5, 6, 7, 8};
    int[] target = {0, 3, 1};
    List<String> variants = new ArrayList<>();
    try (Backend backend = Backends.cpu()) {
      LinearHead head = LinearHead.on(backend, 2, 4, report -> variants.add(report.variant()));
      float[] whole = head.crossEntropy(hidden, weights, null, target, CrossEntropyOptions.DEFAULT);
      float[] inParts =
          head.withScratch(1)
              .crossEntropy(hidden, weights, null, target, CrossEntropyOptions.DEFAULT);
      assertEquals(whole[0], inParts[0], 1e-6);
      assertTrue(variants.get(0).endsWith("parts=1 of 3 rows"), variants.toString());
      assertTrue(variants.get(1).endsWith("parts=3 of 1 rows"), variants.toString());
      assertThrows(IllegalArgumentException.class, () -> head.withScratch(0));
    }
  }

  @SuppressWarnings("NullAway") // what callers without annotations may do
  private static int[] nothing() {
    return null;
  }

  @Test
  void noTokensAreAnEmptyArray() {
    try (Backend backend = Backends.cpu()) {
      LinearHead head = LinearHead.on(backend, 1, 4);
      float[] one = new float[1];
      float[] weights = new float[4];
      int[] none = nothing();
      Exception e =
          assertThrows(
              NullPointerException.class, () -> head.tokenLogProbs(one, weights, null, 1, none, 2));
      assertEquals("chosen", e.getMessage());
    }
  }
}
