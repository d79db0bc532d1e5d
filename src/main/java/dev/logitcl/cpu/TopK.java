package dev.logitcl.cpu;

import java.util.Arrays;

/**
 * The first k columns of a row, or of a part of it, by value, and of equals by index. A heap, whose
 * root comes last of all, until it is sorted.
 */
final class TopK {
  /** Elements whose largest is noted, so that a search can pass over them. */
  static final int PIECE = 256;

  private final float[] values;
  private final int[] indices;

  /** Fewer than k where there are fewer columns. */
  private int size;

  TopK(int k) {
    this.values = new float[k];
    this.indices = new int[k];
  }

  float value(int place) {
    return values[place];
  }

  int index(int place) {
    return indices[place];
  }

  /**
   * Finds the first of columns {@code from} to {@code from + n - 1}, column j being at {@code start
   * + j}. Nothing below the k-th largest of the pieces' maxima is among the first k columns.
   *
   * @param largest the maximum of each {@link #PIECE}, which passes over NaN
   */
  void search(FloatPrimitives p, float[] array, int start, int from, int n, float[] largest) {
    int k = values.length;
    size = Math.min(k, n);
    for (int c = 0; c < size; c++) {
      values[c] = array[start + from + c];
      indices[c] = from + c;
    }
    for (int at = size / 2 - 1; at >= 0; at--) {
      sink(at, size);
    }
    float least = Math.nextDown(leastOfFirst(k, largest));
    for (int j = from + size; j < from + n; ) {
      int end = Math.min(from + n, from + (j - from + PIECE) / PIECE * PIECE);
      // An element that is equal to the root comes after it.
      float limit = Math.max(values[0], least);
      if (largest[(j - from) / PIECE] > limit) {
        j = p.above(array, start + j, start + end, limit) - start;
        if (j < end) {
          values[0] = array[start + j];
          indices[0] = j;
          sink(0, size);
          j++;
        }
      } else {
        j = end;
      }
    }
  }

  /** The k-th largest of the maxima, -inf where there are fewer. */
  private static float leastOfFirst(int k, float[] largest) {
    if (largest.length < k) {
      return Float.NEGATIVE_INFINITY;
    }
    float[] sorted = largest.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length - k];
  }

  /** The first k of both. */
  TopK with(TopK other) {
    int k = values.length;
    TopK both = new TopK(size + other.size);
    both.size = size + other.size;
    System.arraycopy(values, 0, both.values, 0, size);
    System.arraycopy(indices, 0, both.indices, 0, size);
    System.arraycopy(other.values, 0, both.values, size, other.size);
    System.arraycopy(other.indices, 0, both.indices, size, other.size);
    for (int at = both.size / 2 - 1; at >= 0; at--) {
      both.sink(at, both.size);
    }
    both.sort();
    TopK first = new TopK(k);
    first.size = Math.min(k, both.size);
    System.arraycopy(both.values, 0, first.values, 0, first.size);
    System.arraycopy(both.indices, 0, first.indices, 0, first.size);
    for (int at = first.size / 2 - 1; at >= 0; at--) {
      first.sink(at, first.size);
    }
    return first;
  }

  /** Puts what has been found in order. */
  void sort() {
    for (int end = size - 1; end > 0; end--) {
      swap(0, end);
      sink(0, end);
    }
  }

  /** Moves an element down the heap until both below it come before. */
  private void sink(int from, int end) {
    int at = from;
    while (2 * at + 1 < end) {
      int child = 2 * at + 1;
      child += child + 1 < end && comesAfter(child + 1, child) ? 1 : 0;
      if (!comesAfter(child, at)) {
        return;
      }
      swap(at, child);
      at = child;
    }
  }

  private boolean comesAfter(int a, int b) {
    return values[a] < values[b] || (values[a] == values[b] && indices[a] > indices[b]);
  }

  private void swap(int a, int b) {
    float value = values[a];
    int index = indices[a];
    values[a] = values[b];
    indices[a] = indices[b];
    values[b] = value;
    indices[b] = index;
  }
}
