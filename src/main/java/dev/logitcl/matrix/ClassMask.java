package dev.logitcl.matrix;

/**
 * The classes that take part in a softmax. The scores of the others count as -inf, for all rows. A
 * mask never changes, belongs to no backend and needs no closing.
 */
public final class ClassMask extends ClassValues {
  private final int counted;

  private ClassMask(float[] leftOut, int counted) {
    super(leftOut);
    this.counted = counted;
  }

  /**
   * Returns a mask.
   *
   * @param takesPart for each class, whether it takes part
   */
  public static ClassMask of(boolean... takesPart) {
    float[] leftOut = new float[takesPart.length];
    int counted = 0;
    for (int j = 0; j < takesPart.length; j++) {
      leftOut[j] = takesPart[j] ? 0 : 1;
      counted += takesPart[j] ? 1 : 0;
    }
    return new ClassMask(leftOut, counted);
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
  public int counted() {
    return counted;
  }

  @Override
  public String toString() {
    return "mask of " + length() + " classes, " + counted + " take part";
  }
}
