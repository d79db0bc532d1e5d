package dev.logitcl.cpu;

import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.matrix.Composite;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.HostElements;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.nio.Buffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Rows in arrays of what elements of the type are on the host, {@code float[]}s for float32. An
 * array ends before 2<sup>31</sup> elements and a matrix need not, so whole rows lie in as many
 * arrays as it takes.
 */
final class HeapMatrix implements HostElements, Floats {
  /** Elements of one array, except for rows that are longer: 4 GiB of floats. */
  static final int PER_ARRAY = 1 << 30;

  /** What the JVM adds to an array may leave a few elements less than 2^31. */
  private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;

  private static final Object[] FREED = {};

  private final CpuBackend owner;
  private final long id;
  private final Shape shape;
  private final DType dtype;

  /** Elements of every array but the last, which may have fewer. */
  private final long held;

  /** Whose arrays these are: its own, unless this is a view. */
  private final HeapMatrix source;

  /** Elements before the first one, all arrays of the source taken as one. */
  private final long start;

  private final boolean oneArray;

  /** Of a source; a view has none, so that it keeps no memory of a source that was closed. */
  private volatile Object[] arrays;

  private volatile boolean closed;

  private HeapMatrix(
      CpuBackend owner, long id, Shape shape, DType dtype, long held, long start, Object[] arrays) {
    this.owner = owner;
    this.id = id;
    this.shape = shape;
    this.dtype = dtype;
    this.held = held;
    this.source = this;
    this.start = start;
    this.oneArray = arrays.length == 1;
    this.arrays = arrays;
  }

  private HeapMatrix(HeapMatrix viewed, Shape shape, long start) {
    boolean empty = shape.elements() == 0;
    this.owner = viewed.owner;
    this.id = viewed.id;
    this.shape = shape;
    this.dtype = viewed.dtype;
    this.held = viewed.held;
    this.source = viewed.source;
    this.start = empty ? 0 : start;
    this.oneArray = empty || start / held == (start + shape.elements() - 1) / held;
    this.arrays = FREED;
  }

  @Override
  public Matrix view(Shape other) {
    open();
    other.requireSameElements(shape);
    HeapMatrix view = new HeapMatrix(this, other, start);
    long together = Math.max(1, other.cols() * other.inner());
    if (!view.oneArray && (start % together != 0 || held % together != 0)) {
      throw new IllegalArgumentException(
          "a matrix of " + shape + " in several arrays has no view of " + other);
    }
    return view;
  }

  @Override
  public Matrix rows(long from, long count) {
    open();
    return new HeapMatrix(this, shape.rows(from, count), start + from * shape.cols());
  }

  /**
   * Zeros.
   *
   * @param perArray elements of one array; a row that is longer gets an array of its own
   * @throws DeviceMemoryException if the heap cannot hold them
   */
  static HeapMatrix allocate(CpuBackend owner, long id, Shape shape, DType dtype, int perArray) {
    long asked = shape.elements() * dtype.bytes();
    long heap = Runtime.getRuntime().maxMemory();
    if (asked > heap) {
      throw outOfMemory(owner, asked, heap, null);
    }
    // Strided rows lie one among another: those of an outer position stay together.
    long together = shape.inner() * Math.max(1, shape.cols());
    if (together > LONGEST_ARRAY) {
      throw outOfMemory(owner, asked, (long) LONGEST_ARRAY * dtype.bytes(), null);
    }
    long rowsPerArray = Math.max(1, perArray / together) * shape.inner();
    try {
      long full = shape.cols() == 0 ? 0 : shape.rows() / rowsPerArray;
      long rest = shape.rows() - full * rowsPerArray;
      boolean partial = rest > 0 || full == 0;
      Object[] arrays = new Object[Math.toIntExact(full + (partial ? 1 : 0))];
      for (int i = 0; i < arrays.length; i++) {
        long rows = i < full ? rowsPerArray : rest;
        arrays[i] = HeapArrays.make(dtype, Math.toIntExact(rows * shape.cols()));
      }
      long held = Math.max(1, rowsPerArray * shape.cols());
      return new HeapMatrix(owner, id, shape, dtype, held, 0, arrays);
    } catch (OutOfMemoryError e) {
      Runtime runtime = Runtime.getRuntime();
      long left = heap - runtime.totalMemory() + runtime.freeMemory();
      throw outOfMemory(owner, asked, left, e);
    }
  }

  /**
   * An array of what elements of the type are on the host, without a copy.
   *
   * @param from the array's first element that is one of the matrix
   */
  static HeapMatrix share(
      CpuBackend owner, long id, Object array, int from, Shape shape, DType dtype) {
    long held = Math.max(1, HeapArrays.length(array));
    return new HeapMatrix(owner, id, shape, dtype, held, from, new Object[] {array});
  }

  /**
   * Rows that lie elsewhere, and of which some are in the heap at a time.
   *
   * @param loading a backend for what is loaded, another than the owner
   * @param rowsPerArray rows that are loaded at a time
   */
  static HeapMatrix paged(
      CpuBackend owner,
      long id,
      Shape shape,
      DType dtype,
      CpuBackend loading,
      CpuBackend.Loader loader,
      long rowsPerArray) {
    Object[] arrays = Pages.of(loading, loader, shape, dtype, rowsPerArray);
    long held = Math.max(1, rowsPerArray * shape.cols());
    return new HeapMatrix(owner, id, shape, dtype, held, 0, arrays);
  }

  /** A matrix of a Java backend as what it is. */
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

  /** The array that holds a row of a float32 matrix. */
  @Override
  public float[] array(long row) {
    return (float[]) arrayWith(row);
  }

  /** The array that holds a row of a float64 matrix. */
  double[] doubles(long row) {
    return (double[]) arrayWith(row);
  }

  /** The array that holds the bits of a row of half numbers. */
  short[] shorts(long row) {
    return (short[]) arrayWith(row);
  }

  /** The array that holds a row of a mask. */
  byte[] bytes(long row) {
    return (byte[]) arrayWith(row);
  }

  /** Whether its rows lie elsewhere, where none can be written. */
  boolean isPaged() {
    Object[] all = source.arrays;
    return all.length > 0 && all[0] instanceof Pages.Page;
  }

  private Object arrayWith(long row) {
    return arrayAt(row * shape.cols());
  }

  @Override
  public int offset(long row) {
    return indexAt(row * shape.cols());
  }

  @Override
  public long cols() {
    return shape.cols();
  }

  @Override
  public int together(long first, int n) {
    return oneArray ? n : (int) Math.min(n, (held - offset(first)) / shape.cols());
  }

  boolean isOneArray() {
    return oneArray;
  }

  /** The array that holds an element, by its place in memory. */
  Object arrayAt(long at) {
    return arrayAt(source.arrays, at);
  }

  private Object arrayAt(Object[] all, long at) {
    Object array = all.length == 1 ? all[0] : all[(int) ((start + at) / held)];
    return array instanceof Pages.Page page ? page.array() : array;
  }

  /** Where in its array an element is. */
  int indexAt(long at) {
    // Most matrices are one array; a 64-bit division costs as much as a few elements.
    long place = start + at;
    return (int) (place < held ? place : place % held);
  }

  /** A row in double precision. */
  void load(long row, double[] to) {
    load(row, 0, to);
  }

  /** Reads columns of a row, from one on, exactly. */
  void load(long row, int from, double[] to) {
    dtype.codec().load(arrayWith(row), offset(row) + from, to);
  }

  /** Sets a row, rounded to the element type. */
  void store(long row, double[] from) {
    store(row, 0, from);
  }

  /** Sets a row to zeros. */
  void clear(long row) {
    Object array = arrayWith(row);
    int from = offset(row);
    int to = from + (int) cols();
    if (array instanceof float[] floats) {
      Arrays.fill(floats, from, to, 0);
    } else if (array instanceof double[] doubles) {
      Arrays.fill(doubles, from, to, 0);
    } else if (array instanceof short[] halves) {
      Arrays.fill(halves, from, to, (short) 0);
    } else {
      throw new IllegalStateException("a row of " + dtype + " holds no numbers to clear");
    }
  }

  /** Copies a row to one of another matrix of the same type, with as many columns. */
  @SuppressWarnings("SuspiciousSystemArraycopy") // arrays of one type, whichever it is
  void copyRow(long row, HeapMatrix target, long to) {
    System.arraycopy(
        arrayWith(row), offset(row), target.arrayWith(to), target.offset(to), (int) cols());
  }

  /** Sets columns of a row, from one on, rounded. */
  void store(long row, int to, double[] from) {
    dtype.codec().store(from, arrayWith(row), offset(row) + to);
  }

  /** A column vector's value in double precision. */
  double value(long row) {
    double[] value = new double[1];
    load(row, value);
    return value[0];
  }

  /** An element in double precision. */
  double element(long row, int col) {
    double[] value = new double[1];
    dtype.codec().load(arrayWith(row), offset(row) + col, value);
    return value[0];
  }

  /** Sets a column vector's value, rounded to the element type. */
  void value(long row, double value) {
    store(row, new double[] {value});
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public void write(long offset, Buffer source) {
    if (isPaged()) {
      throw new IllegalStateException(
          "the matrix of " + shape + " is only read: it lies elsewhere");
    }
    transfer(offset, source, true);
  }

  @Override
  public void read(long offset, Buffer target) {
    transfer(offset, target, false);
  }

  @Override
  public Buffer elements(long offset, long count) {
    Object[] all = open();
    requireInside(offset, count);
    Object array = arrayAt(all, offset);
    int index = indexAt(offset);
    int n = (int) Math.min(count, HeapArrays.length(array) - index);
    return dtype.codec().form().wrap(array, index, n);
  }

  private void transfer(long offset, Buffer values, boolean write) {
    dtype.require(values);
    // An operation that another thread runs would show half done.
    owner.between(() -> copy(offset, values, write));
  }

  private void copy(long offset, Buffer values, boolean write) {
    Object[] all = open();
    requireInside(offset, values.remaining());
    Buffer host = values.duplicate();
    int end = host.limit();
    for (long at = offset; host.position() < end; ) {
      Object array = arrayAt(all, at);
      int index = indexAt(at);
      int n = Math.min(end - host.position(), HeapArrays.length(array) - index);
      if (host.hasArray()
          && host.array() == array
          && host.arrayOffset() + host.position() == index) {
        host.position(host.position() + n); // the matrix's own array: they are there already
      } else {
        HeapArrays.transfer(host, array, index, n, write);
      }
      at += n;
    }
  }

  @Override
  public boolean sharesMemoryWith(Matrix other) {
    if (!(other instanceof HeapMatrix heap)) {
      return other instanceof Composite && other.sharesMemoryWith(this);
    }
    return this == other
        || (isInArraysOf(heap)
            && Math.max(start, heap.start)
                < Math.min(start + shape.elements(), heap.start + heap.shape.elements()));
  }

  @Override
  public boolean isSameAs(Matrix other) {
    if (!(other instanceof HeapMatrix heap)) {
      return other instanceof Composite && other.isSameAs(this);
    }
    // Nothing is no place: two empty views are as little the same as two empty matrices.
    return this == other
        || (shape.elements() > 0
            && isInArraysOf(heap)
            && start == heap.start
            && shape.equals(heap.shape));
  }

  private boolean isInArraysOf(HeapMatrix other) {
    Object[] mine = source.arrays;
    Object[] others = other.source.arrays;
    // Only share() uses one array twice, and it makes matrices of a single one.
    return source == other.source
        || (mine.length == 1 && others.length == 1 && mine[0] == others[0]);
  }

  @Override
  public boolean isClosed() {
    return source.closed;
  }

  @Override
  public void close() {
    if (source != this) {
      return;
    }
    owner.between(
        () -> {
          if (!closed) {
            closed = true;
            arrays = FREED;
            owner.forget(id);
          }
        });
  }

  private Object[] open() {
    Object[] all = source.arrays;
    if (source.closed || all.length == 0) {
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
