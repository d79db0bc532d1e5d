package dev.logitcl.cpu;

import dev.logitcl.matrix.ClassMask;
import dev.logitcl.op.CrossEntropyOptions;

/**
 * The scores of rows in float32, block by block: logits times a factor, under a soft cap, and -inf
 * where a mask leaves the class out. A block's scores lie at the start of a room, or in the row's
 * own array where they are its logits as they are.
 */
final class FloatScores {
  /** Elements of a block. */
  static final int BLOCK = FloatSteps.BLOCK;

  private static final float[] ALL = {};

  private final RowPrimitives primitives;

  /** What logits are multiplied by, before a cap if there is one. */
  private final float factor;

  private final boolean capped;
  private final float cap;

  /** 0 for each class that the mask leaves out, else 1; empty without a mask. */
  private final float[] takesPart;

  FloatScores(CrossEntropyOptions options, int cols, RowPrimitives primitives) {
    this.primitives = primitives;
    this.capped = options.scores().isCapped();
    this.cap = (float) options.scores().cap();
    this.factor = (float) (options.scores().scale() / (capped ? options.scores().cap() : 1));
    ClassMask mask = options.mask();
    this.takesPart = mask == null ? ALL : new float[cols];
    for (int j = 0; j < takesPart.length; j++) {
      takesPart[j] = mask != null && mask.leavesOut(j) ? 0 : 1;
    }
  }

  /** Whether there is a soft cap, whose slope a gradient is multiplied by. */
  boolean areCapped() {
    return capped;
  }

  boolean takesPart(int label) {
    return takesPart.length == 0 || takesPart[label] != 0;
  }

  private boolean areLogits() {
    return factor == 1 && !capped && takesPart.length == 0;
  }

  /** The array with the scores of columns {@code k} to {@code k + n - 1}: the room or x's own. */
  float[] of(Floats x, long row, int k, int n, float[] room) {
    if (areLogits()) {
      return x.array(row);
    }
    float[] from = unmasked(x, row, k, n, room, 0);
    if (takesPart.length == 0) {
      return from;
    }
    int at = from == room ? 0 : x.offset(row) + k;
    primitives.floats().present(takesPart, k, from, at, room, 0, n);
    return room;
  }

  /** The array with scores without the mask: the room, from a place on, or x's own. */
  float[] unmasked(Floats x, long row, int k, int n, float[] room, int place) {
    if (capped) {
      primitives.floats().cap(x.array(row), x.offset(row) + k, room, place, n, factor, cap);
      return room;
    }
    if (factor == 1) {
      return x.array(row);
    }
    System.arraycopy(x.array(row), x.offset(row) + k, room, place, n);
    primitives.scale(room, place, n, factor);
    return room;
  }

  /** Where in an array of scores the block of column {@code k} begins. */
  static int at(float[] scores, Floats x, long row, int k, float[] room, int place) {
    return scores == room ? place : x.offset(row) + k;
  }

  /** The score of one class, with the bits that it has in its block. */
  float score(Floats x, long row, int label) {
    if (!takesPart(label)) {
      return Float.NEGATIVE_INFINITY;
    }
    float[] one = new float[1];
    float[] z = unmasked(x, row, label, 1, one, 0);
    return z[at(z, x, row, label, one, 0)];
  }

  /** The logarithm of the sum of {@code exp(z - max)}, as {@link RowMath#logSum} takes it. */
  double logSum(Floats x, long row, RowState s) {
    if (areLogits()) {
      return RowMath.logSum(x, row, s, primitives);
    }
    int cols = (int) x.cols();
    double sum = s.sum * Math.exp((double) s.reference - s.max);
    if (!RowMath.isDominated(sum, cols)) {
      return Math.log(s.sum) + ((double) s.reference - s.max);
    }
    double others = 0;
    float[] room = s.block(BLOCK);
    for (int k = 0; k < cols; k += BLOCK) {
      int n = Math.min(BLOCK, cols - k);
      float[] z = of(x, row, k, n, room);
      others += primitives.others(z, at(z, x, row, k, room, 0), n, s.max);
    }
    return Math.log1p(RowMath.butOne(sum, others));
  }

  /** The first class of the largest score. */
  int predicted(Floats x, long row, RowState s) {
    int cols = (int) x.cols();
    float[] room = s.block(BLOCK);
    for (int k = 0; k < cols; k += BLOCK) {
      int n = Math.min(BLOCK, cols - k);
      float[] z = of(x, row, k, n, room);
      int at = at(z, x, row, k, room, 0);
      int found = primitives.floats().above(z, at, at + n, Math.nextDown(s.max));
      if (found < at + n) {
        return k + found - at;
      }
    }
    return -1;
  }

  /**
   * Multiplies a block of a gradient with respect to scores by the slope of the cap; the gradient
   * of classes that take no part, whose slope may be NaN, is 0.
   */
  void multiplyBySlope(float[] x, int xFrom, float[] y, int yFrom, int k, int n) {
    primitives.floats().capSlope(x, xFrom, y, yFrom, n, factor);
    for (int j = 0; j < n && takesPart.length > 0; j++) {
      y[yFrom + j] = takesPart[k + j] == 0 ? 0 : y[yFrom + j];
    }
  }
}
