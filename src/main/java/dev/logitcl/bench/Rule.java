package dev.logitcl.bench;

import dev.logitcl.backend.Backend;

/**
 * A sentence of the contract about one operation, with a check that it holds.
 *
 * @param op the operation and its pass, {@code log-softmax backward}
 * @param text the sentence
 * @param check whether it holds for rows of a length
 */
public record Rule(String op, String text, Check check) {
  /** Shorter than a vector; not a multiple of one; longer than a work-group. */
  private static final int[] COLS = {3, 70, 1000};

  /** Whether it holds, at several row lengths. */
  Accuracy holds(Backend backend) {
    Accuracy accuracy = Accuracy.NONE;
    for (int cols : COLS) {
      accuracy = accuracy.and(check.on(backend, cols));
    }
    return accuracy;
  }

  /** A check for one row length. */
  @FunctionalInterface
  public interface Check {
    /** Whether the sentence holds. */
    Accuracy on(Backend backend, int cols);
  }

  /** A condition on a single value. */
  @FunctionalInterface
  interface Test {
    /** Whether it is. */
    boolean holds(float value);
  }

  /** Whether every value passes. */
  static Accuracy every(String name, float[] values, String expected, Test test) {
    for (int k = 0; k < values.length; k++) {
      if (!test.holds(values[k])) {
        return miss(name + "[" + k + "]", values[k], expected);
      }
    }
    return Accuracy.NONE;
  }

  /** Whether every value is NaN. */
  static Accuracy nan(String name, float[] values) {
    return every(name, values, "NaN", v -> Float.isNaN(v));
  }

  /** Whether every value is the expected one; 0 and -0 are one value. */
  static Accuracy equal(String name, float[] values, float expected) {
    return every(name, values, Float.toString(expected), v -> v == expected);
  }

  /** Whether the arrays have the same bits. */
  static Accuracy same(String name, float[] values, float[] expected) {
    for (int k = 0; k < values.length; k++) {
      if (Float.floatToIntBits(values[k]) != Float.floatToIntBits(expected[k])) {
        return miss(name + "[" + k + "]", values[k], Float.toString(expected[k]));
      }
    }
    return Accuracy.NONE;
  }

  /** Whether a number is near another. */
  static Accuracy near(String name, double value, double expected, double tolerance) {
    double error = Math.abs(value - expected);
    if (error <= tolerance) {
      return new Accuracy(error, 0, true, "");
    }
    return miss(name, value, expected + " (tolerance " + (float) tolerance + ")");
  }

  /** Whether an action throws; {@code words} must be in the message. */
  static Accuracy raises(Class<? extends RuntimeException> type, Runnable action, String... words) {
    try {
      action.run();
    } catch (RuntimeException e) {
      String message = String.valueOf(e.getMessage());
      for (String word : words) {
        if (!message.contains(word)) {
          return Accuracy.failed("message \"" + message + "\" lacks \"" + word + "\"");
        }
      }
      return type.isInstance(e)
          ? Accuracy.NONE
          : Accuracy.failed("threw " + e + ", expected " + type.getSimpleName());
    }
    return Accuracy.failed("threw nothing, expected " + type.getSimpleName());
  }

  private static Accuracy miss(String what, double value, String expected) {
    return Accuracy.failed(what + " is " + value + ", expected " + expected);
  }
}
