package dev.logitcl.split;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BandwidthProbe;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.backend.LinearCall;
import dev.logitcl.backend.Require;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.Composite;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Elements;
import dev.logitcl.matrix.HostElements;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import java.nio.Buffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A backend over one or several devices whose matrices stay in the Java heap. Each operation runs
 * on some of the rows at a time, on whichever device is free, so that a matrix may be larger than a
 * device. {@link #run} returns when the operation is done. If not even one row fits on a device,
 * logsumexp, log-softmax, softmax and the row statistics are cut by columns as well.
 *
 * <p>Results are those of one device within its tolerances. Sums over all rows are added part by
 * part, in order. If an operation fails, its outputs are undefined: some parts may have been
 * written.
 */
public final class SplitBackend implements Backend {
  /**
   * Bytes of a part's matrices: large enough that launches and threads cost nothing beside them,
   * small enough that a call of some hundred MiB has parts for several backends.
   */
  static final long PART = 32L << 20;

  private final CpuBackend home = new CpuBackend();
  private final List<Backend> backends;
  private final boolean owned;
  private final long target;
  private final DeviceInfo device;

  private SplitBackend(List<Backend> backends, boolean owned, long target) {
    this.backends = List.copyOf(backends);
    this.owned = owned;
    this.target = target;
    this.device = describe(this.backends);
  }

  /**
   * Makes a backend over other backends, each of which computes one part at a time. They are closed
   * with this backend. Two backends on one device overlap transfers with kernels.
   *
   * @throws IllegalArgumentException if the list is empty
   */
  public static SplitBackend of(List<Backend> backends) {
    return new SplitBackend(backends, true, PART);
  }

  /**
   * Makes a backend over backends that stay the caller's to close, with parts of a given size.
   *
   * @param backends the backends that compute, at least one
   * @param partBytes how many bytes the matrices of a part have at most
   * @throws IllegalArgumentException if the list is empty
   */
  public static SplitBackend over(List<Backend> backends, long partBytes) {
    return new SplitBackend(backends, false, partBytes);
  }

  /**
   * Makes a backend over backends that stay the caller's to close, with parts of at most 32 MiB.
   *
   * @param backends the backends that compute, at least one
   * @throws IllegalArgumentException if the list is empty
   */
  public static SplitBackend over(List<Backend> backends) {
    return over(backends, PART);
  }

  private static DeviceInfo describe(List<Backend> backends) {
    if (backends.isEmpty()) {
      throw new IllegalArgumentException("no devices, expected at least one");
    }
    Map<String, DeviceInfo> byId = new TreeMap<>();
    backends.forEach(backend -> byId.putIfAbsent(backend.device().id(), backend.device()));
    List<DeviceInfo> devices = List.copyOf(byId.values());
    DeviceInfo first = devices.get(0);
    long heap = Runtime.getRuntime().maxMemory();
    return new DeviceInfo(
        devices.stream().map(DeviceInfo::id).collect(Collectors.joining("+")),
        devices.stream().anyMatch(d -> d.kind() == Kind.GPU) ? Kind.GPU : first.kind(),
        devices.stream().map(DeviceInfo::name).collect(Collectors.joining(" and ")),
        first.vendor(),
        first.driver(),
        first.version(),
        devices.stream().mapToInt(DeviceInfo::computeUnits).sum(),
        heap,
        heap,
        0,
        0,
        devices.stream().allMatch(DeviceInfo::fp64),
        devices.stream().allMatch(DeviceInfo::half),
        true,
        null);
  }

  /** Returns the devices as one: their ids and names joined, with the memory of the heap. */
  @Override
  public DeviceInfo device() {
    return device;
  }

  @Override
  public Matrix allocate(Shape shape, DType dtype) {
    Require.has(device, dtype);
    return home.allocate(shape, dtype);
  }

  @Override
  public Matrix share(float[] values, long rows, long cols) {
    return home.share(values, rows, cols);
  }

  @Override
  public Matrix share(double[] values, long rows, long cols) {
    Require.has(device, DType.F64);
    return home.share(values, rows, cols);
  }

  /**
   * Makes a matrix for one call on memory of the host: the matrix is that memory itself, wherever
   * it lies, and operations copy some rows of it at a time.
   *
   * @throws IllegalArgumentException if there are not as many elements as the shape has, or a
   *     device does not have their type
   */
  @Override
  public Matrix share(Elements elements, Shape shape) {
    Require.has(device, elements.dtype());
    if (elements.inArray() != null || elements.length() == 0) {
      return home.share(elements, shape);
    }
    home.requireOpen();
    shape.requireLength(elements.length());
    return new BorrowedMatrix(this, elements, shape);
  }

  @Override
  public Labels upload(int[] targets) {
    return home.upload(targets);
  }

  @Override
  public RunReport run(RowOp op) {
    synchronized (home) {
      home.requireOpen();
      op.requireRunnable();
      requireOwn(op);
      if (LinearCall.isOne(op.operands())) {
        return LinearCall.run(this, op, this::run);
      }
      op.scalars(); // checks the targets
      if (op.shape().rows() == 0) {
        return runAtHome(op);
      }
      Cut cut = new Cut(op);
      List<Backend> able = able(cut);
      if (able.isEmpty()) {
        return ByColumns.serves(op) ? new ByColumns(backends, target).run(op) : refuse(cut);
      }
      long most = able.stream().mapToLong(backend -> rowsOn(backend, cut)).min().orElseThrow();
      return run(cut, new Parts(able, Math.max(1, cut.rows()), cut.quantum(), most));
    }
  }

  private void requireOwn(RowOp op) {
    for (Operand operand : op.operands()) {
      requireOwn(op, operand.name(), operand.matrix());
    }
  }

  private void requireOwn(RowOp op, String name, Matrix matrix) {
    if (matrix instanceof Composite composite) {
      composite.matrices().forEach(one -> requireOwn(op, "a matrix of " + name, one));
    } else if (!isBorrowed(matrix)) {
      home.requireOwn(op.getClass().getSimpleName(), name, matrix);
    }
  }

  private boolean isBorrowed(Matrix matrix) {
    return matrix instanceof BorrowedMatrix borrowed && borrowed.owner() == this;
  }

  /** Runs a call as a whole in the heap, with copies in the place of the callers' memory. */
  private RunReport runAtHome(RowOp op) {
    IdentityHashMap<Matrix, Matrix> copies = new IdentityHashMap<>();
    RunReport report =
        home.run(
            op.with(
                matrix -> {
                  Matrix stored = matrix instanceof Probabilities given ? given.matrix() : matrix;
                  return isBorrowed(stored)
                      ? copies.computeIfAbsent(stored, this::copyAtHome)
                      : matrix;
                }));
    for (Operand operand : op.operands()) {
      Matrix copy = copies.get(operand.matrix());
      if (copy != null && operand.role().isOutput()) {
        copy(copy, operand.matrix());
      }
    }
    return report;
  }

  /** A matrix in the heap: the matrix itself if it is there. */
  private Matrix copyAtHome(Matrix matrix) {
    if (!isBorrowed(matrix)) {
      return matrix;
    }
    Matrix copy = home.allocate(matrix.shape(), matrix.dtype());
    copy(matrix, copy);
    return copy;
  }

  /** Copies elements; one of the matrices is the host's. */
  private static void copy(Matrix from, Matrix to) {
    long count = from.shape().elements();
    for (long at = 0; at < count; ) {
      Buffer some = ((HostElements) from).elements(at, count - at);
      to.write(at, some);
      at += some.remaining();
    }
  }

  private RunReport run(Cut cut, Parts parts) {
    Map<Integer, List<Double>> totals = new TreeMap<>();
    List<RunReport> reports = new ArrayList<>();
    int count;
    try (PartMemory.Pool memories = new PartMemory.Pool()) {
      count =
          parts.run(
              (backend, part) -> {
                List<Double> mine = new ArrayList<>();
                PartMemory memory = memories.take(backend);
                try (PartCall call = new PartCall(memory, cut, part)) {
                  RunReport report = call.run(mine);
                  synchronized (reports) {
                    totals.put(part.index(), mine);
                    reports.add(report);
                  }
                }
                memories.give(memory);
              });
    }
    add(cut, totals);
    return report(reports, count);
  }

  /**
   * Writes the sums over all rows, added in the order of the parts, whichever backend computed
   * them.
   */
  private static void add(Cut cut, Map<Integer, List<Double>> totals) {
    int k = 0;
    for (Operand operand : cut.operands()) {
      if (operand.role() == Role.TOTAL_OUT) {
        int index = k++;
        double sum =
            totals.values().stream().mapToDouble(part -> part.get(index)).reduce(0, Double::sum);
        Values value = new Values(operand.matrix().dtype(), 1);
        value.set(0, sum);
        operand.matrix().write(0, value.buffer());
      }
    }
  }

  static RunReport report(List<RunReport> reports, int count) {
    List<String> entryPoints =
        reports.stream().flatMap(report -> report.entryPoints().stream()).distinct().toList();
    String variants =
        reports.stream().map(RunReport::variant).distinct().collect(Collectors.joining(", "));
    return new RunReport(variants + " parts=" + count, entryPoints);
  }

  /** Returns the backends that can hold a quantum of rows. */
  private List<Backend> able(Cut cut) {
    return backends.stream().filter(backend -> fits(backend, cut, cut.quantum())).toList();
  }

  private boolean fits(Backend backend, Cut cut, long rows) {
    return cut.largest(rows) <= largest(backend) && cut.bytes(rows) <= room(backend);
  }

  private long rowsOn(Backend backend, Cut cut) {
    long rows = cut.rowsWithin(Math.min(target, room(backend)));
    while (rows > cut.quantum() && !fits(backend, cut, rows)) {
      rows = Math.max(1, rows / cut.quantum() / 2) * cut.quantum();
    }
    return rows;
  }

  private static long largest(Backend backend) {
    long limit = backend.device().maxAllocation();
    return limit > 0 ? limit : Long.MAX_VALUE;
  }

  /** Returns how much memory of its device a backend may fill; a fifth is left to others. */
  private long room(Backend backend) {
    long memory = backend.device().memory();
    String id = backend.device().id();
    long sharing = backends.stream().filter(other -> other.device().id().equals(id)).count();
    return memory > 0 ? memory / 5 * 4 / sharing : Long.MAX_VALUE;
  }

  private RunReport refuse(Cut cut) {
    Backend first = backends.get(0);
    boolean single = cut.largest(cut.quantum()) > largest(first);
    throw new DeviceMemoryException(
        "NO_ROW_FITS",
        single ? cut.largest(cut.quantum()) : cut.bytes(cut.quantum()),
        single ? largest(first) : room(first),
        first.device().toString(),
        null);
  }

  /** The heap's, where the matrices are. */
  @Override
  public BandwidthProbe bandwidthProbe() {
    return home.bandwidthProbe();
  }

  @Override
  public void permute(Matrix source, Permutation order, Matrix permuted) {
    Matrix target = copyAtHome(permuted);
    home.permute(copyAtHome(source), order, target);
    if (target != permuted) {
      copy(target, permuted);
    }
  }

  @Override
  public void copyRows(Matrix source, int[] from, Matrix target, int[] to) {
    Matrix written = copyAtHome(target);
    home.copyRows(copyAtHome(source), from, written, to);
    if (written != target) {
      copy(written, target);
    }
  }

  @Override
  public void finish() {
    home.finish();
  }

  @Override
  public boolean isClosed() {
    return home.isClosed();
  }

  @Override
  public void close() {
    synchronized (home) {
      home.close();
      if (owned) {
        backends.forEach(Backend::close);
      }
    }
  }
}
