package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.io.NpyType;
import dev.logitcl.io.Npys;
import dev.logitcl.matrix.DType;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code apply} on the Java path, with the forms of input and the element types too. */
@Tag("java-path")
class ApplyFamilyTest extends ApplyFamily {
  private static final double INFINITY = Double.POSITIVE_INFINITY;

  @Override
  Cli.Result run(Object... arguments) {
    return Cli.run(Stream.concat(Arrays.stream(arguments), Stream.of("--device", "cpu")).toArray());
  }

  @Test
  void expectationOfEachRowsOwnValues() throws IOException {
    double[] x = floats("x.npy", DIMS);
    double[] t = floats("t.npy", DIMS);
    double[] g = floats("g.npy", 3);
    apply(
        "expectation --x @x.npy --axis 2,0 --values @t.npy --grad-out @g.npy --out @e.npy --grad-in"
            + " @dx.npy --grad-values @dt.npy");
    ApplyOracle oracle = new ApplyOracle(DIMS, 0, 2);
    assertFile("e.npy", List.of(3L), oracle.expectation(x, t));
    assertFile(
        "dx.npy", List.of(2L, 3L, 4L), ApplyOracle.gradient(v -> oracle.expectation(v, t), x, g));
    assertFile(
        "dt.npy", List.of(2L, 3L, 4L), ApplyOracle.gradient(v -> oracle.expectation(x, v), t, g));
  }

  /** A square matrix of values is told from values of each row's own by its option. */
  @Test
  void aSquareOfValues() throws IOException {
    double[] x = floats("x.npy", 3, 3);
    double[] t = floats("t.npy", 3, 3);
    ApplyOracle oracle = new ApplyOracle(new int[] {3, 3}, 1);
    apply("expectation --x @x.npy --values @t.npy --out @e.npy");
    assertFile("e.npy", List.of(3L), oracle.expectation(x, t));
    apply("expectation --x @x.npy --values-matrix @t.npy --keepdims --out @f.npy");
    assertFile("f.npy", List.of(3L, 1L, 3L), oracle.expectations(x, t, 3));
  }

  @Test
  void commonWeights() throws IOException {
    double[] x = floats("x.npy", DIMS);
    double[] b = floats("b.npy", 3);
    b[0] = b[2] = 0; // b_1 = 0.5: the sum is that of one element
    b[1] = 0.5;
    Npys.floats(at("b.npy"), "(3,)", 0, 0.5f, 0);
    apply("logsumexp --x @x.npy --axis 1 --weights @b.npy --out @y.npy --grad-weights @db.npy");
    double[] expected = new double[8];
    ApplyOracle oracle = new ApplyOracle(DIMS, 1);
    Arrays.setAll(expected, i -> oracle.row(x, i)[1] + Math.log(0.5));
    assertFile("y.npy", List.of(2L, 4L), expected);
    assertFile("db.npy", List.of(3L), 0, 8 / 0.5, 0);
  }

  @Test
  void oneRowHasNothingInCommon() throws IOException {
    Npys.halves(at("x.npy"), "(3,)", 0, 1, 2);
    Npys.halves(at("t.npy"), "(3,)", 1, 2, 4);
    Npys.halves(at("x2.npy"), "(1, 3)", 0, 1, 2);
    for (String x : List.of("@x.npy", "@x2.npy")) {
      apply("expectation --x " + x + " --values @t.npy --out @e.npy --grad-values @d.npy");
      double sum = 1 + Math.E + Math.E * Math.E;
      double e = (1 + 2 * Math.E + 4 * Math.E * Math.E) / sum;
      assertEquals(DType.F16.round(e), Npys.readDoubles(at("e.npy"))[0], 1e-3);
      assertArrayEquals(
          new double[] {1 / sum, Math.E / sum, Math.E * Math.E / sum},
          Npys.readDoubles(at("d.npy")),
          5e-4); // half an ulp of a half at 0.66 is 2.4e-4
    }
  }

  @Test
  void aNegativeSumNeedsItsSign() throws IOException {
    Npys.floats(at("x.npy"), "(2, 2)", 0, 0, 0, Float.POSITIVE_INFINITY);
    Npys.floats(at("b.npy"), "(2, 2)", 1, -3, 1, 0);
    apply("logsumexp --x @x.npy --weights @b.npy --out @y.npy --sign @s.npy");
    assertFile("y.npy", List.of(2L), Math.log(2), 0);
    assertFile("s.npy", List.of(2L), -1, 1);
    apply("logsumexp --x @x.npy --weights @b.npy --out @y.npy");
    assertFile("y.npy", List.of(2L), Double.NaN, 0);
    apply("logsumexp --x @x.npy --weights @b.npy --sign @alone.npy");
    assertFile("alone.npy", List.of(2L), -1, 1);
  }

  @Test
  void masksOfNumbers() throws IOException {
    Npys.floats(at("x.npy"), "(2, 2)", 1, Float.NaN, Float.NaN, 2);
    Npys.longs(at("m.npy"), "(2, 2)", 256, 0, 0, -1);
    apply("logsumexp --x @x.npy --where @m.npy --out @y.npy --grad-in @d.npy");
    assertFile("y.npy", List.of(2L), 1, 2);
    assertFile("d.npy", List.of(2L, 2L), 1, 0, 0, 1);
    apply("log-mean-exp --x @x.npy --where @m.npy --out @y.npy");
    assertFile("y.npy", List.of(2L), 1, 2);
  }

  @Test
  void rowsOfNothing() throws IOException {
    float none = Float.NEGATIVE_INFINITY;
    Npys.floats(at("x.npy"), "(2, 2)", none, none, 0, none);
    apply("log-softmax --x @x.npy --out @y.npy --grad-in @d.npy");
    assertFile("y.npy", List.of(2L, 2L), Double.NaN, Double.NaN, 0, -INFINITY);
    apply("log-softmax --x @x.npy --empty-row zero --out @y.npy --grad-in @d.npy");
    assertFile("y.npy", List.of(2L, 2L), -INFINITY, -INFINITY, 0, -INFINITY);
    assertEquals(0, Npys.readDoubles(at("d.npy"))[0]);
    apply("softmax --x @x.npy --empty-row zero --out @y.npy");
    assertFile("y.npy", List.of(2L, 2L), 0, 0, 1, 0);
    apply("softmax --x @x.npy --empty-row nan --out @y.npy");
    assertFile("y.npy", List.of(2L, 2L), Double.NaN, Double.NaN, 1, 0);
    apply("logsumexp --x @x.npy --empty-row zero --out @y.npy --grad-in @d.npy");
    assertFile("y.npy", List.of(2L), -INFINITY, 0);
    assertFile("d.npy", List.of(2L, 2L), 0, 0, 1, 0);
    apply("logsumexp --x @x.npy --grad-in @d.npy");
    assertFile("d.npy", List.of(2L, 2L), Double.NaN, Double.NaN, 1, 0);
  }

  @Test
  void derivativesInADirection() throws IOException {
    double[] x = floats("x.npy", DIMS);
    double[] v = floats("v.npy", DIMS);
    double[] g = floats("g.npy", 2, 4);
    ApplyOracle oracle = new ApplyOracle(DIMS, 1);
    List<Long> shape = List.of(2L, 3L, 4L);
    apply(
        "logsumexp --x @x.npy --axis 1 --direction @v.npy --grad-out @g.npy --jvp @j.npy --hvp"
            + " @h.npy");
    assertFile("j.npy", List.of(2L, 4L), ApplyOracle.along(oracle::logSumExp, x, v));
    double[] hessian = ApplyOracle.along(at -> oracle.softmax(at, g), x, v);
    assertFile("h.npy", shape, hessian);
    double[] ones = new double[8];
    Arrays.fill(ones, 1);
    apply("softmax --x @x.npy --axis 1 --direction @v.npy --jvp @j.npy");
    double[] ofSoftmax = ApplyOracle.along(at -> oracle.softmax(at, ones), x, v);
    assertFile("j.npy", shape, ofSoftmax);
    apply("log-softmax --x @x.npy --axis 1 --direction @v.npy --jvp @j.npy");
    double[] p = oracle.softmax(x, ones);
    double[] ofLog = new double[24]; // d log p = dp / p
    Arrays.setAll(ofLog, k -> ofSoftmax[k] / p[k]);
    assertFile("j.npy", shape, ofLog);

    int[] target = {0, 1, 2, 0, 2, 2, 1, 0};
    Npys.longs(at("t.npy"), "(2, 4)", Arrays.stream(target).asLongStream().toArray());
    apply(
        "cross-entropy --x @x.npy --target @t.npy --reduction none --direction @v.npy --grad-out"
            + " @g.npy --hvp @h.npy --grad-grad-out @dg.npy");
    assertFile("h.npy", shape, hessian);
    double[] dg = oracle.expectation(x, v);
    Arrays.setAll(dg, i -> dg[i] - oracle.row(v, i)[target[i]]);
    assertFile("dg.npy", List.of(2L, 4L), dg);
  }

  @Test
  void aSumThatNoHalfHolds() throws IOException {
    Npys.halves(at("x.npy"), "(1, 70000)", new double[70000]);
    apply("row-stats --x @x.npy --keepdims --max @m.npy --sum-exp @s.npy");
    assertEquals(NpyType.F4, Npys.headerOf(at("s.npy")).type());
    assertFile("m.npy", List.of(1L, 1L), 0);
    assertFile("s.npy", List.of(1L, 1L), 70000);
  }

  /** Gradients of what all rows share are sums over all rows. */
  @Test
  void gradientsThatNoHalfHolds() throws IOException {
    Npys.halves(at("x.npy"), "(70001, 1)", new double[70001]);
    Npys.halves(at("one.npy"), "(1,)", 1);
    Npys.halves(at("matrix.npy"), "(1, 1)", 1);
    for (String parts : List.of("", " --part-rows 20000")) {
      apply("expectation --x @x.npy --values @one.npy --grad-values @v.npy" + parts);
      apply("expectation --x @x.npy --values-matrix @matrix.npy --grad-values @m.npy" + parts);
      apply("logsumexp --x @x.npy --weights @one.npy --grad-weights @w.npy" + parts);
      assertFile("v.npy", List.of(1L), 70001);
      assertFile("m.npy", List.of(1L, 1L), 70001);
      assertFile("w.npy", List.of(1L), 70001);
    }
  }

  @Test
  void doublesKeepTheirDigits() throws IOException {
    double[] x = {0.1, 0.2, 0.3};
    Npys.doubles(at("x.npy"), "(1, 3)", x);
    Npys.doubles(at("b.npy"), "(1, 3)", 1, -0.5, 0.25);
    apply("log-cum-sum-exp --x @x.npy --out @y.npy");
    apply("logsumexp --x @x.npy --weights @b.npy --out @w.npy");
    apply("row-stats --x @x.npy --sum-exp @s.npy");
    apply("token-logprobs --x @x.npy --entropy @h.npy");
    double[] e = Arrays.stream(x).map(Math::exp).toArray();
    double sum = e[0] + e[1] + e[2];
    double[] scan = {0.1, Math.log(e[0] + e[1]), Math.log(sum)};
    assertArrayEquals(scan, Npys.readDoubles(at("y.npy")), 1e-15);
    double weighted = Math.log(e[0] - 0.5 * e[1] + 0.25 * e[2]);
    assertEquals(weighted, Npys.readDoubles(at("w.npy"))[0], 1e-15);
    assertEquals(sum / e[2], Npys.readDoubles(at("s.npy"))[0], 1e-15);
    double mean = (0.1 * e[0] + 0.2 * e[1] + 0.3 * e[2]) / sum;
    assertEquals(Math.log(sum) - mean, Npys.readDoubles(at("h.npy"))[0], 1e-15);
    for (String file : List.of("y.npy", "w.npy", "s.npy", "h.npy")) {
      assertEquals(NpyType.F8, Npys.headerOf(at(file)).type());
    }
  }

  @Test
  void gradientsAlone() throws IOException {
    double[] x = floats("x.npy", DIMS);
    double[] y = floats("y.npy", DIMS);
    double[] ones = new double[24];
    Arrays.fill(ones, 1);
    apply("log-add-exp --x @x.npy --y @y.npy --grad-y @dy.npy");
    double[] fraction = new double[24];
    Arrays.setAll(fraction, k -> 1 / (1 + Math.exp(x[k] - y[k])));
    assertFile("dy.npy", List.of(2L, 3L, 4L), fraction);
    apply("log-cum-sum-exp --x @x.npy --grad-in @dx.npy");
    ApplyOracle oracle = new ApplyOracle(DIMS, 2);
    assertFile("dx.npy", List.of(2L, 3L, 4L), ApplyOracle.gradient(oracle::logCumSumExp, x, ones));
  }

  @Test
  void noElements() throws IOException {
    Npys.floats(at("x.npy"), "(0, 3)");
    Npys.longs(at("t.npy"), "(0, 2)");
    apply(
        "token-logprobs --x @x.npy --tokens @t.npy --log-prob @p.npy --top-k 2 --top @top.npy --max"
            + " @m.npy");
    assertFile("p.npy", List.of(0L, 2L));
    assertEquals(List.of(0L, 2L), Npys.headerOf(at("top.npy")).shape());
    Npys.floats(at("e.npy"), "(2, 0)");
    apply("row-stats --x @e.npy --max @m.npy --sum-exp @s.npy");
    assertFile("m.npy", List.of(2L), -INFINITY, -INFINITY);
    assertFile("s.npy", List.of(2L), 0, 0);
    apply("log-cum-sum-exp --x @e.npy --out @y.npy");
    assertFile("y.npy", List.of(2L, 0L));
  }

  @Test
  void aSingleValue() throws IOException {
    Npys.floats(at("x.npy"), "()", 2);
    Npys.longs(at("t.npy"), "()", 0);
    apply("token-logprobs --x @x.npy --tokens @t.npy --log-prob @p.npy --rank @r.npy");
    assertFile("p.npy", List.of(), 0);
    assertArrayEquals(new int[] {1}, Npys.readIndices(at("r.npy")));
    apply("log-add-exp --x @x.npy --y @x.npy --out @y.npy");
    assertFile("y.npy", List.of(), 2 + Math.log(2));
    assertTrue(Npys.headerOf(at("y.npy")).shape().isEmpty());
  }
}
