package dev.logitcl.opencl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BandwidthProbe;
import dev.logitcl.backend.CallEvents;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.backend.Gathered;
import dev.logitcl.backend.LinearCall;
import dev.logitcl.backend.Options;
import dev.logitcl.backend.Require;
import dev.logitcl.backend.RunReport;
import dev.logitcl.cl.BinaryCache;
import dev.logitcl.cl.ClBuffer;
import dev.logitcl.cl.ClDevice;
import dev.logitcl.cl.ClKernel;
import dev.logitcl.cl.ClQueue;
import dev.logitcl.kernel.VariantTable;
import dev.logitcl.matrix.ClassValues;
import dev.logitcl.matrix.Composite;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Elements;
import dev.logitcl.matrix.HostForm;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Permutation;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import java.lang.ref.Cleaner;
import java.nio.Buffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An OpenCL device: its matrices, and the operations that run on them, in one queue. */
public final class OpenClBackend implements Backend {
  private static final RunReport NOTHING = new RunReport("nothing to compute", List.of());

  private final DeviceInfo device;
  private final Options options;
  private final ClQueue queue;
  private final VariantTable table;
  private final Programs programs;
  private final Launcher launcher;
  private final AxisMover axes;
  private final Trials trials;
  private final Cleaner.Cleanable watch;

  /** Opens a device. Memory is the host's own with pocl, so that nothing is copied. */
  public static OpenClBackend open(ClDevice device, Options options) {
    return open(Opening.of(device, options));
  }

  static OpenClBackend open(Opening opening) {
    VariantTable table = VariantTable.load(opening.options().variants());
    BinaryCache programs = opening.options().cachePrograms() ? opening.cache() : BinaryCache.OFF;
    return new OpenClBackend(
        opening, table, ClQueue.open(opening.device(), opening.hostMemory(), programs));
  }

  private OpenClBackend(Opening opening, VariantTable table, ClQueue queue) {
    this.device = opening.device().info();
    this.options = opening.options();
    this.queue = queue;
    this.table = table;
    this.programs =
        new Programs(
            queue, device, options.batchInvariant(), ClKernel::maxGroup, opening.compiled());
    this.launcher = new Launcher(queue);
    this.axes = new AxisMover(queue, device);
    this.trials = new Trials(this, launcher, opening.selfTests());
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
  public Matrix share(Elements elements, Shape shape) {
    shape.requireLength(elements.length());
    Require.has(device, elements.dtype());
    long address = elements.address();
    if (address > 0 && elements.length() > 0) {
      Buffer memory = elements.some(0, elements.length());
      boolean whole = memory.remaining() == elements.length();
      HostForm form = HostForm.of(memory);
      ClBuffer buffer =
          whole && form.order(memory) == ByteOrder.nativeOrder()
              ? queue.borrow(memory, address)
              : null;
      if (buffer != null) {
        return DeviceMatrix.borrowed(queue, buffer, shape, elements, trace());
      }
    }
    return allocate(shape, elements.dtype());
  }

  @Override
  public Labels upload(int[] targets) {
    ClBuffer buffer = queue.allocate((long) targets.length * Integer.BYTES);
    return new DeviceLabels(queue, buffer, targets.clone(), trace());
  }

  @Override
  public RunReport run(RowOp op) {
    return CallEvents.run(device, op, queue, call -> run(call, table));
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
    if (LinearCall.isOne(operands)) {
      synchronized (queue) { // other threads see the call whole
        return LinearCall.run(this, op, part -> run(part, variants));
      }
    }
    List<Number> scalars = op.scalars(); // also checks the targets, before anything is launched
    synchronized (queue) {
      Call call = Call.of(op, operands, op.shape(), variants);
      Dispatch dispatch = null;
      if (op.shape().rows() > 0) {
        dispatch = op.shape().isStrided() ? programs.find(call) : programs.dispatch(call);
        if (dispatch == null) {
          return Gathered.run(this, op, dense -> run(dense, variants));
        }
        trials.before(op, dispatch);
      }
      Dispatch sums = sums(op, operands); // tried before anything is computed
      if (dispatch != null) {
        launcher.launch(dispatch, operands, scalars);
      }
      for (int i = 0; sums != null && i < operands.size(); i++) {
        if (operands.get(i).role() == Role.TOTAL_OUT) {
          launcher.addUp(sums, i, operands.get(i));
        }
      }
      queue.flush();
      return dispatch == null ? NOTHING : dispatch.report();
    }
  }

  /** What adds up the rows' terms of totals, a row with a term per column; null without totals. */
  private @Nullable Dispatch sums(RowOp op, List<Operand> operands) {
    for (int i = 0; i < operands.size(); i++) {
      if (operands.get(i).role() == Role.TOTAL_OUT) {
        return sums(new Shape(1, op.shape().rows()), op.dtype().arithmetic(), Span.step(0));
      }
    }
    return null;
  }

  private Dispatch sums(Shape shape, DType dtype, int step) {
    Dispatch dispatch = programs.dispatch(Call.rowTotal(dtype, shape, step, table));
    trials.beforeSums(dispatch);
    return dispatch;
  }

  /**
   * The rows of the dispatch table down to the one that would run an operation, without those that
   * are meant for other operations or devices. Its kernels are built, because a row that cannot be
   * built is passed over; nothing is computed.
   *
   * @param like a call of the operation, on any shape
   * @param shape the shape in question
   */
  public List<VariantTable.Step> explain(RowOp like, Shape shape) {
    synchronized (queue) {
      Call call = Call.of(like, like.operands(), shape, table);
      programs.find(call);
      return programs.explain(call).stream()
          .filter(step -> step.variant().isFor(call.op(), device()))
          .toList();
    }
  }

  @Override
  public BandwidthProbe bandwidthProbe() {
    return new OpenClProbe(this);
  }

  /** Enqueues a kernel that moves float32 matrices of this backend. */
  void move(String kernel, List<Matrix> matrices, List<Number> scalars) {
    synchronized (queue) {
      if (matrices.get(0).rows() > 0) {
        launch(programs.dispatch(Call.moving(kernel, matrices, table)), matrices, scalars);
      }
    }
  }

  /** Enqueues the sum of each row of a float32 matrix of this backend. */
  void sumRows(Matrix x, Matrix sums) {
    synchronized (queue) {
      if (x.rows() > 0) {
        int step = Span.step(((Resident) x).span().offset());
        launch(sums(x.shape(), DType.F32, step), List.of(x, sums), List.of(1f));
      }
    }
  }

  private void launch(Dispatch dispatch, List<Matrix> matrices, List<Number> scalars) {
    launcher.launchOn(dispatch, matrices, scalars);
    queue.flush();
  }

  @Override
  public void permute(Matrix source, Permutation order, Matrix target) {
    Require.permutable(source, order, target);
    requireOwn("permute", "source", source);
    requireOwn("permute", "target", target);
    synchronized (queue) {
      if (order.elements() > 0) {
        int bytes = source.dtype().bytes();
        axes.move(((Resident) source).span(), order, ((Resident) target).span(), bytes);
        queue.flush();
      }
    }
  }

  @Override
  public void copyRows(Matrix source, int[] from, Matrix target, int[] to) {
    Require.rowsCopyable(source, from, target, to);
    requireOwn("copyRows", "source", source);
    requireOwn("copyRows", "target", target);
    Span read = ((Resident) source).span();
    Span written = ((Resident) target).span();
    long cols = source.cols();
    int bytes = source.dtype().bytes();
    synchronized (queue) {
      for (int k = 0, end; k < from.length; k = end) {
        end = k + 1; // rows that lie together there and here are one copy
        while (end < from.length && from[end] == from[end - 1] + 1 && to[end] == to[end - 1] + 1) {
          end++;
        }
        read.buffer()
            .copy(
                (read.offset() + from[k] * cols) * bytes,
                written.buffer(),
                (written.offset() + to[k] * cols) * bytes,
                (end - k) * cols * bytes);
      }
      queue.flush();
    }
  }

  void requireOwn(String operation, String name, Matrix matrix) {
    if (matrix instanceof Composite composite) {
      composite.matrices().forEach(one -> requireOwn(operation, "a matrix of " + name, one));
      return;
    }
    if (matrix instanceof ClassValues) {
      return;
    }
    if (!(matrix instanceof Resident resident) || resident.queue() != queue) {
      throw new IllegalArgumentException(
          operation + ": " + name + " belongs to another backend, expected a matrix of " + device);
    }
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
