package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.io.Npys;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * {@code apply linear-cross-entropy} and {@code linear-token-logprobs} on any device, in parts of
 * several sizes. H, W and the bias are multiples of 1/8, so that float32 holds X exactly.
 */
abstract class ApplyLinearFamily extends ApplyRun {
  static final int ROWS = 6;
  static final int WIDTH = 4;
  static final int CLASSES = 5;

  /** The rows at a time: all, and some. */
  static final List<String> PARTS = List.of("", " --part-rows 1", " --part-rows 4 --scratch-mib 1");

  private final Random random = new Random(11);

  /** Multiples of 1/8 from -1 to 1 in a float32 file. */
  final double[] eighths(String name, int... dims) throws IOException {
    double[] values = new double[Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
    float[] floats = new float[values.length];
    for (int k = 0; k < values.length; k++) {
      values[k] = floats[k] = (random.nextInt(17) - 8) / 8f;
    }
    Npys.floats(at(name), text(dims), floats);
    return values;
  }

  /** X = H W^T + b. */
  static double[] logits(double[] h, double[] w, double[] b) {
    double[] x = new double[h.length / WIDTH * CLASSES];
    for (int k = 0; k < x.length; k++) {
      x[k] = b[k % CLASSES];
      for (int i = 0; i < WIDTH; i++) {
        x[k] += h[k / CLASSES * WIDTH + i] * w[k % CLASSES * WIDTH + i];
      }
    }
    return x;
  }

  /** Log-sum-exp of each row of scores. */
  static double[] lse(double[] z) {
    return new ApplyOracle(new int[] {z.length / CLASSES, CLASSES}, 1).logSumExp(z);
  }

  /** {@code sum_j t_j (lse - z_j)} of each row, for weighted targets t. */
  static double[] losses(double[] z, double[] t) {
    double[] losses = lse(z);
    for (int i = 0; i < losses.length; i++) {
      double lse = losses[i];
      losses[i] = 0;
      for (int k = i * CLASSES; k < (i + 1) * CLASSES; k++) {
        losses[i] += t[k] == 0 ? 0 : t[k] * (lse - z[k]);
      }
    }
    return losses;
  }

  static double sum(double[] values) {
    return Arrays.stream(values).sum();
  }

  /** All that a mean with class indices may have; row 1 and row 4 are ignored. */
  @Test
  void crossEntropyOfClasses() throws IOException {
    double[] h = eighths("h.npy", ROWS, WIDTH);
    double[] w = eighths("w.npy", CLASSES, WIDTH);
    double[] b = eighths("b.npy", CLASSES);
    int[] target = {0, -7, 4, 2, -7, 2};
    Npys.longs(at("t.npy"), "(6,)", Arrays.stream(target).asLongStream().toArray());
    double[] weight = {1, 0.5, 2, 0.25, 3};
    Npys.floats(at("cw.npy"), "(5,)", 1, 0.5f, 2, 0.25f, 3);
    double[] t = new double[ROWS * CLASSES];
    double[] counts = new double[ROWS]; // 1 for rows that count
    double divisor = 0;
    for (int i = 0; i < ROWS; i++) {
      counts[i] = target[i] < 0 ? 0 : 1;
      divisor += target[i] < 0 ? 0 : weight[target[i]];
      for (int j = 0; j < CLASSES; j++) {
        t[i * CLASSES + j] = counts[i] * weight[j] * (0.1 / CLASSES + (j == target[i] ? 0.9 : 0));
      }
    }
    double sumOfWeights = divisor;
    UnaryOperator<double[]> scores =
        x -> Arrays.stream(x).map(v -> 3 * Math.tanh(1.5 * v / 3)).toArray();
    UnaryOperator<double[]> loss =
        x -> new double[] {sum(losses(scores.apply(x), t)) / sumOfWeights};
    UnaryOperator<double[]> penalty =
        x -> {
          double[] lse = lse(scores.apply(x));
          Arrays.setAll(lse, i -> counts[i] * 0.125 * lse[i] * lse[i] / sum(counts));
          return new double[] {sum(lse)};
        };
    UnaryOperator<double[]> both = x -> new double[] {loss.apply(x)[0] + penalty.apply(x)[0]};
    double[] one = {1};
    double[] x = logits(h, w, b);
    String call =
        "linear-cross-entropy --hidden @h.npy --weights @w.npy --bias @b.npy --target @t.npy"
            + " --class-weight @cw.npy --ignore-index -7 --label-smoothing 0.1 --z-loss 0.125"
            + " --soft-cap 3 --logit-scale 1.5 --out @y.npy --grad-hidden @dh.npy --grad-weights"
            + " @dw.npy --grad-bias @db.npy";
    // With values of ignored rows, these rows are computed; without, they are left out.
    String more = " --z-loss-out @z.npy --lse @l.npy --predicted @p.npy --correct @n.npy";
    for (String parts : PARTS) {
      for (String outputs : List.of(more, "")) {
        apply(call + outputs + parts);
        assertFile("y.npy", List.of(), loss.apply(x));
        assertFile(
            "dh.npy",
            List.of(6L, 4L),
            ApplyOracle.gradient(v -> both.apply(logits(v, w, b)), h, one));
        assertFile(
            "dw.npy",
            List.of(5L, 4L),
            ApplyOracle.gradient(v -> both.apply(logits(h, v, b)), w, one));
        assertFile(
            "db.npy", List.of(5L), ApplyOracle.gradient(v -> both.apply(logits(h, w, v)), b, one));
      }
      assertFile("z.npy", List.of(), penalty.apply(x));
      assertFile("l.npy", List.of(6L), lse(scores.apply(x)));
      int[] best = best(x);
      assertArrayEquals(best, Npys.readIndices(at("p.npy")));
      double right = 0;
      for (int i = 0; i < ROWS; i++) {
        right += best[i] == target[i] ? 1 : 0;
      }
      assertFile("n.npy", List.of(), right);
    }
  }

  private static int[] best(double[] x) {
    int[] best = new int[ROWS];
    for (int k = 0; k < x.length; k++) {
      int i = k / CLASSES;
      best[i] = x[k] > x[i * CLASSES + best[i]] ? k % CLASSES : best[i];
    }
    return best;
  }

  /** Rows along two axes, a mask, a gradient that comes in, and a mean over all rows. */
  @Test
  void crossEntropyOfProbabilities() throws IOException {
    double[] h = eighths("h.npy", 2, 3, WIDTH);
    double[] w = eighths("w.npy", CLASSES, WIDTH);
    double[] b = eighths("b.npy", 1, CLASSES);
    double[] g = floats("g.npy", 2, 3);
    boolean[] takesPart = {true, true, false, true, true};
    Npys.booleans(at("m.npy"), false, "(5,)", 1, 1, 0, 1, 1);
    double[] t = new double[ROWS * CLASSES];
    float[] floats = new float[t.length];
    for (int k = 0; k < t.length; k++) {
      t[k] = floats[k] = takesPart[k % CLASSES] ? random.nextInt(9) / 8f : 0;
    }
    Npys.floats(at("t.npy"), "(2, 3, 5)", floats);
    UnaryOperator<double[]> loss =
        x -> {
          double[] z = x.clone();
          Arrays.setAll(z, k -> takesPart[k % CLASSES] ? x[k] : Double.NEGATIVE_INFINITY);
          return losses(z, t);
        };
    double[] x = logits(h, w, b);
    String call =
        "linear-cross-entropy --hidden @h.npy --weights @w.npy --bias @b.npy --target @t.npy"
            + " --class-mask @m.npy";
    for (String parts : PARTS) {
      apply(
          call
              + " --reduction none --grad-out @g.npy --out @y.npy --grad-hidden @dh.npy"
              + " --grad-weights @dw.npy --grad-bias @db.npy"
              + parts);
      assertFile("y.npy", List.of(2L, 3L), loss.apply(x));
      assertFile(
          "dh.npy",
          List.of(2L, 3L, 4L),
          ApplyOracle.gradient(v -> loss.apply(logits(v, w, b)), h, g));
      assertFile(
          "dw.npy", List.of(5L, 4L), ApplyOracle.gradient(v -> loss.apply(logits(h, v, b)), w, g));
      assertFile(
          "db.npy", List.of(1L, 5L), ApplyOracle.gradient(v -> loss.apply(logits(h, w, v)), b, g));
      apply(call + " --out @mean.npy --grad-weights @dw.npy" + parts);
      assertFile("mean.npy", List.of(), sum(loss.apply(x)) / ROWS);
      double[] sixth = new double[ROWS];
      Arrays.fill(sixth, 1.0 / ROWS);
      assertFile(
          "dw.npy",
          List.of(5L, 4L),
          ApplyOracle.gradient(v -> loss.apply(logits(h, v, b)), w, sixth));
    }
  }

  @Test
  void tokenLogProbs() throws IOException {
    double[] h = eighths("h.npy", ROWS, WIDTH);
    double[] w = eighths("w.npy", CLASSES, WIDTH);
    int[] tokens = {2, 0, 4, 1, 3, 3, 0, 1, 2, 2, 4, 0};
    Npys.longs(at("t.npy"), "(6, 2)", Arrays.stream(tokens).asLongStream().toArray());
    double[] x = logits(h, w, new double[CLASSES]);
    ApplyFamily.TokenAnswers all =
        new ApplyFamily.TokenAnswers(
            new ApplyOracle(new int[] {ROWS, CLASSES}, 1), x, 3, tokens, 2);
    for (String parts : PARTS) {
      apply(
          "linear-token-logprobs --hidden @h.npy --weights @w.npy --tokens @t.npy --log-prob @p.npy"
              + " --rank @r.npy --top-k 3 --top @top.npy --top-log-prob @tp.npy --entropy @e.npy"
              + " --max @m.npy --log-sum @l.npy"
              + parts);
      assertEquals(List.of(6L, 3L), Npys.headerOf(at("top.npy")).shape());
      assertArrayEquals(all.rank, Npys.readIndices(at("r.npy")));
      assertArrayEquals(all.top, Npys.readIndices(at("top.npy")));
      assertFile("p.npy", List.of(6L, 2L), all.logProb);
      assertFile("tp.npy", List.of(6L, 3L), all.topLogProb);
      assertFile("e.npy", List.of(6L), all.entropy);
      assertFile("m.npy", List.of(6L), all.max);
      assertFile("l.npy", List.of(6L), all.logSum);
    }
  }
}
