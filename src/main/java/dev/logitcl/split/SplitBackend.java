package dev.logitcl.split;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BandwidthProbe;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.DeviceInfo.Kind;
import dev.logitcl.backend.DeviceMemoryException;
import dev.logitcl.backend.Require;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One or several devices on matrices that stay in the Java heap: operations run on some of the rows
 * at a time, on whichever device is free, so that a matrix may be larger than a device. {@link
 * #run} returns when the operation is done. Where not even one row fits on a device, logsumexp,
 * log-softmax, softmax and the row statistics are cut by columns as well.
 *
 * <p>Results are those of one device within its tolerances. What a call adds up over all rows is
 * added part by part, in order. If an operation fails, what it was to write is undefined: some
 * parts may have been written.
 */
public final class SplitBackend implements Backend {
  /**
   * Bytes of a part's matrices: large enough that launches and threads cost nothing beside them,
   * small enough that a call of some hundred MiB has parts for several lanes.
   */
  static final long PART = 32L << 20;

  private final CpuBackend home = new CpuBackend();
  private final List<Backend> lanes;
  private final boolean owned;
  private final long target;
  private final DeviceInfo device;

  private SplitBackend(List<Backend> lanes, boolean owned, long target) {
    this.lanes = List.copyOf(lanes);
    this.owned = owned;
    this.target = target;
    this.device = describe(this.lanes);
  }

  /**
   * Takes backends over, each a lane: they are closed with this one. Two on one device overlap
   * transfers with kernels.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static SplitBackend of(List<Backend> lanes) {
    return new SplitBackend(lanes, true, PART);
  }

  /** The same with backends that stay the caller's to close, and parts of at most so many bytes. */
  public static SplitBackend over(List<Backend> lanes, long partBytes) {
    return new SplitBackend(lanes, false, partBytes);
  }

  /** With backends that stay the caller's to close. */
  public static SplitBackend over(List<Backend> lanes) {
    return over(lanes, PART);
  }

  private static DeviceInfo describe(List<Backend> lanes) {
    if (lanes.isEmpty()) {
      throw new IllegalArgumentException("no devices, expected at least one");
    }
    Map<String, DeviceInfo> byId = new TreeMap<>();
    lanes.forEach(lane -> byId.putIfAbsent(lane.device().id(), lane.device()));
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

  /** The devices' ids and names, joined; memory is the heap's. */
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

  @Override
  public Labels upload(int[] targets) {
    return home.upload(targets);
  }

  @Override
  public RunReport run(RowOp op) {
    synchronized (home) {
      home.requireOpen();
      op.requireRunnable();
      home.requireOwn(op);
      op.scalars(); // checks the targets
      if (op.shape().rows() == 0) {
        return home.run(op);
      }
      Cut cut = new Cut(op);
      List<Backend> able = able(cut);
      if (able.isEmpty()) {
        return ByColumns.serves(op) ? new ByColumns(lanes, target).run(op) : refuse(cut);
      }
      long most = able.stream().mapToLong(lane -> rowsOn(lane, cut)).min().orElseThrow();
      return run(cut, new Parts(able, Math.max(1, cut.rows()), cut.quantum(), most));
    }
  }

  private RunReport run(Cut cut, Parts parts) {
    Map<Integer, List<Double>> totals = new TreeMap<>();
    List<RunReport> reports = new ArrayList<>();
    int count =
        parts.run(
            (lane, part) -> {
              List<Double> mine = new ArrayList<>();
              try (Piece piece = new Piece(lane, cut, part)) {
                RunReport report = piece.run(mine);
                synchronized (reports) {
                  totals.put(part.index(), mine);
                  reports.add(report);
                }
              }
            });
    add(cut, totals);
    return report(reports, count);
  }

  /** Sums in the order of the parts, whoever did them. */
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

  /** The lanes that can hold a quantum of rows. */
  private List<Backend> able(Cut cut) {
    return lanes.stream().filter(lane -> fits(lane, cut, cut.quantum())).toList();
  }

  private boolean fits(Backend lane, Cut cut, long rows) {
    return cut.largest(rows) <= largest(lane) && cut.bytes(rows) <= room(lane);
  }

  private long rowsOn(Backend lane, Cut cut) {
    long rows = cut.rowsWithin(Math.min(target, room(lane)));
    while (rows > cut.quantum() && !fits(lane, cut, rows)) {
      rows = Math.max(1, rows / cut.quantum() / 2) * cut.quantum();
    }
    return rows;
  }

  private static long largest(Backend lane) {
    long limit = lane.device().maxAllocation();
    return limit > 0 ? limit : Long.MAX_VALUE;
  }

  /** What of a device's memory one of its lanes may fill; a fifth is left to others. */
  private long room(Backend lane) {
    long memory = lane.device().memory();
    String id = lane.device().id();
    long sharing = lanes.stream().filter(other -> other.device().id().equals(id)).count();
    return memory > 0 ? memory / 5 * 4 / sharing : Long.MAX_VALUE;
  }

  private RunReport refuse(Cut cut) {
    Backend lane = lanes.get(0);
    boolean single = cut.largest(cut.quantum()) > largest(lane);
    throw new DeviceMemoryException(
        "NO_ROW_FITS",
        single ? cut.largest(cut.quantum()) : cut.bytes(cut.quantum()),
        single ? largest(lane) : room(lane),
        lane.device().toString(),
        null);
  }

  /** The heap's, where the matrices are. */
  @Override
  public BandwidthProbe bandwidthProbe() {
    return home.bandwidthProbe();
  }

  @Override
  public void permute(Matrix source, Permutation order, Matrix permuted) {
    home.permute(source, order, permuted);
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
        lanes.forEach(Backend::close);
      }
    }
  }
}
