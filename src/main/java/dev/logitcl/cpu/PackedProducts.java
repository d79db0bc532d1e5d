package dev.logitcl.cpu;

import dev.logitcl.cpu.RowWalk.Spread;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.DType;
import dev.logitcl.op.MatrixProduct;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The product of two matrices from packed panels. A block of the result is one thread's work: for
 * {@link #TERMS} terms after another it packs the rows of a and the columns of b that the block is
 * made of, multiplies them tile by tile, and adds the tiles to its sums with compensation. An
 * element's terms are thus added up in an order that depends on nothing but its terms, and so do
 * its bits, however the result is divided.
 *
 * @param <T> the arrays, {@code float[]} or {@code double[]}
 */
final class PackedProducts<T> {
  /**
   * Terms that are added up before their sum is added with compensation, which costs as much as a
   * few terms do. A panel of b for so many terms stays in the first-level cache.
   */
  private static final int TERMS = 256;

  /** Rows of a block: its panels of a, 256 KiB of floats, stay in the second-level cache. */
  private static final int TALL = 264;

  /** Columns of a block: each element of a that is packed is multiplied with so many. */
  private static final int WIDE = 512;

  /** Blocks for each thread, so that no thread is without work for long at the end. */
  private static final int BLOCKS_PER_THREAD = 2;

  /** Smaller blocks take more time to pack than to multiply. */
  private static final int SMALLEST = 48;

  private final HeapMatrix a;
  private final HeapMatrix b;
  private final HeapMatrix c;
  private final boolean aTransposed;
  private final boolean bTransposed;
  private final int inner;
  private final TilePrimitives<T> tiles;
  private final Supplier<Panels<T>> panels;
  private final int width;
  private final int tall;
  private final int wide;
  private final int across;
  private final long blocks;

  private PackedProducts(
      MatrixProduct op, TilePrimitives<T> tiles, Supplier<Panels<T>> panels, int threads) {
    this.a = HeapMatrix.of(op.a());
    this.b = HeapMatrix.of(op.b());
    this.c = HeapMatrix.of(op.c());
    this.aTransposed = op.aTransposed();
    this.bTransposed = op.bTransposed();
    this.inner = op.inner();
    this.tiles = tiles;
    this.panels = panels;
    this.width = tiles.cols();
    long rows = c.rows();
    long cols = c.cols();
    long down = pieces(rows, TALL);
    long beside = pieces(cols, WIDE);
    while (down * beside < (long) BLOCKS_PER_THREAD * threads && threads > 1) {
      long high = rows / down;
      long broad = cols / beside;
      if (Math.max(high, broad) < 2 * SMALLEST) {
        break;
      }
      if (high > broad) {
        down *= 2;
      } else {
        beside *= 2;
      }
    }
    this.tall = size(rows, down, TilePrimitives.ROWS);
    this.wide = size(cols, beside, width);
    this.across = Math.toIntExact(pieces(cols, wide));
    this.blocks = pieces(rows, tall) * across;
  }

  private static long pieces(long n, int most) {
    return (n + most - 1) / most;
  }

  /** The size of each of some even pieces, a multiple of a tile's. */
  private static int size(long n, long pieces, int unit) {
    return Math.toIntExact(pieces(pieces(n, (int) pieces), unit)) * unit;
  }

  static Way run(MatrixProduct op, RowPrimitives primitives, Workers workers) {
    double alpha = op.alpha();
    double beta = op.beta();
    double[] bias = MatrixProducts.bias(op.bias());
    if (op.dtype() == DType.F64) {
      TilePrimitives<double[]> tiles = primitives.doubleTiles();
      return new PackedProducts<>(
              op,
              tiles,
              () -> new DoublePanels(alpha, beta, bias, new DoubleParts()),
              workers.threads())
          .run(primitives, workers);
    }
    TilePrimitives<float[]> tiles = primitives.floatTiles();
    return new PackedProducts<>(
            op,
            tiles,
            () -> new FloatPanels(alpha, beta, bias, new FloatParts(primitives)),
            workers.threads())
        .run(primitives, workers);
  }

  /** What one thread needs. */
  private final class Memory {
    final Panels<T> elements = panels.get();
    final T left = elements.array(tall * Math.min(TERMS, inner));
    final T right = elements.array(wide * Math.min(TERMS, inner));
    final T sums = elements.array(tall * wide);
    final @Nullable T lost = inner > TERMS ? elements.array(tall * wide) : null;
    final T tile = elements.array(TilePrimitives.ROWS * width);
    final T line = elements.array(wide);
  }

  private Way run(RowPrimitives primitives, Workers workers) {
    Queue<Memory> idle = new ConcurrentLinkedQueue<>();
    int count = Math.toIntExact(blocks);
    int threads = Math.min(workers.threads(), count);
    // Before an element is written: where memory ends here, all are as they were.
    for (int i = 0; i < threads; i++) {
      idle.add(new Memory());
    }
    workers.run(
        count,
        block -> {
          Memory memory = Objects.requireNonNull(idle.poll(), "more threads than said");
          long row = (long) (block / across) * tall;
          int col = block % across * wide;
          int high = (int) Math.min(tall, c.rows() - row);
          int broad = (int) Math.min(wide, c.cols() - col);
          block(row, high, col, broad, memory);
          idle.add(memory);
        });
    return new Way(primitives.name(), threads == 1 ? Spread.NONE : Spread.ROWS);
  }

  private void block(long row, int high, int col, int broad, Memory memory) {
    Panels<T> elements = memory.elements;
    if (memory.lost != null) {
      elements.clear(memory.lost);
    }
    for (int k = 0; k < inner; k += TERMS) {
      int terms = Math.min(TERMS, inner - k);
      if (aTransposed) {
        elements.packColumns(a, (int) row, high, k, terms, TilePrimitives.ROWS, memory.left);
      } else {
        elements.packRows(a, row, high, k, terms, TilePrimitives.ROWS, memory.left);
      }
      if (bTransposed) {
        elements.packRows(b, col, broad, k, terms, width, memory.right);
      } else {
        elements.packColumns(b, col, broad, k, terms, width, memory.right);
      }
      multiply(high, broad, terms, k == 0, memory);
    }
    finish(row, high, col, broad, memory);
  }

  /** Adds the products of the packed terms to the sums, which lie tile after tile. */
  private void multiply(int high, int broad, int terms, boolean first, Memory memory) {
    int rows = TilePrimitives.ROWS;
    int at = 0;
    for (int j = 0; j < broad; j += width) {
      for (int i = 0; i < high; i += rows) {
        if (first) {
          tiles.multiply(memory.left, i * terms, memory.right, j * terms, terms, memory.sums, at);
        } else {
          tiles.multiply(memory.left, i * terms, memory.right, j * terms, terms, memory.tile, 0);
          tiles.add(memory.tile, memory.sums, Objects.requireNonNull(memory.lost), at);
        }
        at += rows * width;
      }
    }
  }

  private void finish(long row, int high, int col, int broad, Memory memory) {
    int rows = TilePrimitives.ROWS;
    int perColumn = (high + rows - 1) / rows * rows * width;
    for (int i = 0; i < high; i++) {
      for (int j = 0; j < broad; j += width) {
        int from = j / width * perColumn + i * width;
        int n = Math.min(width, broad - j);
        memory.elements.value(memory.sums, memory.lost, from, memory.line, j, n);
      }
      memory.elements.finish(memory.line, c, row + i, col, broad);
    }
  }
}
