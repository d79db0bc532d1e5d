package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.DoubleBuffer;

/** IEEE 754 binary64. */
final class DoubleCodec extends Codec {
  DoubleCodec() {
    super(HostForm.DOUBLES, 53, Double.MAX_EXPONENT);
  }

  @Override
  public double get(Buffer elements, int k) {
    return ((DoubleBuffer) elements).get(k);
  }

  @Override
  public void put(Buffer elements, int k, double value) {
    ((DoubleBuffer) elements).put(k, value);
  }

  @Override
  public double round(double value) {
    return value;
  }

  @Override
  public void load(Object array, int start, double[] to) {
    System.arraycopy((double[]) array, start, to, 0, to.length);
  }

  @Override
  public void store(double[] from, Object array, int start) {
    System.arraycopy(from, 0, (double[]) array, start, from.length);
  }
}
