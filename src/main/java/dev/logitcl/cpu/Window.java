package dev.logitcl.cpu;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.Operand;
import dev.logitcl.op.RowOp;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a call that one thread works on. Float32 matrices stay where they are. Rows of half
 * numbers are shown as floats: what is read is widened after each move, what is written is rounded
 * before the next one. So the loops in float32 serve every type but float64.
 */
final class Window {
  /** Elements of a matrix that fit beside two others in a first or second level cache. */
  private static final int ELEMENTS = 4096;

  private final List<HalfRows> halves = new ArrayList<>(3);

  /** Over a call whose matrices are all of float32. */
  Window() {}

  Window(RowOp op, RowPrimitives primitives) {
    for (Operand operand : op.operands()) {
      if (operand.matrix() instanceof HeapMatrix matrix && matrix.dtype().isHalf()) {
        HalfRows half = find(matrix);
        if (half == null) {
          half = new HalfRows(matrix, primitives);
          halves.add(half);
        }
        half.isRead |= !operand.role().isOutput();
        half.isWritten |= operand.role().isOutput();
      }
    }
  }

  /** Whether there are half numbers, and the window has to be moved. */
  boolean isMoved() {
    return !halves.isEmpty();
  }

  /** How many rows it shows at a time. */
  int rows(int cols) {
    return isMoved() ? Math.max(1, ELEMENTS / Math.max(1, cols)) : Integer.MAX_VALUE;
  }

  /** An operand of the call, as floats. */
  Floats of(Matrix matrix) {
    HeapMatrix heap = HeapMatrix.of(matrix);
    HalfRows half = find(heap);
    return half == null ? heap : half;
  }

  /** In place, what is written is what is read. */
  private @Nullable HalfRows find(HeapMatrix matrix) {
    for (HalfRows half : halves) {
      if (half.matrix.isSameAs(matrix)) {
        return half;
      }
    }
    return null;
  }

  /** Makes room for some rows, from {@code first} on. */
  void move(long first, int rows) {
    for (HalfRows half : halves) {
      half.move(first, rows);
    }
  }

  /** Widens all that it shows, wherever that is read. */
  void loadAll() {
    for (HalfRows half : halves) {
      if (half.isRead) {
        half.all(half::load);
      }
    }
  }

  /** Rounds all that it shows, wherever that is written. */
  void storeAll() {
    for (HalfRows half : halves) {
      if (half.isWritten) {
        half.all(half::store);
      }
    }
  }

  /**
   * Shows a row as the matrices hold it now: something has written there without this window, and
   * what it shows would be stored over that.
   */
  void reload(long row) {
    for (HalfRows half : halves) {
      half.load(row, 0, half.cols);
    }
  }

  /** Widens columns {@code from} to {@code from + n - 1} of a row, wherever they are read. */
  void load(long row, int from, int n) {
    for (HalfRows half : halves) {
      if (half.isRead) {
        half.load(row, from, n);
      }
    }
  }

  /** Rounds columns {@code from} to {@code from + n - 1} of a row, wherever they are written. */
  void store(long row, int from, int n) {
    for (HalfRows half : halves) {
      if (half.isWritten) {
        half.store(row, from, n);
      }
    }
  }

  /** What is done with elements that lie behind one another, from a column of a row on. */
  private interface Piece {
    void of(long row, int from, int n);
  }

  /** Rows of half numbers, as floats. */
  private static final class HalfRows implements Floats {
    private final HeapMatrix matrix;
    private final RowPrimitives primitives;
    private final int cols;
    private boolean isRead;
    private boolean isWritten;
    private float[] values = {};
    private long first;
    private int rows;

    HalfRows(HeapMatrix matrix, RowPrimitives primitives) {
      this.matrix = matrix;
      this.primitives = primitives;
      this.cols = (int) matrix.cols();
    }

    void move(long to, int count) {
      int length = Math.multiplyExact(count, cols);
      values = values.length < length ? new float[length] : values;
      first = to;
      rows = count;
    }

    /** In as few pieces as the matrix's arrays allow: rows may be short. */
    void all(Piece work) {
      int n;
      for (int i = 0; i < rows; i += n) {
        n = matrix.together(first + i, rows - i);
        work.of(first + i, 0, n * cols);
      }
    }

    void load(long row, int from, int n) {
      primitives.widen(
          matrix.dtype().codec(),
          matrix.shorts(row),
          matrix.offset(row) + from,
          values,
          offset(row) + from,
          n);
    }

    void store(long row, int from, int n) {
      primitives.narrow(
          matrix.dtype().codec(),
          values,
          offset(row) + from,
          matrix.shorts(row),
          matrix.offset(row) + from,
          n);
    }

    @Override
    public float[] array(long row) {
      return values;
    }

    @Override
    public int offset(long row) {
      return (int) (row - first) * cols;
    }

    @Override
    public long cols() {
      return cols;
    }

    @Override
    public int together(long from, int n) {
      return n;
    }
  }
}
