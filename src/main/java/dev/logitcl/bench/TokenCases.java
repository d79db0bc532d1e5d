package dev.logitcl.bench;

import dev.logitcl.bench.Oracle.Stats;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.TokenLogProbs;
import dev.logitcl.op.TokenLogProbs.Outputs;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The cases of token log-probabilities, what they should be, and how far off they may be. */
final class TokenCases {
  /** Chosen tokens of a row where there are several. */
  private static final int SEVERAL = 3;

  private TokenCases() {}

  static List<OpCase> all() {
    return List.of(
        tokens("", 1, 20, false),
        tokens("every output, 3 chosen, top 5", SEVERAL, 5, true),
        tokens("top 128", 0, 128, false),
        tokens("chosen alone", 1, 0, false),
        tokens("statistics alone", 0, 0, true));
  }

  private static OpCase tokens(String variant, int n, int most, boolean statistics) {
    return new OpCase(
        "token-logprobs",
        "forward",
        variant,
        TokenLogProbs.class,
        o -> build(o, n, most, statistics),
        Map.of(
            "logProb",
            (in, row, to) -> logProb(in, row, n, to),
            "rank",
            (in, row, to) -> rank(in, row, n, to),
            "top",
            (in, row, to) -> top(in, row, Math.min(most, in.cols()), false, to),
            "topLogProb",
            (in, row, to) -> top(in, row, Math.min(most, in.cols()), true, to),
            "entropy",
            TokenCases::entropy,
            "max",
            StatsReference::max,
            "logSum",
            TokenCases::logSum),
        n > 0 || most > 0);
  }

  private static TokenLogProbs build(Operands o, int n, int most, boolean statistics) {
    Inputs in = o.inputs();
    DType type = in.dtype().arithmetic();
    int rows = in.rows();
    int k = Math.min(most, in.cols());
    Outputs outputs = Outputs.NONE;
    Labels chosen = null;
    if (n > 0) {
      chosen = o.labels("chosen " + n, () -> chosen(in, n));
      Matrix rank = o.output("rank " + n, rows, rows == 0 ? 0 : n, DType.I32);
      outputs = outputs.withChosen(o.output("log p " + n, rows, rows == 0 ? 0 : n, type), rank);
    }
    if (most > 0) {
      Matrix top = o.output("top " + k, rows, k, DType.I32);
      outputs = outputs.withTop(top, o.output("top log p " + k, rows, k, type));
    }
    if (statistics) {
      outputs =
          outputs
              .withEntropy(o.outRow("entropy"))
              .withStatistics(o.outRow("max"), o.outRow("log s"));
    }
    return new TokenLogProbs(o.x(), chosen, outputs);
  }

  private static int[] chosen(Inputs in, int n) {
    int[] chosen = new int[in.rows() * n];
    for (int k = 0; k < chosen.length; k++) {
      chosen[k] = chosen(in, k / n, k % n);
    }
    return chosen;
  }

  private static int chosen(Inputs in, int row, int c) {
    return Noise.index(77 + c, row, in.cols());
  }

  private static double x(Inputs in, int row, int j) {
    return in.x().get(row * in.cols() + j);
  }

  private static void logProb(Inputs in, int row, int n, Comparison to) {
    for (int c = 0; c < n; c++) {
      logProb(in, row, c, chosen(in, row, c), to);
    }
  }

  private static void logProb(Inputs in, int row, int c, int token, Comparison to) {
    Stats s = in.stats(row);
    double x = x(in, row, token);
    double tolerance = s.regular() ? Tolerance.logSoftmax(x, s, in.cols()) : 0;
    to.element(c, Oracle.logSoftmax(x, s), tolerance, Math.max(s.max() - x, 1));
  }

  private static void rank(Inputs in, int row, int n, Comparison to) {
    for (int c = 0; c < n; c++) {
      int token = chosen(in, row, c);
      int rank = 1;
      for (int j = 0; j < in.cols(); j++) {
        rank += comesBefore(in, row, j, token) ? 1 : 0;
      }
      to.element(c, Double.isNaN(in.stats(row).max()) ? 0 : rank, 0, 0);
    }
  }

  private static boolean comesBefore(Inputs in, int row, int a, int b) {
    double x = x(in, row, a);
    double y = x(in, row, b);
    return x > y || (x == y && a < b);
  }

  /** The k first of all, sorted. */
  private static void top(Inputs in, int row, int k, boolean logProb, Comparison to) {
    boolean isNaN = Double.isNaN(in.stats(row).max());
    List<Integer> sorted =
        isNaN
            ? Collections.nCopies(k, -1)
            : IntStream.range(0, in.cols())
                .boxed()
                .sorted((a, b) -> comesBefore(in, row, a, b) ? -1 : a.equals(b) ? 0 : 1)
                .toList();
    for (int c = 0; c < k; c++) {
      int token = sorted.get(c);
      if (!logProb) {
        to.element(c, token, 0, 0);
      } else if (isNaN) {
        to.element(c, Double.NaN, 0, 0);
      } else {
        logProb(in, row, c, token, to);
      }
    }
  }

  private static void logSum(Inputs in, int row, Comparison to) {
    Stats s = in.stats(row);
    double log = s.regular() ? s.logSum() : s.max() < 0 ? s.max() : Double.NaN;
    double tolerance = s.regular() ? Tolerance.logSum(s, in.cols()) + Tolerance.U * log : 0;
    to.element(0, log, tolerance, 1);
  }

  /**
   * log(s) - h / s, h = sum exp(x - m) (x - m): h errs by each term's rounded distance, twice (as
   * factor and in the exponential), by the exponentials and by adding; it is taken about a
   * reference up to 8 above or below m, and moved.
   */
  private static void entropy(Inputs in, int row, Comparison to) {
    Stats s = in.stats(row);
    if (!s.regular()) {
      to.element(0, Double.NaN, 0, 0);
      return;
    }
    double squares = 0;
    for (int j = 0; j < in.cols(); j++) {
      double d = x(in, row, j) - s.max();
      double e = Math.exp(d);
      squares += e == 0 ? 0 : e * d * d;
    }
    double log = Math.log(s.sum());
    double sum = Tolerance.sumExp(s, in.cols());
    double tolerance =
        sum
            + Tolerance.LOG * log
            + (s.spread() + 8) * (sum + Tolerance.adding(in.cols()) + Tolerance.DIVIDE)
            + 2 * Tolerance.U * (squares / s.sum() + 8)
            + Tolerance.U * (log + s.spread());
    to.element(0, log + s.spread(), tolerance, Math.max(1, log));
  }
}
