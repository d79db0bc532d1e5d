package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.FloatBuffer;

/** IEEE 754 binary32. */
final class FloatCodec extends Codec {
  FloatCodec() {
    super(HostForm.FLOATS, 24, Float.MAX_EXPONENT);
  }

  @Override
  public double get(Buffer elements, int k) {
    return ((FloatBuffer) elements).get(k);
  }

  @Override
  public void put(Buffer elements, int k, double value) {
    ((FloatBuffer) elements).put(k, (float) value);
  }

  @Override
  public double round(double value) {
    return (float) value;
  }

  @Override
  public void load(Object array, int start, double[] to) {
    float[] from = (float[]) array;
    for (int j = 0; j < to.length; j++) {
      to[j] = from[start + j];
    }
  }

  @Override
  public void store(double[] from, Object array, int start) {
    float[] to = (float[]) array;
    for (int j = 0; j < from.length; j++) {
      to[start + j] = (float) from[j];
    }
  }
}
