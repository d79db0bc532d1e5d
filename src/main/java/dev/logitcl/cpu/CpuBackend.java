package dev.logitcl.cpu;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BandwidthProbe;
import dev.logitcl.backend.CallEvents;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Gathered;
import dev.logitcl.backend.LinearCall;
import dev.logitcl.backend.Options;
import dev.logitcl.backend.Require;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cpu.RowWalk.Way;
import dev.logitcl.matrix.ClassValues;
import dev.logitcl.matrix.Composite;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Elements;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Nll;
import dev.logitcl.op.NllBackward;
import dev.logitcl.op.Operand;
import dev.logitcl.op.RowOp;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.Buffer;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The backend in pure Java: matrices in the heap, rows on the common pool's threads, vectors where
 * the JVM was started with {@code --add-modules jdk.incubator.vector}. {@link #run} returns when
 * the operation is done. The same input gives the same bits, run after run and for any number of
 * threads. Matrix products are computed by the system's BLAS where the program has {@code
 * dev.ludovic.netlib:blas} and the system a fast one; their bits are then the BLAS's matter.
 */
public final class CpuBackend implements Backend {
  private final CpuDispatch dispatch;
  private final BandwidthProbe probe;
  private final Workers workers;
  private final DeviceInfo device;
  private final int perArray;
  private final Object queue = new Object();

  /** By age. Weak, because a matrix in the heap that nobody holds needs no closing. */
  private final NavigableMap<Long, WeakReference<Matrix>> matrices = new ConcurrentSkipListMap<>();

  private final AtomicLong ids = new AtomicLong();
  private volatile boolean closed;

  /** The fastest primitives that this JVM has, on all processors, with the default options. */
  public CpuBackend() {
    this(Options.DEFAULT);
  }

  /**
   * The fastest primitives that this JVM has, on all processors.
   *
   * @param options of which batch invariance matters here: with it, no BLAS computes products
   */
  public CpuBackend(Options options) {
    this(
        Primitives.best(),
        Runtime.getRuntime().availableProcessors(),
        RowWalk.Sizes.DEFAULT,
        HeapMatrix.PER_ARRAY,
        !options.batchInvariant());
  }

  private CpuBackend(RowPrimitives primitives, int threads) {
    this(primitives, threads, RowWalk.Sizes.DEFAULT, HeapMatrix.PER_ARRAY);
  }

  CpuBackend(RowPrimitives primitives, int threads, RowWalk.Sizes sizes, int perArray) {
    this(primitives, threads, sizes, perArray, false);
  }

  private CpuBackend(
      RowPrimitives primitives, int threads, RowWalk.Sizes sizes, int perArray, boolean withBlas) {
    if (threads < 1) {
      throw new IllegalArgumentException(threads + " threads, expected at least 1");
    }
    this.workers = new Workers(threads);
    RowWalk walk = new RowWalk(primitives, workers, sizes);
    this.dispatch =
        new CpuDispatch(primitives, walk, new DoubleRows(primitives, workers), withBlas);
    this.probe = new HeapProbe(this, primitives, walk);
    this.device = describe(primitives, threads);
    this.perArray = perArray;
  }

  /** Whether this JVM was started with the Vector API's module. */
  public static boolean hasVectors() {
    return Primitives.hasModule();
  }

  /** How fast the Java path computes a call: what the table of paths chooses by. */
  public enum Pace {
    /** With vectors of the type in which the device computes, or without any exponential. */
    VECTOR,
    /** With vectors of doubles, where a device computes in float32: half as fast and less. */
    DOUBLE,
    /** In plain Java. */
    SCALAR;

    /** As the table has it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * How fast this JVM computes a call on the Java path.
   *
   * @param op the operation
   * @param dtype element type of its matrices
   * @param served false for a cross-entropy with a class mask beside targets that are
   *     probabilities, which is computed in double precision; true for other operations
   */
  public static Pace pace(Class<? extends RowOp> op, DType dtype, boolean served) {
    return paceOf(op, dtype, CpuDispatch.hasLoops(op, dtype, served));
  }

  private static Pace paceOf(Class<? extends RowOp> op, DType dtype, boolean loops) {
    boolean gathers = op == Nll.class || op == NllBackward.class;
    return !hasVectors()
        ? Pace.SCALAR
        : loops || gathers || dtype == DType.F64 ? Pace.VECTOR : Pace.DOUBLE;
  }

  /** How fast this JVM computes a call on the Java path. */
  public static Pace pace(RowOp op) {
    return paceOf(op.getClass(), op.dtype(), CpuDispatch.hasLoops(op));
  }

  /**
   * In plain Java, even where the Vector API is.
   *
   * @param threads how many to use at most
   */
  public static CpuBackend scalar(int threads) {
    return new CpuBackend(Primitives.scalar(), threads);
  }

  /**
   * On the Vector API.
   *
   * @param threads how many to use at most
   * @throws IllegalStateException without {@code --add-modules jdk.incubator.vector}
   */
  public static CpuBackend vector(int threads) {
    return new CpuBackend(Primitives.vector(), threads);
  }

  private static DeviceInfo describe(RowPrimitives primitives, int threads) {
    String version = "Java " + Runtime.version().feature();
    long memory = Runtime.getRuntime().maxMemory();
    return new DeviceInfo(
        "java",
        DeviceInfo.Kind.JAVA,
        version
            + " "
            + primitives.description()
            + ", "
            + (threads == 1 ? "1 thread" : threads + " threads"),
        System.getProperty("java.vendor", ""),
        System.getProperty("java.vm.name", "") + " " + Runtime.version(),
        version,
        threads,
        memory,
        memory,
        0,
        0,
        true,
        false,
        true,
        null);
  }

  @Override
  public DeviceInfo device() {
    return device;
  }

  @Override
  public Matrix allocate(Shape shape, DType dtype) {
    requireOpen();
    return register(HeapMatrix.allocate(this, ids.incrementAndGet(), shape, dtype, perArray));
  }

  @Override
  public Matrix share(float[] values, long rows, long cols) {
    return share(values, values.length, new Shape(rows, cols), DType.F32);
  }

  @Override
  public Matrix share(double[] values, long rows, long cols) {
    return share(values, values.length, new Shape(rows, cols), DType.F64);
  }

  /** Loads what a matrix of {@link #paged} holds. */
  @FunctionalInterface
  public interface Loader {
    /**
     * Writes elements to a matrix. Threads call it one after another.
     *
     * @param part a matrix of some rows, of the type that the whole matrix has
     * @param first the number of its first element in the whole matrix
     * @throws IOException if they cannot be read, which ends the operation that needs them
     */
    void load(Matrix part, long first) throws IOException;
  }

  /**
   * A matrix that lies elsewhere, such as in a file, and may be larger than the heap. Operations
   * load some rows of it when they read them, 64 MiB at a time or a sixteenth of the heap, and the
   * heap holds those that were loaded last, up to a fourth of what it can hold. No operation can
   * write it. Where loading fails, the operation throws the {@link java.io.UncheckedIOException} of
   * that, and its outputs are undefined.
   *
   * @param shape its rows and columns; an array must be able to hold a row
   */
  public Matrix paged(Shape shape, DType dtype, Loader loader) {
    return paged(shape, dtype, loader, Pages.rowsOf(shape, dtype));
  }

  /**
   * A matrix that lies elsewhere.
   *
   * @param rowsPerArray rows that are loaded at a time
   */
  Matrix paged(Shape shape, DType dtype, Loader loader, long rowsPerArray) {
    requireOpen();
    int threads = workers.threads();
    CpuBackend loading = hasVectors() ? vector(threads) : scalar(threads);
    long id = ids.incrementAndGet();
    return register(
        HeapMatrix.paged(this, id, shape.dense(), dtype, loading, loader, rowsPerArray));
  }

  @Override
  public Matrix share(Elements elements, Shape shape) {
    requireOpen();
    shape.requireLength(elements.length());
    Buffer inArray = elements.inArray();
    if (inArray == null) {
      return allocate(shape, elements.dtype());
    }
    int from = inArray.arrayOffset() + inArray.position();
    return register(
        HeapMatrix.share(
            this, ids.incrementAndGet(), inArray.array(), from, shape, elements.dtype()));
  }

  private Matrix share(Object array, int length, Shape shape, DType dtype) {
    requireOpen();
    shape.requireLength(length);
    return register(HeapMatrix.share(this, ids.incrementAndGet(), array, 0, shape, dtype));
  }

  @Override
  public Labels upload(int[] targets) {
    requireOpen();
    HeapLabels labels = new HeapLabels(this, ids.incrementAndGet(), targets.clone());
    register(labels.id(), labels);
    return labels;
  }

  private HeapMatrix register(HeapMatrix matrix) {
    register(matrix.id(), matrix);
    return matrix;
  }

  private void register(long id, Matrix matrix) {
    // Now and then the entries of collected matrices go; the number of live ones bounds the rest.
    if ((id & 255) == 0) {
      matrices.values().removeIf(reference -> reference.get() == null);
    }
    matrices.put(id, new WeakReference<>(matrix));
    if (closed) { // by another thread, which may have passed this entry by
      matrix.close();
      requireOpen();
    }
  }

  void forget(long id) {
    matrices.remove(id);
  }

  /** Runs a task between two operations: one that closes a matrix, reads it or writes to it. */
  void between(Runnable task) {
    synchronized (queue) {
      task.run();
    }
  }

  @Override
  public RunReport run(RowOp op) {
    return CallEvents.run(device, op, queue, this::compute);
  }

  /** Runs a call, of which other threads see all or nothing. */
  private RunReport compute(RowOp op) {
    requireOpen();
    op.requireRunnable();
    List<Operand> operands = op.operands();
    if (LinearCall.isOne(operands)) {
      requireOwn(op);
      return LinearCall.run(this, op, this::compute);
    }
    boolean nothing = true;
    if (op.shape().isStrided()) {
      requireOwn(op);
      return Gathered.run(this, op, this::compute);
    }
    for (Operand operand : operands) {
      requireOwn(op.getClass().getSimpleName(), operand.name(), operand.matrix());
      nothing &= !operand.role().isOutput() || operand.matrix().shape().elements() == 0;
      if (operand.role().isOutput()) {
        requireWritable(op, operand);
      }
    }
    if (nothing) {
      return new RunReport("nothing to compute", List.of());
    }
    Way way = op.accept(dispatch);
    String variant =
        switch (way.spread()) {
          case NONE -> way.loops() + " threads=1";
          case ROWS -> way.loops() + " threads=" + device.computeUnits();
          case COLUMNS -> way.loops() + " threads=" + device.computeUnits() + " split";
        };
    return new RunReport(variant, List.of(op.kernel() + "__java_" + way.loops()));
  }

  @Override
  public BandwidthProbe bandwidthProbe() {
    return probe;
  }

  @Override
  public void copyRows(Matrix source, int[] from, Matrix target, int[] to) {
    synchronized (queue) {
      requireOpen();
      Require.rowsCopyable(source, from, target, to);
      HeapMatrix read = own("copyRows", "source", source);
      HeapMatrix written = own("copyRows", "target", target);
      for (int k = 0; k < from.length; k++) {
        read.copyRow(from[k], written, to[k]);
      }
    }
  }

  @Override
  public void permute(Matrix source, Permutation order, Matrix target) {
    synchronized (queue) {
      requireOpen();
      Require.permutable(source, order, target);
      HeapMatrix from = own("permute", "source", source);
      Permuted.run(from, order, own("permute", "target", target), workers);
    }
  }

  /**
   * That all operands of a call are matrices of this backend.
   *
   * @throws IllegalArgumentException naming one that is not
   */
  public void requireOwn(RowOp op) {
    for (Operand operand : op.operands()) {
      requireOwn(op.getClass().getSimpleName(), operand.name(), operand.matrix());
    }
  }

  private static void requireWritable(RowOp op, Operand operand) {
    if (operand.matrix() instanceof HeapMatrix matrix && matrix.isPaged()) {
      throw new IllegalArgumentException(
          op.getClass().getSimpleName()
              + ": "
              + operand.name()
              + " lies elsewhere and is only read, expected a matrix of the heap");
    }
  }

  HeapMatrix own(String operation, String name, Matrix matrix) {
    requireOwn(operation, name, matrix);
    return (HeapMatrix) matrix;
  }

  /**
   * That a matrix is one of this backend.
   *
   * @param operation what is called
   * @param name what the matrix is there
   * @throws IllegalArgumentException if it is not
   */
  public void requireOwn(String operation, String name, Matrix matrix) {
    if (matrix instanceof Composite composite) {
      composite.matrices().forEach(one -> requireOwn(operation, "a matrix of " + name, one));
      return;
    }
    boolean own =
        (matrix instanceof HeapMatrix heap && heap.owner() == this)
            || matrix instanceof ClassValues
            || (matrix instanceof HeapLabels labels && labels.owner() == this);
    if (!own) {
      throw new IllegalArgumentException(
          operation + ": " + name + " belongs to another backend, expected a matrix of " + device);
    }
  }

  @Override
  public void finish() {
    requireOpen();
  }

  /**
   * That it has not been closed.
   *
   * @throws IllegalStateException if it has
   */
  public void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the backend " + device + " is closed");
    }
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    synchronized (queue) {
      closed = true;
      for (WeakReference<Matrix> reference : matrices.descendingMap().values()) {
        Matrix matrix = reference.get();
        if (matrix != null) {
          matrix.close();
        }
      }
      matrices.clear();
    }
  }
}
