package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.ShortBuffer;

/** IEEE 754 binary16, whose bits {@link Half} converts. */
final class HalfCodec extends Codec {
  HalfCodec() {
    super(HostForm.SHORTS, 11, 15);
  }

  @Override
  public double get(Buffer elements, int k) {
    return Half.toFloat(((ShortBuffer) elements).get(k));
  }

  @Override
  public void put(Buffer elements, int k, double value) {
    ((ShortBuffer) elements).put(k, Half.of(value));
  }

  @Override
  public double round(double value) {
    return Half.toFloat(Half.of(value));
  }

  @Override
  public void load(Object array, int start, double[] to) {
    short[] from = (short[]) array;
    for (int j = 0; j < to.length; j++) {
      to[j] = Half.toFloat(from[start + j]);
    }
  }

  @Override
  public void store(double[] from, Object array, int start) {
    short[] to = (short[]) array;
    for (int j = 0; j < from.length; j++) {
      to[start + j] = Half.of(from[j]);
    }
  }
}
