package dev.logitcl.matrix;

/** Which classes take no part in a softmax: their scores count as -inf. */
public final class ClassMask extends ClassValues {
  private final int kept;

  private ClassMask(float[] leftOut, int kept) {
    super(leftOut);
    this.kept = kept;
  }

  /**
   * A mask.
   *
   * @param takesPart for each class whether it takes part
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

  /** Whether a class is left out. */
  public boolean leavesOut(int col) {
    return get(col) != 0;
  }

  /** How many classes take part. */
  public int kept() {
    return kept;
  }

  @Override
  public String toString() {
    return "mask of " + length() + " classes, " + kept + " take part";
  }
}
