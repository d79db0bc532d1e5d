package dev.logitcl.opencl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Gathered;
import dev.logitcl.backend.Options;
import dev.logitcl.backend.Require;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cl.BinaryCache;
import dev.logitcl.cl.ClBuffer;
import dev.logitcl.cl.ClDevice;
import dev.logitcl.cl.ClKernel;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.HostRow;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import java.lang.ref.Cleaner;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An OpenCL device: chooses a kernel, sets its arguments, enqueues it. */
public final class OpenClBackend implements Backend {
  private static final Logger LOG = LoggerFactory.getLogger(OpenClBackend.class);
  private static final RunReport NOTHING = new RunReport("nothing to compute", List.of());

  /** Bytes for a part's maximum, sum and further sums: room for six in double precision. */
  private static final long PART = 64;

  private final DeviceInfo device;
  private final Options options;
  private final ClQueue queue;
  private final VariantTable table;
  private final Programs programs;
  private final HostRows hostRows;
  private final TermScratch terms;
  private final Cleaner.Cleanable watch;
  private boolean selfTests = true;

  // One in-order queue: a scratch buffer is free again when the next operation's kernels start.
  private @Nullable ClBuffer parts;
  private long partsBytes;

  /** Opens a device. Memory is the host's own on a CPU device, so that nothing is copied. */
  public static OpenClBackend open(ClDevice device, Options options) {
    return open(device, options, device.info().kind() == DeviceInfo.Kind.CPU);
  }

  /** As above, with or without host memory: so that a CPU device can test the other kind. */
  static OpenClBackend open(ClDevice device, Options options, boolean hostMemory) {
    return open(device, options, hostMemory, BinaryCache.ofThisProcess());
  }

  /** As above, with another cache than the environment's. */
  static OpenClBackend open(
      ClDevice device, Options options, boolean hostMemory, BinaryCache cache) {
    VariantTable table = VariantTable.load(options.variants());
    BinaryCache kept = options.keepPrograms() ? cache : BinaryCache.OFF;
    ClQueue queue = ClQueue.open(device, hostMemory, kept);
    Programs programs = new Programs(queue, device.info(), options.batchInvariant());
    return new OpenClBackend(device.info(), options, queue, table, programs);
  }

  /**
   * As above, with programs that are not tried before their first use: for a simulator that watches
   * memory, and takes what the trials freed for what nobody wrote.
   */
  static OpenClBackend withoutSelfTests(ClDevice device, Options options) {
    OpenClBackend backend = open(device, options);
    backend.selfTests = false;
    return backend;
  }

  /** With a compiler that sees other source than is written: a device that computes wrongly. */
  static OpenClBackend open(ClDevice device, BinaryCache cache, UnaryOperator<String> compiled) {
    Options options = Options.DEFAULT;
    ClQueue queue = ClQueue.open(device, true, cache);
    Programs programs = new Programs(queue, device.info(), false, ClKernel::maxGroup, compiled);
    return new OpenClBackend(
        device.info(), options, queue, VariantTable.load(options.variants()), programs);
  }

  private OpenClBackend(
      DeviceInfo device, Options options, ClQueue queue, VariantTable table, Programs programs) {
    this.device = device;
    this.options = options;
    this.queue = queue;
    this.table = table;
    this.programs = programs;
    this.hostRows = new HostRows(queue);
    this.terms = new TermScratch(queue);
    this.watch = Leak.watch(this, "A backend on " + device, queue::isClosed, trace());
  }

  private @Nullable Throwable trace() {
    return options.traceAllocations() ? new Throwable("allocated here") : null;
  }

  @Override
  public DeviceInfo device() {
    return device;
  }

  @Override
  public Matrix allocate(Shape shape, DType dtype) {
    Require.has(device, dtype);
    ClBuffer buffer = queue.allocate(shape.elements() * dtype.bytes());
    return new DeviceMatrix(queue, buffer, shape, dtype, trace());
  }

  @Override
  public Labels upload(int[] targets) {
    ClBuffer buffer = queue.allocate((long) targets.length * Integer.BYTES);
    return new DeviceLabels(queue, buffer, targets.clone(), trace());
  }

  @Override
  public RunReport run(RowOp op) {
    return run(op, table);
  }

  /**
   * Runs an operation with a variant of another table than this backend's: so that variants can be
   * measured on the same matrices, in turns.
   *
   * @throws IllegalStateException if no row of the table serves the call
   */
  public RunReport run(RowOp op, VariantTable variants) {
    op.requireRunnable();
    List<Operand> operands = op.operands();
    for (int i = 0; i < operands.size(); i++) {
      requireOwn(op.getClass().getSimpleName(), operands.get(i).name(), operands.get(i).matrix());
    }
    List<Number> scalars = op.scalars(); // also checks the targets, before anything is launched
    Shape shape = op.shape();
    DType dtype = op.dtype();
    synchronized (queue) {
      if (shape.isStrided()
          && !programs.serves(
              new Programs.Call(
                  op.kernel(),
                  defines(op, operands),
                  writesMatrix(operands),
                  dtype,
                  shape,
                  step(operands),
                  variants))) {
        return Gathered.run(this, op, dense -> run(dense, variants));
      }
      Programs.Call call =
          new Programs.Call(
              op.kernel(),
              defines(op, operands),
              writesMatrix(operands),
              dtype,
              shape,
              step(operands),
              variants);
      test(op, call);
      Span[] spans = new Span[operands.size()];
      for (int i = 0; i < spans.length; i++) {
        spans[i] =
            operands.get(i).role() == Role.TOTAL_OUT
                ? Span.of(terms.of(i, shape.rows() * dtype.arithmetic().bytes()))
                : span(operands.get(i).matrix(), dtype);
      }
      RunReport report = enqueue(call, spans, scalars);
      for (int i = 0; i < spans.length; i++) {
        Operand operand = operands.get(i);
        if (operand.role() == Role.TOTAL_OUT) {
          // The sum of the rows' terms: one row with a term per column.
          Shape column = new Shape(1, shape.rows());
          Span[] sum = {spans[i], span(operand.matrix(), dtype)};
          enqueue(rowTotal(column, dtype.arithmetic(), sum[0]), sum, List.of(operand.scale()));
        }
      }
      queue.flush();
      return report;
    }
  }

  /** Tries a program that was compiled just now. */
  private void test(RowOp op, Programs.Call call) {
    if (call.shape().rows() == 0 || !selfTests) {
      return;
    }
    Programs.Dispatch dispatch = programs.dispatch(call);
    if (!dispatch.isUntested()) {
      return;
    }
    dispatch.noteTest(true); // so that the test does not ask for itself
    SelfTest test = SelfTest.of(op);
    if (test == null) {
      return;
    }
    String forced = "*\t*\t*\t*\t" + dispatch.report().variant().replaceFirst(" ", "\t");
    VariantTable same = VariantTable.load(forced);
    long start = System.nanoTime();
    try {
      test.run(this, small -> run(small, same));
    } catch (RuntimeException e) {
      dispatch.noteTest(false);
      throw e;
    }
    LOG.debug("{}: self-test in {} us", op.kernel(), (System.nanoTime() - start) / 1000);
  }

  /**
   * The rows of the dispatch table down to the one that would run an operation. Kernels whose
   * groups the device may limit are built; nothing is computed.
   *
   * @param like a call of the operation, on any shape
   * @param shape the shape in question
   */
  public List<VariantTable.Step> explain(RowOp like, Shape shape) {
    List<Operand> operands = like.operands();
    synchronized (queue) {
      return programs.explain(
          new Programs.Call(
              like.kernel(),
              defines(like, operands),
              writesMatrix(operands),
              like.dtype(),
              shape,
              step(operands),
              table));
    }
  }

  @Override
  public void copy(Matrix source, Matrix target) {
    Require.copyable(source, target);
    requireOwn("copy", "source", source);
    requireOwn("copy", "target", target);
    synchronized (queue) {
      Span[] spans = {((Resident) source).span(), ((Resident) target).span()};
      int step = Span.step(spans[0].offset() | spans[1].offset());
      enqueue(probe("copy", source.shape(), step), spans, List.of());
      queue.flush();
    }
  }

  @Override
  public void rowSums(Matrix x, Matrix sums) {
    Require.rowSums(x, sums);
    requireOwn("rowSums", "x", x);
    requireOwn("rowSums", "sums", sums);
    synchronized (queue) {
      Span[] spans = {((Resident) x).span(), ((Resident) sums).span()};
      enqueue(rowTotal(x.shape(), DType.F32, spans[0]), spans, List.of(1f));
      queue.flush();
    }
  }

  @Override
  public void triad(Matrix a, Matrix b, float offset, Matrix y) {
    Require.triad(a, b, y);
    requireOwn("triad", "a", a);
    requireOwn("triad", "b", b);
    requireOwn("triad", "y", y);
    synchronized (queue) {
      Span[] spans = {((Resident) a).span(), ((Resident) b).span(), ((Resident) y).span()};
      int step = Span.step(spans[0].offset() | spans[1].offset() | spans[2].offset());
      enqueue(probe("triad", a.shape(), step), spans, List.of(offset));
      queue.flush();
    }
  }

  @Override
  public void permute(Matrix source, Permutation order, Matrix target) {
    Require.permutable(source, order, target);
    requireOwn("permute", "source", source);
    requireOwn("permute", "target", target);
    synchronized (queue) {
      if (order.elements() > 0) {
        int bytes = source.dtype().bytes();
        programs.permute(((Resident) source).span(), order, ((Resident) target).span(), bytes);
        queue.flush();
      }
    }
  }

  private Programs.Call probe(String op, Shape shape, int step) {
    return new Programs.Call(op, Set.of(), true, DType.F32, shape, step, table);
  }

  private Programs.Call rowTotal(Shape shape, DType dtype, Span x) {
    int step = Span.step(x.offset());
    return new Programs.Call("row_total", Set.of(), false, dtype, shape, step, table);
  }

  private static int step(List<Operand> operands) {
    long offsets = 0;
    for (int i = 0; i < operands.size(); i++) {
      Operand operand = operands.get(i);
      if (operand.role() == Role.MATRIX_IN || operand.role() == Role.MATRIX_OUT) {
        offsets |= ((Resident) operand.matrix()).span().offset();
      }
    }
    return Span.step(offsets);
  }

  /** What a kernel file must know of options and optional operands. */
  private static Set<String> defines(RowOp op, List<Operand> operands) {
    Set<String> options = op.defines();
    Set<String> defines = options.isEmpty() ? options : new TreeSet<>(options);
    for (int i = 0; i < operands.size(); i++) {
      Operand operand = operands.get(i);
      if (operand.optional()) {
        defines = defines.isEmpty() ? new TreeSet<>() : defines;
        String prefix = operand.role() == Role.SHARED_IN ? "SHARED_" : "HAS_";
        defines.add(prefix + operand.name().toUpperCase(Locale.ROOT));
      }
    }
    return defines;
  }

  private static boolean writesMatrix(List<Operand> operands) {
    return operands.get(operands.size() - 1).role() == Role.MATRIX_OUT;
  }

  /** Chooses a kernel, sets its arguments (README of the kernels), enqueues it. */
  private RunReport enqueue(Programs.Call call, Span[] operands, List<Number> scalars) {
    Shape shape = call.shape();
    if (shape.rows() == 0) {
      return NOTHING;
    }
    Programs.Dispatch dispatch = programs.dispatch(call);
    for (ClKernel kernel : dispatch.kernels()) {
      int index = 0;
      for (Span operand : operands) {
        kernel.set(index++, operand.buffer());
        kernel.set(index++, operand.offset());
      }
      if (dispatch.split()) {
        kernel.set(index++, parts(shape.rows() * dispatch.segments()));
        kernel.set(index++, dispatch.segments());
      }
      kernel.set(index++, shape.rows());
      kernel.set(index++, (int) shape.cols());
      if (dispatch.strided()) {
        kernel.set(index++, (int) shape.inner());
      }
      for (int i = 0; i < scalars.size(); i++) {
        if (scalars.get(i) instanceof Integer number) {
          kernel.set(index++, number.intValue());
        } else if (call.dtype() == DType.F64) {
          kernel.set(index++, scalars.get(i).doubleValue());
        } else {
          kernel.set(index++, scalars.get(i).floatValue());
        }
      }
      kernel.enqueue(dispatch.global(), dispatch.local());
    }
    return dispatch.report();
  }

  private Span span(Matrix matrix, DType dtype) {
    return matrix instanceof HostRow row
        ? Span.of(hostRows.of(row, dtype.arithmetic()))
        : ((Resident) matrix).span();
  }

  private void requireOwn(String operation, String name, Matrix matrix) {
    if (matrix instanceof HostRow) {
      return;
    }
    if (!(matrix instanceof Resident resident) || resident.queue() != queue) {
      throw new IllegalArgumentException(
          operation + ": " + name + " belongs to another backend, expected a matrix of " + device);
    }
  }

  /** Scratch for the statistics of a split row's parts. */
  private ClBuffer parts(long count) {
    ClBuffer scratch = parts;
    if (scratch == null || partsBytes < count * PART) {
      if (scratch != null) {
        parts = null;
        scratch.close();
      }
      parts = scratch = queue.allocate(count * PART);
      partsBytes = count * PART;
    }
    return scratch;
  }

  @Override
  public void finish() {
    queue.finish();
  }

  @Override
  public boolean isClosed() {
    return queue.isClosed();
  }

  @Override
  public void close() {
    queue.close();
    watch.clean();
  }
}
