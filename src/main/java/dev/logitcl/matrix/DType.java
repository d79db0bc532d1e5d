package dev.logitcl.matrix;

/** Element type of a {@link Matrix}. */
public enum DType {
  /** IEEE 754 binary32. */
  F32(4),
  /** 32-bit signed integers: class indices. */
  I32(4),
  /** Bytes; masks. */
  U8(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }
}
