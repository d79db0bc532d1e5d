package dev.logitcl.matrix;

/** A weight for each class, 0 or more and finite: checked here, before any operation sees it. */
public final class ClassWeights extends ClassValues {
  private ClassWeights(float[] values) {
    super(values);
  }

  /**
   * A copy of {@code weights}.
   *
   * @throws IllegalArgumentException naming class and value if one is negative, infinite or NaN
   */
  public static ClassWeights of(float... weights) {
    for (int j = 0; j < weights.length; j++) {
      if (!(weights[j] >= 0 && weights[j] <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "class weight[" + j + "] is " + weights[j] + ", expected a finite number from 0 on");
      }
    }
    return new ClassWeights(weights.clone());
  }

  @Override
  public String toString() {
    return length() + " class weights";
  }
}
