package dev.logitcl.matrix;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;

/**
 * The kinds of array and buffer that hold elements in Java, and the methods that exist once for
 * each kind because Java's arrays and buffers have no common type that has them. An array is passed
 * as an {@code Object}, which must be an array of the kind.
 */
public enum HostForm {
  /** 32-bit floating-point numbers: {@code float[]}. */
  FLOATS(Float.BYTES, "float", FloatBuffer.class) {
    @Override
    public Object array(int length) {
      return new float[length];
    }

    @Override
    public Buffer wrap(Object array, int start, int n) {
      return FloatBuffer.wrap((float[]) array, start, n);
    }

    @Override
    public Buffer view(ByteBuffer bytes) {
      return bytes.asFloatBuffer();
    }

    @Override
    public void put(Buffer from, Buffer to) {
      ((FloatBuffer) to).put((FloatBuffer) from);
    }

    @Override
    public ByteOrder order(Buffer buffer) {
      return ((FloatBuffer) buffer).order();
    }

    @Override
    public void gather(Object from, int start, int step, Object to, int at, int n) {
      float[] source = (float[]) from;
      float[] target = (float[]) to;
      for (int k = 0; k < n; k++) {
        target[at + k] = source[start + k * step];
      }
    }
  },

  /** 64-bit floating-point numbers: {@code double[]}. */
  DOUBLES(Double.BYTES, "double", DoubleBuffer.class) {
    @Override
    public Object array(int length) {
      return new double[length];
    }

    @Override
    public Buffer wrap(Object array, int start, int n) {
      return DoubleBuffer.wrap((double[]) array, start, n);
    }

    @Override
    public Buffer view(ByteBuffer bytes) {
      return bytes.asDoubleBuffer();
    }

    @Override
    public void put(Buffer from, Buffer to) {
      ((DoubleBuffer) to).put((DoubleBuffer) from);
    }

    @Override
    public ByteOrder order(Buffer buffer) {
      return ((DoubleBuffer) buffer).order();
    }

    @Override
    public void gather(Object from, int start, int step, Object to, int at, int n) {
      double[] source = (double[]) from;
      double[] target = (double[]) to;
      for (int k = 0; k < n; k++) {
        target[at + k] = source[start + k * step];
      }
    }
  },

  /** The bits of numbers that Java has no type for: {@code short[]}. */
  SHORTS(Short.BYTES, "short (bits)", ShortBuffer.class) {
    @Override
    public Object array(int length) {
      return new short[length];
    }

    @Override
    public Buffer wrap(Object array, int start, int n) {
      return ShortBuffer.wrap((short[]) array, start, n);
    }

    @Override
    public Buffer view(ByteBuffer bytes) {
      return bytes.asShortBuffer();
    }

    @Override
    public void put(Buffer from, Buffer to) {
      ((ShortBuffer) to).put((ShortBuffer) from);
    }

    @Override
    public ByteOrder order(Buffer buffer) {
      return ((ShortBuffer) buffer).order();
    }

    @Override
    public void gather(Object from, int start, int step, Object to, int at, int n) {
      short[] source = (short[]) from;
      short[] target = (short[]) to;
      for (int k = 0; k < n; k++) {
        target[at + k] = source[start + k * step];
      }
    }
  },

  /** 32-bit integers: {@code int[]}. */
  INTS(Integer.BYTES, "int", IntBuffer.class) {
    @Override
    public Object array(int length) {
      return new int[length];
    }

    @Override
    public Buffer wrap(Object array, int start, int n) {
      return IntBuffer.wrap((int[]) array, start, n);
    }

    @Override
    public Buffer view(ByteBuffer bytes) {
      return bytes.asIntBuffer();
    }

    @Override
    public void put(Buffer from, Buffer to) {
      ((IntBuffer) to).put((IntBuffer) from);
    }

    @Override
    public ByteOrder order(Buffer buffer) {
      return ((IntBuffer) buffer).order();
    }

    @Override
    public void gather(Object from, int start, int step, Object to, int at, int n) {
      int[] source = (int[]) from;
      int[] target = (int[]) to;
      for (int k = 0; k < n; k++) {
        target[at + k] = source[start + k * step];
      }
    }
  },

  /** Bytes: {@code byte[]}. */
  BYTES(Byte.BYTES, "byte", ByteBuffer.class) {
    @Override
    public Object array(int length) {
      return new byte[length];
    }

    @Override
    public Buffer wrap(Object array, int start, int n) {
      return ByteBuffer.wrap((byte[]) array, start, n);
    }

    @Override
    public Buffer view(ByteBuffer bytes) {
      return bytes.duplicate().order(bytes.order());
    }

    @Override
    public void put(Buffer from, Buffer to) {
      ((ByteBuffer) to).put((ByteBuffer) from);
    }

    @Override
    public ByteOrder order(Buffer buffer) {
      return ByteOrder.nativeOrder();
    }

    @Override
    public void gather(Object from, int start, int step, Object to, int at, int n) {
      byte[] source = (byte[]) from;
      byte[] target = (byte[]) to;
      for (int k = 0; k < n; k++) {
        target[at + k] = source[start + k * step];
      }
    }
  };

  private final int bytes;
  private final String noun;
  private final Class<? extends Buffer> buffer;

  HostForm(int bytes, String noun, Class<? extends Buffer> buffer) {
    this.bytes = bytes;
    this.noun = noun;
    this.buffer = buffer;
  }

  /** The form of a buffer's elements. */
  public static HostForm of(Buffer buffer) {
    for (HostForm form : values()) {
      if (form.holds(buffer)) {
        return form;
      }
    }
    throw new IllegalArgumentException("no elements of a matrix: " + buffer);
  }

  /** Whether a buffer's elements have this form. */
  public boolean holds(Buffer elements) {
    return buffer.isInstance(elements);
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** What an element is called in messages. */
  @Override
  public String toString() {
    return noun;
  }

  /** An array of zeros. */
  public abstract Object array(int length);

  /** A buffer over {@code n} elements of an array from {@code start} on, not a copy. */
  public abstract Buffer wrap(Object array, int start, int n);

  /** The elements that lie in a buffer of bytes, in its byte order, not a copy. */
  public abstract Buffer view(ByteBuffer bytes);

  /** Copies the remaining elements of one buffer into another one; both buffers move. */
  public abstract void put(Buffer from, Buffer to);

  /** The order of a buffer's bytes; of single bytes, the native order. */
  public abstract ByteOrder order(Buffer buffer);

  /**
   * Copies {@code n} elements that lie {@code step} apart into adjacent places from {@code at} on.
   */
  public abstract void gather(Object from, int start, int step, Object to, int at, int n);
}
