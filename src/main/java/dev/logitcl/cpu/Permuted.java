package dev.logitcl.cpu;

import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.HostForm;
import dev.logitcl.matrix.Permutation;

/**
 * A tensor's axes in another order, tile by tile, so that both sides are touched by cache lines.
 */
final class Permuted {
  /** Elements of a tile's sides. */
  private static final int SIDE = 32;

  private final long[] sizes;
  private final long[] from;
  private final long[] to;
  private final HeapMatrix source;
  private final HeapMatrix target;

  private Permuted(HeapMatrix source, Permutation order, HeapMatrix target) {
    this.sizes = order.sizes();
    this.from = order.from();
    this.to = order.to();
    this.source = source;
    this.target = target;
  }

  static void run(HeapMatrix source, Permutation order, HeapMatrix target, Workers workers) {
    if (order.elements() == 0) {
      return;
    }
    Permuted permuted = new Permuted(source, order, target);
    long tiles = 1;
    for (int k = 0; k < Axes.MOST; k++) {
      tiles *= k < 2 ? ceil(permuted.sizes[k]) : permuted.sizes[k];
    }
    // Ranges of about 64 Ki elements, some 30 us.
    long perRange = Math.max(64, tiles / Integer.MAX_VALUE + 1);
    long all = tiles;
    workers.run(
        Math.toIntExact((tiles + perRange - 1) / perRange),
        range -> {
          long end = Math.min(all, (range + 1) * perRange);
          for (long tile = range * perRange; tile < end; tile++) {
            permuted.tile(tile);
          }
        });
  }

  private static long ceil(long size) {
    return (size + SIDE - 1) / SIDE;
  }

  private void tile(long tile) {
    long rest = tile;
    long first0 = rest % ceil(sizes[0]) * SIDE;
    rest /= ceil(sizes[0]);
    long first1 = rest % ceil(sizes[1]) * SIDE;
    rest /= ceil(sizes[1]);
    long start = first0 * from[0] + first1 * from[1];
    long end = first0 * to[0] + first1 * to[1];
    for (int k = 2; k < Axes.MOST; k++) {
      start += rest % sizes[k] * from[k];
      end += rest % sizes[k] * to[k];
      rest /= sizes[k];
    }
    int n0 = (int) Math.min(SIDE, sizes[0] - first0);
    int n1 = (int) Math.min(SIDE, sizes[1] - first1);
    boolean whole = source.isOneArray() && target.isOneArray();
    int step = whole ? n0 : 1;
    HostForm form = source.dtype().codec().form();
    for (int b = 0; b < n1; b++) {
      for (int a = 0; a < n0; a += step) {
        long read = start + b * from[1] + a * from[0];
        long written = end + b * to[1] + a;
        form.gather(
            source.arrayAt(read),
            source.indexAt(read),
            (int) from[0],
            target.arrayAt(written),
            target.indexAt(written),
            step);
      }
    }
  }
}
