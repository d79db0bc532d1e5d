package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.logitcl.io.Npys;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** {@code apply} with the operations beside softmax and losses, on any device; float32. */
abstract class ApplyFamily extends ApplyRun {
  static final int[] DIMS = {2, 3, 4};

  private static double[] log(double[] sums) {
    return Arrays.stream(sums).map(sum -> Math.log(Math.abs(sum))).toArray();
  }

  @Test
  void logSumExpWithWeightsMaskAndSign() throws IOException {
    double[] x = floats("x.npy", DIMS);
    double[] b = floats("b.npy", DIMS);
    boolean[] where = mask("m.npy", DIMS);
    double[] g = floats("g.npy", 3);
    apply(
        "logsumexp --x @x.npy --axis 0,2 --weights @b.npy --where @m.npy --grad-out @g.npy --out"
            + " @y.npy --sign @s.npy --grad-in @dx.npy --grad-weights @db.npy");
    ApplyOracle oracle = new ApplyOracle(DIMS, 0, 2);
    double[] sums = oracle.sums(x, b, where);
    double[] signs = Arrays.stream(sums).map(Math::signum).toArray();
    assertEquals(2, Arrays.stream(signs).distinct().count(), "one sign shows nothing");
    assertFile("y.npy", List.of(3L), log(sums));
    assertFile("s.npy", List.of(3L), signs);
    assertFile(
        "dx.npy",
        List.of(2L, 3L, 4L),
        ApplyOracle.gradient(v -> log(oracle.sums(v, b, where)), x, g));
    assertFile(
        "db.npy",
        List.of(2L, 3L, 4L),
        maskedBy(where, b, ApplyOracle.gradient(v -> log(oracle.sums(x, v, where)), b, g)));
  }

  /** What is absent has no gradient. */
  private static double[] maskedBy(boolean[] where, double[] b, double[] gradient) {
    for (int k = 0; k < gradient.length; k++) {
      gradient[k] = where[k] && b[k] != 0 ? gradient[k] : 0;
    }
    return gradient;
  }

  @Test
  void logMeanExp() throws IOException {
    double[] x = floats("x.npy", DIMS);
    boolean[] where = mask("m.npy", DIMS);
    double[] g = floats("g.npy", 1, 3, 4);
    apply(
        "log-mean-exp --x @x.npy --axis 0 --keepdims --where @m.npy --grad-out @g.npy --out @y.npy"
            + " --grad-in @dx.npy");
    ApplyOracle oracle = new ApplyOracle(DIMS, 0);
    double[] ones = new double[x.length];
    Arrays.fill(ones, 1);
    double[] counts = oracle.counts(where);
    UnaryOperator<double[]> mean =
        v -> {
          double[] sums = oracle.sums(v, ones, where);
          Arrays.setAll(sums, i -> Math.log(sums[i] / counts[i]));
          return sums;
        };
    assertFile("y.npy", List.of(1L, 3L, 4L), mean.apply(x));
    assertFile("dx.npy", List.of(2L, 3L, 4L), ApplyOracle.gradient(mean, x, g));
  }

  @Test
  void logAddExp() throws IOException {
    double[] x = floats("x.npy", DIMS);
    double[] y = floats("y.npy", DIMS);
    double[] g = floats("g.npy", DIMS);
    apply(
        "log-add-exp --x @x.npy --y @y.npy --grad-out @g.npy --out @z.npy --grad-in @dx.npy --grad-y"
            + " @dy.npy");
    assertFile("z.npy", List.of(2L, 3L, 4L), logAddExp(x, y));
    assertFile("dx.npy", List.of(2L, 3L, 4L), ApplyOracle.gradient(v -> logAddExp(v, y), x, g));
    assertFile("dy.npy", List.of(2L, 3L, 4L), ApplyOracle.gradient(v -> logAddExp(x, v), y, g));
  }

  private static double[] logAddExp(double[] x, double[] y) {
    double[] sum = new double[x.length];
    Arrays.setAll(sum, k -> Math.log(Math.exp(x[k]) + Math.exp(y[k])));
    return sum;
  }

  @Test
  void logCumSumExp() throws IOException {
    double[] x = floats("x.npy", DIMS);
    double[] g = floats("g.npy", DIMS);
    apply("log-cum-sum-exp --x @x.npy --axis 1 --grad-out @g.npy --out @y.npy --grad-in @dx.npy");
    ApplyOracle oracle = new ApplyOracle(DIMS, 1);
    assertFile("y.npy", List.of(2L, 3L, 4L), oracle.logCumSumExp(x));
    assertFile("dx.npy", List.of(2L, 3L, 4L), ApplyOracle.gradient(oracle::logCumSumExp, x, g));
  }

  @Test
  void rowStats() throws IOException {
    double[] x = floats("x.npy", DIMS);
    apply("row-stats --x @x.npy --axis -2 --max @m.npy --sum-exp @s.npy");
    ApplyOracle oracle = new ApplyOracle(DIMS, 1);
    double[] max = new double[8];
    Arrays.setAll(max, i -> Arrays.stream(oracle.row(x, i)).max().orElseThrow());
    double[] sum = new double[8];
    Arrays.setAll(sum, i -> Arrays.stream(oracle.row(x, i)).map(v -> Math.exp(v - max[i])).sum());
    assertFile("m.npy", List.of(2L, 4L), max);
    assertFile("s.npy", List.of(2L, 4L), sum);
  }

  @Test
  void expectationOfCommonValues() throws IOException {
    double[] x = floats("x.npy", DIMS);
    double[] t = floats("t.npy", 3);
    double[] g = floats("g.npy", 2, 1, 4);
    apply(
        "expectation --x @x.npy --axis 1 --keepdims --values @t.npy --grad-out @g.npy --out @e.npy"
            + " --grad-in @dx.npy --grad-values @dt.npy");
    ApplyOracle oracle = new ApplyOracle(DIMS, 1);
    assertFile("e.npy", List.of(2L, 1L, 4L), oracle.expectation(x, oracle.spread(t)));
    assertFile(
        "dx.npy",
        List.of(2L, 3L, 4L),
        ApplyOracle.gradient(v -> oracle.expectation(v, oracle.spread(t)), x, g));
    assertFile(
        "dt.npy",
        List.of(3L),
        ApplyOracle.gradient(v -> oracle.expectation(x, oracle.spread(v)), t, g));
  }

  /**
   * As many results as columns: rows x results looks like X's rows, and must not be taken for it.
   */
  @Test
  void expectationsOfAMatrix() throws IOException {
    double[] x = floats("x.npy", DIMS);
    double[] a = floats("a.npy", 2, 4, 8);
    double[] g = floats("g.npy", 3, 8);
    apply(
        "expectation --x @x.npy --axis 0,2 --values-matrix @a.npy --grad-out @g.npy --out @e.npy"
            + " --grad-in @dx.npy --grad-values @da.npy");
    ApplyOracle oracle = new ApplyOracle(DIMS, 0, 2);
    assertFile("e.npy", List.of(3L, 8L), oracle.expectations(x, a, 8));
    assertFile(
        "dx.npy",
        List.of(2L, 3L, 4L),
        ApplyOracle.gradient(v -> oracle.expectations(v, a, 8), x, g));
    assertFile(
        "da.npy",
        List.of(2L, 4L, 8L),
        ApplyOracle.gradient(v -> oracle.expectations(x, v, 8), a, g));
  }

  @Test
  void tokenLogProbs() throws IOException {
    int[] dims = {2, 5, 3};
    double[] x = floats("x.npy", dims);
    x[3] = x[6] = x[9] = 3; // ties: columns 1, 2 and 3 of the first row
    float[] tied = new float[x.length];
    for (int k = 0; k < x.length; k++) {
      tied[k] = (float) x[k];
    }
    Npys.floats(at("x.npy"), text(dims), tied);
    int[] tokens = {2, 0, 4, 1, 3, 3, 0, 1, 2, 2, 4, 0};
    Npys.longs(at("t.npy"), "(2, 3, 2)", Arrays.stream(tokens).asLongStream().toArray());
    apply(
        "token-logprobs --x @x.npy --axis 1 --tokens @t.npy --log-prob @p.npy --rank @r.npy --top-k"
            + " 3 --top @top.npy --top-log-prob @tp.npy --entropy @h.npy --max @m.npy --log-sum"
            + " @l.npy");
    ApplyOracle oracle = new ApplyOracle(dims, 1);
    TokenAnswers all = new TokenAnswers(oracle, x, 3, tokens, 2);
    assertEquals(List.of(2L, 3L, 2L), Npys.headerOf(at("r.npy")).shape());
    assertEquals(List.of(2L, 3L, 3L), Npys.headerOf(at("top.npy")).shape());
    assertArrayEquals(all.rank, Npys.readIndices(at("r.npy")));
    assertArrayEquals(all.top, Npys.readIndices(at("top.npy")));
    assertFile("p.npy", List.of(2L, 3L, 2L), all.logProb);
    assertFile("tp.npy", List.of(2L, 3L, 3L), all.topLogProb);
    assertFile("h.npy", List.of(2L, 3L), all.entropy);
    assertFile("m.npy", List.of(2L, 3L), all.max);
    assertFile("l.npy", List.of(2L, 3L), all.logSum);
  }

  /** All that token-logprobs gives, from sorted rows. */
  static final class TokenAnswers {
    final double[] logProb;
    final int[] rank;
    final int[] top;
    final double[] topLogProb;
    final double[] entropy;
    final double[] max;
    final double[] logSum;

    TokenAnswers(ApplyOracle oracle, double[] x, int k, int[] tokens, int n) {
      int rows = oracle.at.length;
      logProb = new double[rows * n];
      rank = new int[rows * n];
      top = new int[rows * k];
      topLogProb = new double[rows * k];
      entropy = new double[rows];
      max = new double[rows];
      logSum = new double[rows];
      for (int i = 0; i < rows; i++) {
        double[] row = oracle.row(x, i);
        double[] p = oracle.softmax(x, i);
        List<Integer> order = new ArrayList<>();
        for (int j = 0; j < row.length; j++) {
          order.add(j);
        }
        order.sort((one, other) -> Double.compare(row[other], row[one])); // stable
        for (int c = 0; c < n; c++) {
          logProb[i * n + c] = Math.log(p[tokens[i * n + c]]);
          rank[i * n + c] = order.indexOf(tokens[i * n + c]) + 1;
        }
        for (int c = 0; c < k; c++) {
          top[i * k + c] = order.get(c);
          topLogProb[i * k + c] = Math.log(p[order.get(c)]);
        }
        entropy[i] = Arrays.stream(p).map(v -> -v * Math.log(v)).sum();
        max[i] = row[order.get(0)];
        logSum[i] = -Math.log(p[order.get(0)]);
      }
    }
  }
}
