package dev.logitcl.contract;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.bench.Accuracy;
import dev.logitcl.bench.Fill;
import dev.logitcl.bench.Inputs;
import dev.logitcl.bench.OpCase;
import dev.logitcl.bench.Run;
import dev.logitcl.contract.Saboteur.Bug;
import dev.logitcl.contract.Saboteur.Values;
import dev.logitcl.matrix.Shape;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The tolerances are tight: each of these bugs, most of them seen in real kernels, is caught. */
@Tag("java-path")
final class ToleranceTest {
  private static final int ROWS = 6;
  private static final int COLS = 1000;
  private static final double ULP = 0x1p-23;

  static Stream<Bug> forward() {
    String lse = "logsumexp forward";
    String logSoftmax = "log-softmax forward";
    String softmax = "softmax forward";
    return Stream.of(
        new Bug(lse, "log(s) left out", Fill.CONSTANT, (v, i, j, r) -> v.max("x", i)),
        new Bug(lse, "one column left out", Fill.CONSTANT, (v, i, j, r) -> r + Math.log1p(-1e-3)),
        new Bug(lse, "a padding of 0", Fill.ALL_NEGATIVE, (v, i, j, r) -> Math.log1p(Math.exp(r))),
        new Bug(lse, "a maximum 1 too low", Fill.RANDOM, (v, i, j, r) -> r - 1),
        new Bug(lse, "half the digits", Fill.RANDOM, (v, i, j, r) -> r * (1 + 32 * ULP)),
        new Bug(lse, "a NaN dropped", Fill.NAN, (v, i, j, r) -> Double.isNaN(r) ? 1 : r),
        new Bug(lse, "NaN for +inf", Fill.INFINITE, (v, i, j, r) -> r > 1e9 ? Double.NaN : r),
        new Bug(lse, "+inf for NaN", Fill.NAN_AND_INF, (v, i, j, r) -> Double.POSITIVE_INFINITY),
        new Bug(lse, "NaN for -inf", Fill.ALL_MASKED, (v, i, j, r) -> r < -1e9 ? Double.NaN : r),
        new Bug(lse, "an overflow", Fill.HUGE, (v, i, j, r) -> Double.POSITIVE_INFINITY),
        new Bug(logSoftmax, "x - (m + log s)", Fill.OFFSET, ToleranceTest::inOneStep),
        new Bug(logSoftmax, "s off by 40 ulp", Fill.RANDOM, (v, i, j, r) -> r + 40 * ULP),
        new Bug(logSoftmax, "log off by 8 ulp", Fill.CONSTANT, (v, i, j, r) -> r * (1 + 8 * ULP)),
        new Bug(logSoftmax, "-1e30 for -inf", Fill.MASKED, (v, i, j, r) -> Math.max(r, -1e30)),
        new Bug(softmax, "exp off by 32 ulp", Fill.TIES, (v, i, j, r) -> r * (1 + 32 * ULP)),
        new Bug(softmax, "no exact 0 at -inf", Fill.MASKED, (v, i, j, r) -> Math.max(r, 1e-38)),
        new Bug(softmax, "0 for NaN", Fill.ALL_MASKED, (v, i, j, r) -> r >= 0 ? r : 0),
        new Bug(softmax, "last column unwritten", Fill.RANDOM, unwritten(ROWS, COLS - 1)),
        new Bug(softmax, "last row unwritten", Fill.RANDOM, unwritten(ROWS - 1, COLS)));
  }

  static Stream<Bug> backward() {
    String lse = "logsumexp backward";
    String logSoftmax = "log-softmax backward";
    String softmax = "softmax backward";
    return Stream.of(
        new Bug(lse, "dlse left out", Fill.RANDOM, (v, i, j, r) -> r / v.at("dlse", i, 0)),
        new Bug(lse, "m for lse", Fill.RANDOM, ToleranceTest::maximumForLse),
        new Bug(lse, "the first maximum takes all", Fill.TIES, (v, i, j, r) -> j == 0 ? 1 : 0),
        new Bug(logSoftmax, "no row sum", Fill.RANDOM, (v, i, j, r) -> v.at("dy", i, j)),
        new Bug(logSoftmax, "sign", Fill.RANDOM, (v, i, j, r) -> 2 * v.at("dy", i, j) - r),
        new Bug(logSoftmax, "sum lacks its tail", Fill.RANDOM, ToleranceTest::sumLacksTail),
        new Bug(logSoftmax, "y for exp(y)", Fill.RANDOM, ToleranceTest::logForProbability),
        new Bug(softmax, "no dot product", Fill.RANDOM, ToleranceTest::noDot),
        new Bug(softmax, "sign", Fill.RANDOM, (v, i, j, r) -> 2 * noDot(v, i, j, r) - r),
        new Bug(softmax, "dot lacks its tail", Fill.CONSTANT, ToleranceTest::dotLacksTail),
        new Bug(softmax, "y left out", Fill.RANDOM, (v, i, j, r) -> r / v.at("y", i, j)));
  }

  static Stream<Bug> crossEntropy() {
    String mean = "cross-entropy forward";
    String ignoring = "cross-entropy forward (mean, ignoring class 0)";
    String gradient = "cross-entropy forward+backward (sum, gradient alone)";
    String backward = "cross-entropy backward";
    String perRow = "cross-entropy backward (none)";
    return Stream.of(
        new Bug(mean, "the sum for the mean", Fill.RANDOM, (v, i, j, r) -> r * ROWS),
        new Bug(mean, "the last row left out", Fill.CONSTANT, (v, i, j, r) -> r * 5 / 6),
        new Bug(mean, "half the digits", Fill.RANDOM, (v, i, j, r) -> r * (1 + 32 * ULP)),
        new Bug(ignoring, "ignored rows count", Fill.CONSTANT, (v, i, j, r) -> r * 0.8),
        new Bug(gradient, "target kept", Fill.RANDOM, (v, i, j, r) -> r < 0 ? r + 1 : r),
        new Bug(gradient, "target patched twice", Fill.RANDOM, (v, i, j, r) -> r < 0 ? r - 1 : r),
        new Bug(gradient, "scale of the mean", Fill.RANDOM, (v, i, j, r) -> r / ROWS),
        new Bug(backward, "dloss left out", Fill.RANDOM, (v, i, j, r) -> r / v.at("dloss", 0, 0)),
        new Bug(perRow, "row 0's dloss", Fill.RANDOM, ToleranceTest::firstGradient));
  }

  static Stream<Bug> crossEntropyOptions() {
    String smooth = "cross-entropy forward+backward (none, smoothing)";
    String weights = "cross-entropy forward+backward (mean, weights, ignoring -100)";
    String capped = "cross-entropy forward+backward (none, soft cap, z-loss)";
    String masked = "cross-entropy forward (sum, mask, scale)";
    String nll = "nll forward (mean, weights, ignoring class 0)";
    return Stream.of(
        new Bug(smooth, "no even part", Fill.RANDOM, (v, i, j, r) -> r + 0.1 / COLS),
        new Bug(
            smooth, "the target keeps all", Fill.RANDOM, (v, i, j, r) -> r < -0.5 ? r - 0.1 : r),
        new Bug(weights, "the mean over rows", Fill.RANDOM, (v, i, j, r) -> r * 0.8),
        new Bug(capped, "no slope of the cap", Fill.WIDE, ToleranceTest::withoutSlope),
        new Bug(capped, "no z-loss", Fill.CONSTANT, (v, i, j, r) -> r - 0.02 * 7 / COLS),
        new Bug(masked, "the scale left out", Fill.CONSTANT, (v, i, j, r) -> r - 1e-5),
        new Bug(nll, "weights left out", Fill.RANDOM, (v, i, j, r) -> r * 1.1));
  }

  /** dx over 1 - tanh^2, for a cap of 5. */
  private static double withoutSlope(Values v, int i, int j, double right) {
    double cosh = Math.cosh(v.at("x", i, j) / 5);
    return right * cosh * cosh;
  }

  static Stream<Bug> expectations() {
    String e = "expectation forward";
    String dh = "expectation backward";
    String dt = "expectation values backward";
    String ddx = "cross-entropy double backward";
    String jvp = "log-softmax jvp";
    String where = "weighted-logsumexp forward (where alone)";
    String sign = "weighted-logsumexp forward";
    String da = "weighted-logsumexp backward";
    String db = "weighted-logsumexp weights backward";
    String mean = "log-mean-exp forward";
    String add = "log-add-exp forward";
    String addBackward = "log-add-exp backward";
    String product = "matrix-product forward";
    return Stream.of(
        new Bug(e, "the last value left out", Fill.CONSTANT, ToleranceTest::lacksLastValue),
        new Bug(e, "the sum for the mean", Fill.CONSTANT, (v, i, j, r) -> r * COLS),
        new Bug(e, "a value at -inf counts", Fill.MASKED, (v, i, j, r) -> r + 1e-4),
        new Bug(dh, "g left out", Fill.RANDOM, (v, i, j, r) -> r / v.at("g", i, 0)),
        new Bug(dh, "sign", Fill.RANDOM, (v, i, j, r) -> -r),
        new Bug(dh, "no mean", Fill.CONSTANT, ToleranceTest::uncentred),
        new Bug(dt, "row 0's g", Fill.RANDOM, ToleranceTest::firstRowGradient),
        new Bug(ddx, "scale left out", Fill.RANDOM, (v, i, j, r) -> r * ROWS),
        new Bug(ddx, "g left out", Fill.RANDOM, (v, i, j, r) -> r / v.at("g", 0, 0)),
        new Bug(jvp, "no row sum", Fill.RANDOM, (v, i, j, r) -> v.at("v", i, j)),
        new Bug(where, "one more column counts", Fill.CONSTANT, (v, i, j, r) -> r + 1e-3),
        new Bug(sign, "no sign", Fill.RANDOM, (v, i, j, r) -> Math.abs(r)),
        new Bug(sign, "sign 1 for no sum", Fill.ALL_MASKED, (v, i, j, r) -> r == 0 ? 1 : r),
        new Bug(da, "|b|", Fill.RANDOM, (v, i, j, r) -> Math.abs(r)),
        new Bug(da, "b left out", Fill.RANDOM, (v, i, j, r) -> r == 0 ? 0 : r / v.at("b", i, j)),
        new Bug(db, "b too many", Fill.RANDOM, (v, i, j, r) -> r * v.at("b", i, j)),
        new Bug(mean, "the sum", Fill.RANDOM, (v, i, j, r) -> r + Math.log(COLS)),
        new Bug(mean, "one column too many", Fill.CONSTANT, (v, i, j, r) -> r + Math.log1p(-1e-3)),
        new Bug(add, "the maximum", Fill.RANDOM, ToleranceTest::larger),
        new Bug(add, "no digits of the smaller", Fill.RANDOM, (v, i, j, r) -> r * (1 + 32 * ULP)),
        new Bug(
            addBackward, "the other's fraction", Fill.RANDOM, (v, i, j, r) -> v.at("dy", i, j) - r),
        new Bug(product, "the last term left out", Fill.CONSTANT, ToleranceTest::lacksLastTerm),
        new Bug(product, "row 0 for all", Fill.RANDOM, (v, i, j, r) -> v.right(0, j)));
  }

  @ParameterizedTest
  @MethodSource({"forward", "backward", "crossEntropy", "crossEntropyOptions", "expectations"})
  void catches(Bug bug) {
    OpCase opCase =
        OpCase.all().stream().filter(c -> c.name().equals(bug.opCase())).findAny().orElseThrow();
    Inputs inputs = new Inputs(new Shape(ROWS, COLS), bug.fill(), 3);
    assertTrue(check(new Saboteur(Bug.NONE), opCase, inputs).ok(), "without the bug");
    Accuracy accuracy = check(new Saboteur(bug.wrong()), opCase, inputs);
    assertFalse(accuracy.ok(), () -> "not caught; largest error " + accuracy.worstAbsolute());
  }

  /** One float32 accumulator over a long row sticks: its ties all round the same way. */
  @ParameterizedTest
  @MethodSource("longRow")
  void catchesOneAccumulator(Bug bug) {
    OpCase opCase = OpCase.all().get(0);
    Inputs inputs = new Inputs(new Shape(1, 100_000), bug.fill(), 3);
    assertTrue(check(new Saboteur(Bug.NONE), opCase, inputs).ok(), "without the bug");
    assertFalse(check(new Saboteur(bug.wrong()), opCase, inputs).ok(), "not caught");
  }

  static Stream<Bug> longRow() {
    return Stream.of(
        new Bug("logsumexp forward", "one accumulator", Fill.TIES, ToleranceTest::oneAccumulator));
  }

  private static Accuracy check(Saboteur backend, OpCase opCase, Inputs inputs) {
    try (backend;
        Run run = opCase.prepare(backend, inputs)) {
      run.run();
      return run.check();
    }
  }

  private static Saboteur.Wrong unwritten(int rows, int cols) {
    return (v, i, j, r) -> i < rows && j < cols ? r : 0;
  }

  private static double inOneStep(Values v, int i, int j, double right) {
    double max = v.max("x", i);
    float lse = (float) (max + (v.at("x", i, 0) - max - v.right(i, 0)));
    return v.at("x", i, j) - lse;
  }

  private static double maximumForLse(Values v, int i, int j, double right) {
    return v.at("dlse", i, 0) * Math.exp(v.at("x", i, j) - v.max("x", i));
  }

  private static double sumLacksTail(Values v, int i, int j, double right) {
    return right + Math.exp(v.at("y", i, j)) * v.at("dy", i, COLS - 1);
  }

  private static double logForProbability(Values v, int i, int j, double right) {
    double dy = v.at("dy", i, j);
    return dy - (dy - right) / Math.exp(v.at("y", i, j)) * v.at("y", i, j);
  }

  private static double noDot(Values v, int i, int j, double right) {
    return v.at("y", i, j) * v.at("dy", i, j);
  }

  private static double dotLacksTail(Values v, int i, int j, double right) {
    return right + v.at("y", i, j) * noDot(v, i, COLS - 1, right);
  }

  private static double firstGradient(Values v, int i, int j, double right) {
    return right / v.at("dloss", i, 0) * v.at("dloss", 0, 0);
  }

  private static double lacksLastValue(Values v, int i, int j, double right) {
    return right - v.at("t", i, COLS - 1) / COLS;
  }

  private static double uncentred(Values v, int i, int j, double right) {
    return v.at("g", i, 0) * v.at("t", i, j) / COLS;
  }

  private static double firstRowGradient(Values v, int i, int j, double right) {
    return right / v.at("g", i, 0) * v.at("g", 0, 0);
  }

  private static double larger(Values v, int i, int j, double right) {
    return Math.max(v.at("a", i, j), v.at("b", i, j));
  }

  private static double lacksLastTerm(Values v, int i, int j, double right) {
    return right - v.at("a", i, COLS - 1) * v.at("b", COLS - 1, j);
  }

  private static double oneAccumulator(Values v, int i, int j, double right) {
    double max = v.max("x", i);
    float sum = 0;
    for (int k = 0; k < 100_000; k++) {
      sum += (float) Math.exp(v.at("x", i, k) - max);
    }
    return max + Math.log(sum);
  }
}
