package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.IntBuffer;

/** 32-bit signed integers. */
final class IntCodec extends Codec {
  IntCodec() {
    super(HostForm.INTS);
  }

  @Override
  public double get(Buffer elements, int k) {
    return ((IntBuffer) elements).get(k);
  }

  @Override
  public void put(Buffer elements, int k, double value) {
    ((IntBuffer) elements).put(k, (int) value);
  }

  @Override
  public double round(double value) {
    return (int) value;
  }

  @Override
  public void load(Object array, int start, double[] to) {
    int[] from = (int[]) array;
    for (int j = 0; j < to.length; j++) {
      to[j] = from[start + j];
    }
  }

  @Override
  public void store(double[] from, Object array, int start) {
    int[] to = (int[]) array;
    for (int j = 0; j < from.length; j++) {
      to[start + j] = (int) from[j];
    }
  }
}
