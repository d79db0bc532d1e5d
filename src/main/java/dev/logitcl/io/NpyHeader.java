package dev.logitcl.io;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.StringJoiner;

/**
 * The header of a {@code .npy} file: element type, order and shape of its array.
 *
 * @param type the element type
 * @param fortranOrder whether the first index runs fastest
 * @param shape the dimensions; none for a single value
 */
public record NpyHeader(NpyType type, boolean fortranOrder, List<Long> shape) {

  /** NumPy's limit of dimensions. */
  static final int MAX_DIMENSIONS = 64;

  /** Data start at a multiple of this, so that a mapped file is aligned. */
  private static final int ALIGNMENT = 64;

  private static final int PREFIX = 10; // magic, version, length of the text

  /**
   * Checks the dimensions.
   *
   * @throws IllegalArgumentException if one is negative or an array of 8-byte elements would have
   *     2<sup>63</sup> bytes or more
   */
  public NpyHeader {
    shape = List.copyOf(shape);
    if (shape.stream().anyMatch(size -> size < 0) || product(shape) < 0) {
      throw new IllegalArgumentException("shape " + text(shape) + ": too large or negative");
    }
  }

  /**
   * Returns the header of an array in C order, whose last index runs fastest.
   *
   * @throws IllegalArgumentException if a dimension is negative or the array is too large
   */
  public static NpyHeader of(NpyType type, List<Long> shape) {
    return new NpyHeader(type, false, shape);
  }

  /** Returns the number of elements. */
  public long elements() {
    return product(shape);
  }

  /** Returns the size of the data in bytes. */
  public long bytes() {
    return elements() * type.bytes();
  }

  /** Returns a shape as Python writes it: {@code (2, 3)}, {@code (2,)}, {@code ()}. */
  public static String text(List<Long> shape) {
    StringJoiner sizes = new StringJoiner(", ", "(", shape.size() == 1 ? ",)" : ")");
    shape.forEach(size -> sizes.add(size.toString()));
    return sizes.toString();
  }

  /**
   * Returns the product of the sizes, or -1 if an array of 8-byte elements of that shape has
   * 2<sup>63</sup> bytes or more. A size of 0 makes it 0, whatever the others are.
   *
   * @param shape sizes of 0 or more
   */
  public static long product(List<Long> shape) {
    if (shape.contains(0L)) {
      return 0;
    }
    long product = 1;
    for (long size : shape) {
      if (size > (Long.MAX_VALUE >> 3) / product) {
        return -1;
      }
      product *= size;
    }
    return product;
  }

  /** Returns the header in format version 1.0, as NumPy writes it. */
  byte[] encode() {
    String dictionary =
        "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }"
            .formatted(type.descr(), fortranOrder ? "True" : "False", text(shape));
    int used = PREFIX + dictionary.length() + 1;
    int padding = (ALIGNMENT - used % ALIGNMENT) % ALIGNMENT;
    int length = dictionary.length() + padding + 1;
    String prefix = "\u0093NUMPY\u0001\u0000" + (char) (length & 0xff) + (char) (length >> 8);
    String header = prefix + dictionary + " ".repeat(padding) + "\n";
    return header.getBytes(StandardCharsets.ISO_8859_1);
  }
}
