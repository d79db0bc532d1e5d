package dev.logitcl.cpu.vector;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The length of vectors, the constants of {@code exp}, and the padding of a row's last vector. */
final class FloatVectors {
  /**
   * The longest vectors that the processor has, up to 256 bits. On an EPYC with AVX-512 those of
   * 512 bits are no faster in rows of 1000 columns and in products, and rows of 10 columns, where
   * HotSpot boxes vectors of two lengths in one program, take up to 4.5 times as long. Vectors of
   * doubles may have 512 bits: there exponentials decide, and they take half to nine tenths of the
   * time.
   */
  static final VectorSpecies<Float> S =
      FloatVector.SPECIES_PREFERRED.length() > 8
          ? FloatVector.SPECIES_256
          : FloatVector.SPECIES_PREFERRED;

  /** Elements of such a vector. */
  static final int V = S.length();

  /** Each lane's number. */
  static final float[] INDEX = {0, 1, 2, 3, 4, 5, 6, 7};

  // exp(x) = 2^n (1 + r + r^2 (..)), n = round(x / log(2)), r = x - n log(2) in two steps (Cody and
  // Waite); minimax polynomial of degree 6; 0.9 ulp.

  /** Below this, n is -127 or less, 2^n is put together as 0, and so is the result. */
  static final float FLOOR = -88f;

  static final float LOG2E = 1.442695f;

  /** Adding it rounds to an integer, which is then in the low bits, more by the exponent's bias. */
  static final float ROUND = 0x1.8p23f + 127;

  static final float LN2_HIGH = 0x1.63p-1f;
  static final float LN2_LOW = -2.1219444e-4f;
  static final float C6 = 1.3814599e-3f;
  static final float C5 = 8.368717e-3f;
  static final float C4 = 4.166839e-2f;
  static final float C3 = 0.16666521f;
  static final float C2 = 0.49999994f;

  private FloatVectors() {}

  /**
   * The last {@code n} elements before {@code end}, behind as many {@code value}s as it takes. A
   * load that begins before them and a blend cost a tenth of a copy and a fill.
   */
  static float[] pad(float[] x, int end, int n, int length, float value) {
    float[] padded = new float[length];
    if (end < length) {
      Arrays.fill(padded, 0, length - n, value);
      System.arraycopy(x, end - n, padded, length - n, n);
      return padded;
    }
    FloatVector filler = FloatVector.broadcast(S, value);
    FloatVector index = FloatVector.fromArray(S, INDEX, 0);
    for (int k = 0; k < length; k += V) {
      FloatVector v = FloatVector.fromArray(S, x, end - length + k);
      v = v.blend(filler, index.compare(VectorOperators.LT, (float) (length - n - k)));
      v.intoArray(padded, k);
    }
    return padded;
  }
}
