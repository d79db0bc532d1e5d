package dev.logitcl.conformance;

import dev.logitcl.conformance.ConformanceCase.Tensor;
import dev.logitcl.matrix.DType;
import java.util.Arrays;

/**
 * How far a result may be from the expected number: {@code |got - expected| <= atol + rtol *
 * |expected|}; infinities and NaN must be equal.
 *
 * <p>A case states the tolerance of its element type; probabilities below the smallest normal
 * number may become 0. A case in float64 that is computed in float32, from inputs that were rounded
 * to it, gets in addition what that can cost. With u = 2^-24 and X the largest finite input:
 *
 * <ul>
 *   <li>rounding moves each input by at most u X, so x - m and x - lse by 2 u X;
 *   <li>computing x - m rounds once more, by u |x - m| <= 2 u X;
 *   <li>exp, the sum, log and the last operation take a few units of the last place: 16 u, of
 *       values of the order of 1, or of the result, which is at most 2 X + log(n).
 * </ul>
 *
 * So log-domain results are within (6 X + 16) u absolute, and exponentials within (6 X + 16) u
 * relative. A gradient is the sum of at most two products of such an exponential and a number of at
 * most the sum of |dy|.
 *
 * @param atol absolute
 * @param rtol relative
 */
record Tolerance(double atol, double rtol) {
  private static final double UNIT = 0x1p-24;

  /** The tolerance of a case that is computed in an element type. */
  static Tolerance of(ConformanceCase test, DType dtype) {
    double rounding = dtype == test.dtype() ? 0 : rounding(test);
    if (test.op().equals("Softmax")) {
      double smallest = dtype == DType.F64 ? Double.MIN_NORMAL : Float.MIN_NORMAL;
      return new Tolerance(test.atol() + smallest, test.rtol() + rounding);
    }
    double factor = test.op().endsWith("Grad") ? 2 * gradients(test) : 1;
    return new Tolerance(test.atol() + factor * rounding, test.rtol());
  }

  /** What the gradients of the result, or the targets, add up to. */
  private static double gradients(ConformanceCase test) {
    Tensor tensor = test.input("grad_output").or(() -> test.input("targets")).orElseThrow();
    return Arrays.stream(tensor.doubles()).map(Math::abs).sum();
  }

  private static double rounding(ConformanceCase test) {
    double largest =
        Arrays.stream(test.input().doubles())
            .filter(Double::isFinite)
            .map(Math::abs)
            .max()
            .orElse(0);
    return (6 * largest + 16) * UNIT;
  }

  boolean allows(double got, double expected) {
    if (Double.isNaN(expected) || Double.isInfinite(expected) || Double.isNaN(got)) {
      return Double.compare(got, expected) == 0;
    }
    return Math.abs(got - expected) <= atol + rtol * Math.abs(expected);
  }
}
