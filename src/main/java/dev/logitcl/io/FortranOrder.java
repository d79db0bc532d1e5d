package dev.logitcl.io;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Values;
import java.io.IOException;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * An array in Fortran order (the first index runs fastest), read in C order. The axes are cut into
 * a leading and a trailing group; a tile is a range of leading x a range of trailing indices. Runs
 * of leading indices are contiguous in the file, runs of trailing ones in the matrix, so that reads
 * and writes are both long.
 */
final class FortranOrder {
  /** Shortest side of a tile where the array has it: 8 KiB of float32 for each read and write. */
  private static final int SIDE = 2048;

  private final long[] sizes; // without those of 1
  private final int cut;
  private final long leading;
  private final long trailing;

  private FortranOrder(long[] sizes, int cut) {
    this.sizes = sizes;
    this.cut = cut;
    this.leading = product(sizes, 0, cut);
    this.trailing = product(sizes, cut, sizes.length);
  }

  /** Returns the order of an array whose number of elements fits into 63 bits. */
  static FortranOrder of(List<Long> shape) {
    long[] sizes =
        shape.contains(0L)
            ? new long[] {0}
            : shape.stream().mapToLong(Long::longValue).filter(size -> size != 1).toArray();
    int best = Math.min(1, sizes.length);
    for (int cut = best + 1; cut < sizes.length; cut++) {
      if (shorterSide(sizes, cut) > shorterSide(sizes, best)) {
        best = cut;
      }
    }
    return new FortranOrder(sizes, best);
  }

  /** Returns whether C order and Fortran order are one for this array. */
  boolean isAlsoC() {
    return sizes.length < 2;
  }

  /** Where the element with number {@code index} in Fortran order stands in C order. */
  long toC(long index) {
    return toC(index, 0, sizes.length);
  }

  /** Copies a reader's array into a matrix, a tile of at most so many elements at a time. */
  void read(NpyReader reader, Matrix matrix, int tile) throws IOException {
    // A small tile (in tests) has small sides.
    long side = Math.min(SIDE, 1 + (long) Math.sqrt(tile));
    int width = (int) Math.max(1, Math.min(trailing, tile / Math.min(leading, side)));
    int height = (int) Math.min(leading, tile / width);
    // Neighbours in C order that are neighbours in the file as well are read at once, and the same
    // for writing: this matters where one of the sides has few elements.
    boolean readsAtOnce = sizes.length - cut == 1 && height == leading;
    boolean writesAtOnce = cut == 1 && width == trailing;
    ByteBuffer raw = reader.rawBuffer(readsAtOnce ? height * width : height);
    NpyType type = reader.header().type();
    Buffer found = type.view(raw);
    Values values = new Values(matrix.dtype(), height * width);
    Buffer numbers = values.buffer();
    for (long top = 0; top < leading; top += height) {
      int rows = (int) Math.min(height, leading - top);
      for (long left = 0; left < trailing; left += width) {
        int cols = (int) Math.min(width, trailing - left);
        if (readsAtOnce) {
          reader.readRaw(left * leading, rows * cols, raw);
        }
        for (int col = 0; col < cols; col++) {
          if (!readsAtOnce) {
            reader.readRaw(toF(left + col) * leading + top, rows, raw);
          }
          int from = readsAtOnce ? col * rows : 0;
          for (int row = 0; row < rows; row++) {
            values.set(row * cols + col, type.get(found, from + row));
          }
        }
        if (writesAtOnce) {
          matrix.write(top * trailing, numbers.clear().limit(rows * cols));
        } else {
          for (int row = 0; row < rows; row++) {
            numbers.clear().position(row * cols).limit((row + 1) * cols);
            matrix.write(toC(top + row, 0, cut) * trailing + left, numbers);
          }
        }
      }
    }
  }

  /** From Fortran to C order among the axes {@code from} to {@code to} - 1. */
  private long toC(long index, int from, int to) {
    long rest = index;
    long result = 0;
    long stride = product(sizes, from, to);
    for (int axis = from; axis < to; axis++) {
      stride /= sizes[axis];
      result += rest % sizes[axis] * stride;
      rest /= sizes[axis];
    }
    return result;
  }

  /** From C to Fortran order among the trailing axes. */
  private long toF(long index) {
    long rest = index;
    long result = 0;
    long stride = trailing;
    for (int axis = sizes.length - 1; axis >= cut; axis--) {
      stride /= sizes[axis];
      result += rest % sizes[axis] * stride;
      rest /= sizes[axis];
    }
    return result;
  }

  private static long shorterSide(long[] sizes, int cut) {
    return Math.min(product(sizes, 0, cut), product(sizes, cut, sizes.length));
  }

  private static long product(long[] sizes, int from, int to) {
    long product = 1;
    for (int axis = from; axis < to; axis++) {
      product *= sizes[axis];
    }
    return product;
  }
}
