package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Emit;
import dev.logitcl.cpu.RowWalk.Reduce;

/** The steps of a walk that several operations on float32 rows have in common. */
final class FloatSteps {
  /** Sums run over at most so many elements in float32. */
  static final int BLOCK = 1024;

  private final RowPrimitives primitives;

  FloatSteps(RowPrimitives primitives) {
    this.primitives = primitives;
  }

  /** Adds up the elements. */
  Reduce sum(Floats x) {
    return (row, from, n, s) -> {
      float[] array = x.array(row);
      int start = x.offset(row) + from;
      for (int k = 0; k < n; k += BLOCK) {
        s.sum += primitives.sum(array, start + k, Math.min(BLOCK, n - k));
      }
    };
  }

  /** Takes the maximum and the sum of exponentials. */
  Reduce statistics(Floats x) {
    return (row, from, n, s) -> primitives.sumExp(x.array(row), x.offset(row) + from, n, s);
  }

  /** Takes maximum and sum, and leaves the exponentials in {@code y}: they are computed once. */
  Reduce keepExp(Floats x, Floats y) {
    return (row, from, n, s) ->
        primitives.keepExp(
            x.array(row), x.offset(row) + from, y.array(row), y.offset(row) + from, n, s);
  }

  /**
   * Takes elements into a state, and leaves their exponentials at the start of {@code y}; the
   * state's other sums stay relative to its reference.
   */
  void keepExp(float[] x, int from, float[] y, int n, RowState s) {
    float before = s.reference;
    primitives.keepExp(x, from, y, 0, n, s);
    if (s.reference != before) {
      double factor = Math.exp((double) before - s.reference);
      s.moment *= factor;
      s.magnitude *= factor;
    }
  }

  /** Takes weights of exponentials into a state. */
  void weigh(float[] e, int eFrom, float[] w, int wFrom, int n, RowState s) {
    double[] totals = {s.moment, s.magnitude, s.squares};
    primitives.floats().weigh(e, eFrom, w, wFrom, n, totals);
    s.moment = totals[0];
    s.magnitude = totals[1];
    s.squares = totals[2];
  }

  /**
   * Whether no weight is so large that its product with an exponential may overflow, or be missed
   * where the exponential is below {@link Float#MIN_NORMAL} and taken as 0.
   */
  static boolean areModerate(RowState s, long cols, double largest) {
    return s.squares <= largest * largest * cols; // not where it is NaN
  }

  /** {@code y = y * b}, where y holds the exponentials that {@link #keepExp} left. */
  Emit scaleKept(Floats y) {
    return (row, from, n, s, reference) -> {
      double factor = s.b;
      if (reference != s.reference) {
        factor *= Math.exp((double) reference - s.reference);
      }
      primitives.scale(y.array(row), y.offset(row) + from, n, (float) factor);
    };
  }

  /** {@code y = (x - a) - b}. */
  Emit logSoftmax(Floats x, Floats y) {
    return (row, from, n, s, reference) ->
        primitives.logSoftmax(
            x.array(row), x.offset(row) + from, y.array(row), y.offset(row) + from, n, s.a, s.b);
  }

  /** {@code y = exp(x - a) * b}. */
  Emit scaledExp(Floats x, Floats y) {
    return (row, from, n, s, reference) ->
        primitives.exp(
            x.array(row), x.offset(row) + from, y.array(row), y.offset(row) + from, n, s.a, s.b);
  }

  /** {@code dx = y * (dy - a)}. */
  Emit softmaxGradient(Floats y, Floats dy, Floats dx) {
    return (row, from, n, s, reference) ->
        primitives.softmaxGradient(
            y.array(row),
            y.offset(row) + from,
            dy.array(row),
            dy.offset(row) + from,
            dx.array(row),
            dx.offset(row) + from,
            n,
            s.a);
  }
}
