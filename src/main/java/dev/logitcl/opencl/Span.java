package dev.logitcl.opencl;

import dev.logitcl.cl.ClBuffer;

/**
 * Where a kernel finds an operand: in a buffer, from an element on.
 *
 * @param buffer the memory
 * @param offset how many elements of the operand's type come before its first
 */
record Span(ClBuffer buffer, long offset) {
  /** A buffer from its beginning on. */
  static Span of(ClBuffer buffer) {
    return new Span(buffer, 0);
  }

  /**
   * The largest power of two, 16 at most, that divides some offsets: so many lanes of a vector are
   * aligned wherever they begin.
   *
   * @param offsets all of them, joined by a bitwise or
   */
  static int step(long offsets) {
    return (int) Long.lowestOneBit(offsets | 16);
  }

  /** Whether this and another one, of so many elements each, have one in common. */
  boolean overlaps(long elements, Span other, long otherElements) {
    return buffer == other.buffer
        && Math.max(offset, other.offset)
            < Math.min(offset + elements, other.offset + otherElements);
  }
}
