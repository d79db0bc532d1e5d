package dev.logitcl.cpu;

import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Rows in {@code float[]}s. An array ends before 2<sup>31</sup> elements and a matrix need not, so
 * whole rows lie in as many arrays as it takes.
 */
final class HeapMatrix implements Matrix {
  /** Elements of one array, except for rows that are longer: 4 GiB. */
  static final int CHUNK = 1 << 30;

  /** What the JVM adds to an array may leave a few elements less than 2^31. */
  private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;

  private static final float[][] FREED = {};

  private final CpuBackend owner;
  private final long id;
  private final Shape shape;
  private final long rowsPerChunk;
  private volatile float[][] chunks;
  private volatile boolean closed;
  private final @Nullable HeapMatrix viewed;

  private HeapMatrix(CpuBackend owner, long id, Shape shape, long rowsPerChunk, float[][] chunks) {
    this.owner = owner;
    this.id = id;
    this.shape = shape;
    this.rowsPerChunk = rowsPerChunk;
    this.chunks = chunks;
    this.viewed = null;
  }

  private HeapMatrix(HeapMatrix viewed, Shape shape, long rowsPerChunk) {
    this.owner = viewed.owner;
    this.id = viewed.id;
    this.shape = shape;
    this.rowsPerChunk = rowsPerChunk;
    this.chunks = viewed.open();
    this.viewed = viewed;
  }

  @Override
  public Matrix view(Shape other) {
    other.requireSameElements(shape);
    if (isOneArray()) {
      return new HeapMatrix(this, other, Math.max(1, other.rows()));
    }
    // Every array but the last holds as much.
    long held = rowsPerChunk * shape.cols();
    long block = other.cols() * other.inner();
    if (held % block != 0) {
      throw new IllegalArgumentException(
          "a matrix of " + shape + " in several arrays has no view of " + other);
    }
    return new HeapMatrix(this, other, held / other.cols());
  }

  /**
   * Zeros.
   *
   * @param chunk elements of one array; a row that is longer gets an array of its own
   * @throws DeviceMemoryException if the heap cannot hold them
   */
  static HeapMatrix allocate(CpuBackend owner, long id, Shape shape, int chunk) {
    long asked = shape.elements() * Float.BYTES;
    long heap = Runtime.getRuntime().maxMemory();
    if (asked > heap) {
      throw outOfMemory(owner, asked, heap, null);
    }
    // Strided rows lie one among another: those of an outer position stay together.
    long block = shape.inner() * Math.max(1, shape.cols());
    if (block > LONGEST_ARRAY) {
      throw outOfMemory(owner, asked, (long) LONGEST_ARRAY * Float.BYTES, null);
    }
    long rowsPerChunk = Math.max(1, chunk / block) * shape.inner();
    try {
      long full = shape.cols() == 0 ? 0 : shape.rows() / rowsPerChunk;
      long rest = shape.rows() - full * rowsPerChunk;
      boolean partial = rest > 0 || full == 0;
      float[][] chunks = new float[Math.toIntExact(full + (partial ? 1 : 0))][];
      for (int i = 0; i < chunks.length; i++) {
        long rows = i < full ? rowsPerChunk : rest;
        chunks[i] = new float[Math.toIntExact(rows * shape.cols())];
      }
      return new HeapMatrix(owner, id, shape, rowsPerChunk, chunks);
    } catch (OutOfMemoryError e) {
      Runtime runtime = Runtime.getRuntime();
      long left = heap - runtime.totalMemory() + runtime.freeMemory();
      throw outOfMemory(owner, asked, left, e);
    }
  }

  /** A view of {@code values}, without a copy. */
  static HeapMatrix share(CpuBackend owner, long id, float[] values, Shape shape) {
    return new HeapMatrix(owner, id, shape, Math.max(1, shape.rows()), new float[][] {values});
  }

  /** The same, as what it is. */
  static HeapMatrix of(Matrix matrix) {
    return (HeapMatrix) matrix;
  }

  private static DeviceMemoryException outOfMemory(
      CpuBackend owner, long asked, long limit, @Nullable Throwable cause) {
    return new DeviceMemoryException(
        "OutOfMemoryError", asked, limit, owner.device().toString(), cause);
  }

  CpuBackend owner() {
    return owner;
  }

  long id() {
    return id;
  }

  /** The array that holds a row. */
  float[] array(long row) {
    float[][] all = chunks;
    return all.length == 1 ? all[0] : all[(int) (row / rowsPerChunk)];
  }

  /** Where in its array a row begins. */
  int offset(long row) {
    // Most matrices are one array; a 64-bit division costs as much as a few elements.
    return (int) ((row < rowsPerChunk ? row : row % rowsPerChunk) * shape.cols());
  }

  /** How many of {@code n} rows lie in one array, one behind another. */
  int together(long first, int n) {
    return isOneArray() ? n : (int) Math.min(n, rowsPerChunk - first % rowsPerChunk);
  }

  boolean isOneArray() {
    return chunks.length == 1;
  }

  /** A column vector's value. */
  float get(long row) {
    return array(row)[offset(row)];
  }

  /** Sets a column vector's value. */
  void set(long row, float value) {
    array(row)[offset(row)] = value;
  }

  /** An element, by its place in memory. */
  float element(long at) {
    float[][] all = chunks;
    long held = rowsPerChunk * shape.cols();
    return all.length == 1 ? all[0][(int) at] : all[(int) (at / held)][(int) (at % held)];
  }

  /** Sets an element. */
  void setElement(long at, float value) {
    float[][] all = chunks;
    long held = rowsPerChunk * shape.cols();
    if (all.length == 1) {
      all[0][(int) at] = value;
    } else {
      all[(int) (at / held)][(int) (at % held)] = value;
    }
  }

  /** A row in double precision. */
  void load(long row, double[] to) {
    float[] from = array(row);
    int start = offset(row);
    for (int j = 0; j < to.length; j++) {
      to[j] = from[start + j];
    }
  }

  /** Sets a row, rounded to the element type. */
  void store(long row, double[] from) {
    float[] to = array(row);
    int start = offset(row);
    for (int j = 0; j < from.length; j++) {
      to[start + j] = (float) from[j];
    }
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public void write(long offset, FloatBuffer source) {
    float[][] all = open();
    requireInside(offset, source.remaining());
    FloatBuffer from = source.duplicate();
    long at = offset;
    while (from.hasRemaining()) {
      long row = at / shape.cols();
      float[] chunk = all.length == 1 ? all[0] : all[(int) (row / rowsPerChunk)];
      int start = (int) (at - (row - row % rowsPerChunk) * shape.cols());
      int n = Math.min(from.remaining(), chunk.length - start);
      from.get(chunk, start, n);
      at += n;
    }
  }

  @Override
  public void read(long offset, FloatBuffer target) {
    float[][] all = open();
    requireInside(offset, target.remaining());
    FloatBuffer to = target.duplicate();
    long at = offset;
    while (to.hasRemaining()) {
      long row = at / shape.cols();
      float[] chunk = all.length == 1 ? all[0] : all[(int) (row / rowsPerChunk)];
      int start = (int) (at - (row - row % rowsPerChunk) * shape.cols());
      int n = Math.min(to.remaining(), chunk.length - start);
      to.put(chunk, start, n);
      at += n;
    }
  }

  @Override
  public void write(float[] source) {
    // The matrix's own array: it holds the values already.
    if (source != open()[0] || source.length != shape.elements()) {
      Matrix.super.write(source);
    }
  }

  @Override
  public void read(float[] target) {
    if (target != open()[0] || target.length != shape.elements()) {
      Matrix.super.read(target);
    }
  }

  @Override
  public boolean sharesMemoryWith(Matrix other) {
    if (this == other) {
      return true;
    }
    // Only share() uses one array twice, and it makes matrices of a single one.
    float[][] mine = chunks;
    return shape.elements() != 0
        && other instanceof HeapMatrix heap
        && mine.length == 1
        && heap.chunks.length == 1
        && mine[0] == heap.chunks[0];
  }

  @Override
  public boolean isClosed() {
    return viewed == null ? closed : viewed.isClosed();
  }

  @Override
  public void close() {
    if (viewed != null) {
      return;
    }
    owner.close(
        () -> {
          if (!closed) {
            closed = true;
            chunks = FREED;
            owner.forget(id);
          }
        });
  }

  private float[][] open() {
    float[][] all = viewed == null ? chunks : viewed.open();
    if (closed || all.length == 0) {
      throw new IllegalStateException("the matrix of " + shape + " is closed");
    }
    return all;
  }

  private void requireInside(long offset, long count) {
    if (offset < 0 || offset > shape.elements() || count > shape.elements() - offset) {
      throw new IllegalArgumentException(
          count + " elements from " + offset + " on, in a matrix of " + shape);
    }
  }
}
