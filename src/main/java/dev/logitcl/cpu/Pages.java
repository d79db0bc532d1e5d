package dev.logitcl.cpu;

import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The arrays of a matrix that lies elsewhere, such as in a file. Each is loaded when a row of it is
 * read; those that were loaded first make room. Operations walk through rows in order, so that what
 * was loaded first is what they need last.
 */
final class Pages {
  /**
   * Bytes of an array: loading it takes tens of milliseconds, beside which a seek costs little. In
   * a small heap, a sixteenth of it.
   */
  private static final long BYTES = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 16);

  /** Bytes of all arrays that are in the heap. */
  private static final long KEPT = Runtime.getRuntime().maxMemory() / 4;

  private final CpuBackend loading;
  private final CpuBackend.Loader loader;
  private final DType dtype;
  private final long cols;
  private final int most;
  private final Queue<Page> loaded = new ArrayDeque<>();

  private Pages(CpuBackend loading, CpuBackend.Loader loader, DType dtype, long cols, int most) {
    this.loading = loading;
    this.loader = loader;
    this.dtype = dtype;
    this.cols = cols;
    this.most = most;
  }

  /** An array that may be in the heap. */
  final class Page {
    private final long first;
    private final long rows;
    private volatile @Nullable Object array;

    private Page(long first, long rows) {
      this.first = first;
      this.rows = rows;
    }

    /**
     * The array, loaded if it is not there.
     *
     * @throws UncheckedIOException if loading it fails
     * @throws DeviceMemoryException if the heap cannot hold it
     */
    Object array() {
      Object found = array;
      return found != null ? found : load(this);
    }
  }

  private synchronized Object load(Page page) {
    Object found = page.array;
    if (found != null) {
      return found;
    }
    while (loaded.size() >= most) {
      loaded.remove().array = null;
    }
    try (Matrix rows = allocate(page)) {
      loader.load(rows, page.first * cols);
      found = HeapMatrix.of(rows).arrayAt(0);
      page.array = found;
      loaded.add(page);
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An array in the heap; where that is full, in the place of all others. */
  private Matrix allocate(Page page) {
    Shape shape = new Shape(page.rows, cols);
    try {
      return loading.allocate(shape, dtype);
    } catch (DeviceMemoryException e) {
      loaded.forEach(other -> other.array = null);
      loaded.clear();
      return loading.allocate(shape, dtype);
    }
  }

  /** Rows of an array. */
  static long rowsOf(Shape shape, DType dtype) {
    return Math.max(1, BYTES / (dtype.bytes() * Math.max(1, shape.cols())));
  }

  /**
   * The arrays of a matrix, none of them loaded.
   *
   * @param loading a backend for the matrices that are loaded: one that is in the middle of a call
   *     would wait for its end
   * @param rowsPerArray rows of every array but the last, which may have fewer
   */
  static Object[] of(
      CpuBackend loading, CpuBackend.Loader loader, Shape shape, DType dtype, long rowsPerArray) {
    long bytes = Math.max(1, rowsPerArray * shape.cols() * dtype.bytes());
    int most = (int) Math.max(2, Math.min(Integer.MAX_VALUE, KEPT / bytes));
    Pages pages = new Pages(loading, loader, dtype, shape.cols(), most);
    long count = Math.max(1, (shape.rows() + rowsPerArray - 1) / rowsPerArray);
    Object[] arrays = new Object[Math.toIntExact(count)];
    for (int i = 0; i < arrays.length; i++) {
      long first = i * rowsPerArray;
      arrays[i] = pages.new Page(first, Math.min(rowsPerArray, shape.rows() - first));
    }
    return arrays;
  }
}
