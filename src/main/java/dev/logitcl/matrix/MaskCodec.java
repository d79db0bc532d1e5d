package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.ByteBuffer;

/** Bytes of masks: 0 to 255 when they are read; when they are set, 1 for all numbers except 0. */
final class MaskCodec extends Codec {
  MaskCodec() {
    super(HostForm.BYTES);
  }

  @Override
  public double get(Buffer elements, int k) {
    return ((ByteBuffer) elements).get(k) & 0xff;
  }

  @Override
  public void put(Buffer elements, int k, double value) {
    ((ByteBuffer) elements).put(k, (byte) (value == 0 ? 0 : 1));
  }

  @Override
  public double round(double value) {
    return (byte) (value == 0 ? 0 : 1) & 0xff;
  }

  @Override
  public void load(Object array, int start, double[] to) {
    byte[] from = (byte[]) array;
    for (int j = 0; j < to.length; j++) {
      to[j] = from[start + j] & 0xff;
    }
  }

  @Override
  public void store(double[] from, Object array, int start) {
    byte[] to = (byte[]) array;
    for (int j = 0; j < from.length; j++) {
      to[start + j] = (byte) (from[j] == 0 ? 0 : 1);
    }
  }
}
