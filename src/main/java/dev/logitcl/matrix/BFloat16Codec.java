package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.ShortBuffer;

/** Bfloat16, whose bits {@link BFloat16} converts. */
final class BFloat16Codec extends Codec {
  BFloat16Codec() {
    super(HostForm.SHORTS, 8, Float.MAX_EXPONENT);
  }

  @Override
  public double get(Buffer elements, int k) {
    return BFloat16.toFloat(((ShortBuffer) elements).get(k));
  }

  @Override
  public void put(Buffer elements, int k, double value) {
    ((ShortBuffer) elements).put(k, BFloat16.of(value));
  }

  @Override
  public double round(double value) {
    return BFloat16.toFloat(BFloat16.of(value));
  }

  @Override
  public void load(Object array, int start, double[] to) {
    short[] from = (short[]) array;
    for (int j = 0; j < to.length; j++) {
      to[j] = BFloat16.toFloat(from[start + j]);
    }
  }

  @Override
  public void store(double[] from, Object array, int start) {
    short[] to = (short[]) array;
    for (int j = 0; j < from.length; j++) {
      to[start + j] = BFloat16.of(from[j]);
    }
  }
}
