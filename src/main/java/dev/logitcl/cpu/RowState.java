package dev.logitcl.cpu;

import org.jspecify.annotations.Nullable;

/**
 * What is known of a row, or of some of its columns: the maximum and the sum of exponentials, or
 * just a sum (then the maximum stays where it starts), and after that the row's two constants. Not
 * part of the public API: public because the primitives live in two packages.
 */
public final class RowState {
  /**
   * How far the maximum may exceed the reference before the sum is rescaled, so that it rarely is:
   * exp(8) times 2^31 columns is far from overflow, and {@code x - reference} loses 3 bits at most.
   */
  public static final float SLACK = 8;

  /** At least -{@link Float#MAX_VALUE}, so that (-inf) - (-inf) never forms. */
  public float max;

  /** What is subtracted: at most {@link #SLACK} below the maximum. */
  public float reference;

  /** Of {@code exp(x - reference)}. Of -inf only: exactly 0; else positive; NaN or +inf: NaN. */
  public double sum;

  /** Another sum, of exponentials times weights, relative to the same reference. */
  double moment;

  /** The sum of the magnitudes of its terms. */
  double magnitude;

  /** The sum of the weights' squares. */
  double squares;

  /** Whether the row is left out: not reduced, its output zeros. */
  boolean skipped;

  /** What the row adds to a second total, beside that which its finishing returns. */
  double alsoAdds;

  /** Constants of the row, for its elements. */
  float a;

  float b;
  float c;

  /** What an operation knows beside all that. */
  @Nullable Part part;

  private float[] block = {};

  /** Something that is known of some columns. */
  interface Part {
    /** Takes in what is known of the columns behind them. */
    void merge(Part further);
  }

  /** Nothing is known yet. */
  public RowState() {
    clear();
  }

  void clear() {
    max = -Float.MAX_VALUE;
    reference = -Float.MAX_VALUE;
    sum = 0;
    moment = 0;
    magnitude = 0;
    squares = 0;
    part = null;
    alsoAdds = 0;
    skipped = false;
  }

  /** Room for {@code n} elements, which is kept from row to row, with whatever it holds. */
  float[] block(int n) {
    block = block.length < n ? new float[n] : block;
    return block;
  }

  /** Whether nothing but -inf, if anything, has been taken in. */
  public boolean isEmpty() {
    return reference == -Float.MAX_VALUE;
  }

  /**
   * Raises the reference to a new maximum.
   *
   * @return what exponentials that were taken with the old one have to be multiplied by
   */
  public double raise(float higher) {
    double factor = Math.exp((double) reference - higher);
    // Nothing to rescale in a row's first block; and 0 * NaN is NaN, where the maximum is infinite.
    sum = sum == 0 ? 0 : sum * factor;
    max = higher;
    reference = higher;
    return factor;
  }

  /**
   * Takes in the maximum of elements whose exponentials are about to be added.
   *
   * @return what exponentials that were taken before have to be multiplied by
   */
  public double reach(float top) {
    if (top > reference + SLACK) { // -MAX_VALUE, where it begins, absorbs the slack
      return raise(top);
    }
    max = Math.max(max, top);
    return 1;
  }

  /** Takes in the state of further columns. */
  void merge(RowState other) {
    float top = Math.max(max, other.max);
    double otherSum = other.sum;
    double factor = 1; // of the other's sums
    // Where the references are equal the factor is 1: not exp(0), because inf - inf is NaN.
    if (other.reference > reference) {
      double own = raise(other.reference);
      moment *= own;
      magnitude *= own;
    } else if (other.reference < reference) {
      factor = Math.exp((double) other.reference - reference);
      otherSum *= factor;
    }
    sum += otherSum;
    moment += factor * other.moment;
    magnitude += factor * other.magnitude;
    squares += other.squares;
    if (part == null) {
      part = other.part;
    } else if (other.part != null) {
      part.merge(other.part);
    }
    max = top;
  }
}
