package dev.logitcl.matrix;

/**
 * The classes that take part in a softmax. The scores of the others count as -inf, for all rows. A
 * mask never changes, belongs to no backend and needs no closing.
 */
public final class ClassMask extends ClassValues {
  private final int kept;

  private ClassMask(float[] leftOut, int kept) {
    super(leftOut);
    this.kept = kept;
  }

  /**
   * Returns a mask.
   *
   * @param takesPart for each class, whether it takes part
   */
  public static ClassMask of(boolean... takesPart) {
    float[] leftOut = new float[takesPart.length];
    int kept = 0;
    for (int j = 0; j < takesPart.length; j++) {
      leftOut[j] = takesPart[j] ? 0 : 1;
      kept += takesPart[j] ? 1 : 0;
    }
    return new ClassMask(leftOut, kept);
  }

  /**
   * Returns whether a class is left out.
   *
   * @throws IndexOutOfBoundsException if there is no such class
   */
  public boolean leavesOut(int col) {
    return get(col) != 0;
  }

  /** Returns how many classes take part. */
  public int kept() {
    return kept;
  }

  @Override
  public String toString() {
    return "mask of " + length() + " classes, " + kept + " take part";
  }
}
