package dev.logitcl.cpu;

import dev.logitcl.matrix.BFloat16;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Half;
import java.lang.reflect.Array;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;

/** The arrays that hold a matrix in the heap, of what elements of its type are on the host. */
final class HeapArrays {
  private HeapArrays() {}

  /** Zeros. */
  static Object make(DType dtype, int length) {
    return switch (dtype) {
      case F32 -> new float[length];
      case F64 -> new double[length];
      case F16, BF16 -> new short[length];
      case I32 -> new int[length];
      case U8 -> new byte[length];
    };
  }

  static int length(Object array) {
    return Array.getLength(array);
  }

  /** Some of an array's elements, not a copy. */
  static Buffer buffer(Object array, int start, int n) {
    if (array instanceof float[] floats) {
      return FloatBuffer.wrap(floats, start, n);
    }
    if (array instanceof double[] doubles) {
      return DoubleBuffer.wrap(doubles, start, n);
    }
    if (array instanceof short[] shorts) {
      return ShortBuffer.wrap(shorts, start, n);
    }
    return array instanceof int[] ints
        ? IntBuffer.wrap(ints, start, n)
        : ByteBuffer.wrap((byte[]) array, start, n);
  }

  /** Fills {@code to} with the elements from {@code start} on; bytes as 0 to 255. */
  static void load(Object array, DType dtype, int start, double[] to) {
    int n = to.length;
    switch (dtype) {
      case F32 -> {
        float[] from = (float[]) array;
        for (int j = 0; j < n; j++) {
          to[j] = from[start + j];
        }
      }
      case F64 -> System.arraycopy((double[]) array, start, to, 0, n);
      case F16 -> {
        short[] from = (short[]) array;
        for (int j = 0; j < n; j++) {
          to[j] = Half.toFloat(from[start + j]);
        }
      }
      case BF16 -> {
        short[] from = (short[]) array;
        for (int j = 0; j < n; j++) {
          to[j] = BFloat16.toFloat(from[start + j]);
        }
      }
      case I32 -> {
        int[] from = (int[]) array;
        for (int j = 0; j < n; j++) {
          to[j] = from[start + j];
        }
      }
      case U8 -> {
        byte[] from = (byte[]) array;
        for (int j = 0; j < n; j++) {
          to[j] = from[start + j] & 0xff;
        }
      }
    }
  }

  /** Sets the elements from {@code start} on, rounded to the type; integers are cut off. */
  static void store(double[] from, Object array, DType dtype, int start) {
    int n = from.length;
    switch (dtype) {
      case F32 -> {
        float[] to = (float[]) array;
        for (int j = 0; j < n; j++) {
          to[start + j] = (float) from[j];
        }
      }
      case F64 -> System.arraycopy(from, 0, (double[]) array, start, n);
      case F16 -> {
        short[] to = (short[]) array;
        for (int j = 0; j < n; j++) {
          to[start + j] = Half.of(from[j]);
        }
      }
      case BF16 -> {
        short[] to = (short[]) array;
        for (int j = 0; j < n; j++) {
          to[start + j] = BFloat16.of(from[j]);
        }
      }
      case I32 -> {
        int[] to = (int[]) array;
        for (int j = 0; j < n; j++) {
          to[start + j] = (int) from[j];
        }
      }
      case U8 -> {
        byte[] to = (byte[]) array;
        for (int j = 0; j < n; j++) {
          to[start + j] = (byte) from[j];
        }
      }
    }
  }

  /**
   * Copies n elements that lie {@code step} apart into adjacent places of an array of their type.
   */
  static void copy(Object from, int start, int step, Object to, int end, int n) {
    if (from instanceof float[] floats && to instanceof float[] target) {
      for (int k = 0; k < n; k++) {
        target[end + k] = floats[start + k * step];
      }
    } else if (from instanceof double[] doubles && to instanceof double[] target) {
      for (int k = 0; k < n; k++) {
        target[end + k] = doubles[start + k * step];
      }
    } else if (from instanceof short[] shorts && to instanceof short[] target) {
      for (int k = 0; k < n; k++) {
        target[end + k] = shorts[start + k * step];
      }
    } else if (from instanceof int[] ints && to instanceof int[] target) {
      for (int k = 0; k < n; k++) {
        target[end + k] = ints[start + k * step];
      }
    } else if (from instanceof byte[] bytes && to instanceof byte[] target) {
      for (int k = 0; k < n; k++) {
        target[end + k] = bytes[start + k * step];
      }
    }
  }

  /** Copies n elements between a buffer, which moves, and an array. */
  static void transfer(Buffer host, Object array, int start, int n, boolean write) {
    if (host instanceof FloatBuffer floats) {
      if (write) {
        floats.get((float[]) array, start, n);
      } else {
        floats.put((float[]) array, start, n);
      }
    } else if (host instanceof DoubleBuffer doubles) {
      if (write) {
        doubles.get((double[]) array, start, n);
      } else {
        doubles.put((double[]) array, start, n);
      }
    } else if (host instanceof ShortBuffer shorts) {
      if (write) {
        shorts.get((short[]) array, start, n);
      } else {
        shorts.put((short[]) array, start, n);
      }
    } else if (host instanceof IntBuffer ints) {
      if (write) {
        ints.get((int[]) array, start, n);
      } else {
        ints.put((int[]) array, start, n);
      }
    } else if (write) {
      ((ByteBuffer) host).get((byte[]) array, start, n);
    } else {
      ((ByteBuffer) host).put((byte[]) array, start, n);
    }
  }
}
