package dev.logitcl.cl;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;

/** What the kinds of buffer have in common, and {@link Buffer} does not say. */
final class Elements {
  private Elements() {}

  /** Bytes of one element. */
  static int bytes(Buffer values) {
    if (values instanceof FloatBuffer || values instanceof IntBuffer) {
      return 4;
    }
    if (values instanceof DoubleBuffer) {
      return 8;
    }
    return values instanceof ShortBuffer ? 2 : 1;
  }

  /** Whether JOCL can pass the elements on: it takes their bytes as they lie. */
  static boolean isPlain(Buffer values) {
    return values.hasArray() || (values.isDirect() && order(values) == ByteOrder.nativeOrder());
  }

  private static ByteOrder order(Buffer values) {
    if (values instanceof FloatBuffer floats) {
      return floats.order();
    }
    if (values instanceof DoubleBuffer doubles) {
      return doubles.order();
    }
    if (values instanceof IntBuffer ints) {
      return ints.order();
    }
    return values instanceof ShortBuffer shorts ? shorts.order() : ByteOrder.nativeOrder();
  }

  /** As many of the same kind, in native order. */
  static Buffer allocate(Buffer like, int elements) {
    return view(
        ByteBuffer.allocateDirect(elements * bytes(like)).order(ByteOrder.nativeOrder()), like);
  }

  /** Bytes as elements of the same kind. */
  static Buffer view(ByteBuffer bytes, Buffer like) {
    if (like instanceof FloatBuffer) {
      return bytes.asFloatBuffer();
    }
    if (like instanceof DoubleBuffer) {
      return bytes.asDoubleBuffer();
    }
    if (like instanceof IntBuffer) {
      return bytes.asIntBuffer();
    }
    return like instanceof ShortBuffer ? bytes.asShortBuffer() : bytes;
  }

  /** Puts the remaining elements of one buffer into another of the kind; both move. */
  static void put(Buffer from, Buffer to) {
    if (from instanceof FloatBuffer floats) {
      ((FloatBuffer) to).put(floats);
    } else if (from instanceof DoubleBuffer doubles) {
      ((DoubleBuffer) to).put(doubles);
    } else if (from instanceof IntBuffer ints) {
      ((IntBuffer) to).put(ints);
    } else if (from instanceof ShortBuffer shorts) {
      ((ShortBuffer) to).put(shorts);
    } else {
      ((ByteBuffer) to).put((ByteBuffer) from);
    }
  }
}
