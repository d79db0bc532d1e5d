package dev.logitcl.matrix;

/**
 * A weight for each class, finite and 0 or more. The weights never change, belong to no backend and
 * need no closing.
 */
public final class ClassWeights extends ClassValues {
  private ClassWeights(float[] values) {
    super(values);
  }

  /**
   * Returns class weights with a copy of {@code weights}.
   *
   * @param weights a finite number, 0 or more, for each class
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
