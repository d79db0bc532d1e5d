package dev.logitcl.backend;

import static java.util.Objects.requireNonNull;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.LinearGradient;
import dev.logitcl.matrix.LinearLogits;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Target;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.CrossEntropy;
import dev.logitcl.op.CrossEntropyBackward;
import dev.logitcl.op.CrossEntropyFromStats;
import dev.logitcl.op.CrossEntropyOutputs;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.Operand;
import dev.logitcl.op.Operand.Role;
import dev.logitcl.op.RowOp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A call on {@link LinearLogits}, computed some rows at a time: a product makes their logits in
 * scratch memory, the operation reads them there, and writes their gradient in their place, of
 * which products make the gradients of the layer. Rows whose target is ignored are left out of
 * that, whatever they hold; what is wanted of them beside zeros is computed after the others.
 */
public final class LinearCall implements AutoCloseable {
  /** Results per row that are 0 for an ignored row. */
  private static final Set<String> ZERO_IF_IGNORED = Set.of("loss", "z_loss");

  private final Backend backend;
  private final Function<RowOp, RunReport> runner;
  private final RowOp op;
  private final List<Operand> operands;
  private final LinearLogits x;
  private final @Nullable LinearGradient dx;

  /** The rows that are computed; null for all. */
  private final int @Nullable [] counted;

  private final boolean inPlace;
  private final long count;
  private final long each;
  private final List<Matrix> scratch = new ArrayList<>();
  private final Set<String> variants = new LinkedHashSet<>();
  private final Set<String> entryPoints = new LinkedHashSet<>();

  /** Memory of a part for the rows' values of each operand; null for what is read where it lies. */
  private final @Nullable Matrix[] values;

  private LinearCall(
      Backend backend, RowOp op, Function<RowOp, RunReport> runner, int @Nullable [] counted) {
    this.backend = backend;
    this.runner = runner;
    this.op = op;
    this.operands = op.operands();
    this.x = (LinearLogits) operands.get(0).matrix();
    this.dx =
        operands.get(operands.size() - 1).matrix() instanceof LinearGradient found ? found : null;
    this.counted = counted;
    this.count = counted == null ? x.rows() : counted.length;
    // What works from statistics does not work in place: a part has logits and their gradient.
    this.inPlace = dx != null && !(op instanceof CrossEntropyFromStats);
    boolean two = dx != null && !inPlace;
    this.each = (two ? x.withScratch(Math.max(1, x.scratchBytes() / 2)) : x).rowsPerPart(count);
    this.values = new @Nullable Matrix[operands.size()];
  }

  /** Returns whether the logits of a call with these operands are never stored. */
  public static boolean isOne(List<Operand> operands) {
    return operands.get(0).matrix() instanceof LinearLogits;
  }

  /**
   * Runs a call on logits that are never stored, and returns what was launched for a part.
   *
   * @param backend the backend to which the matrices belong
   * @param op the call
   * @param run runs a call that it receives, on stored matrices
   */
  public static RunReport run(Backend backend, RowOp op, Function<RowOp, RunReport> run) {
    LinearLogits logits = (LinearLogits) op.operands().get(0).matrix();
    if (LinearColumns.serves(op, logits)) {
      return LinearColumns.run(backend, op, logits, run);
    }
    int[] counted = counted(op);
    RunReport report;
    try (LinearCall call = new LinearCall(backend, op, run, counted)) {
      report = call.run();
    }
    RowOp rest = counted == null ? null : ofIgnored(op);
    if (rest != null) {
      int[] ignored = others(requireNonNull(counted), op.shape().rows());
      try (LinearCall call = new LinearCall(backend, rest, run, ignored)) {
        call.run();
      }
    }
    return report;
  }

  /**
   * The rows with a target, if some have none, whose results are 0; null for all rows. An ignored
   * row may hold anything: it must take no part in the products of gradients.
   */
  private static int @Nullable [] counted(RowOp op) {
    if (op instanceof CrossEntropy call && call.options().ignoreIndex().isPresent()) {
      boolean all = call.dx() == null && ofIgnored(op) != null; // one walk gives all results
      return all ? null : counted(call.target(), call.options().ignoreIndex().getAsInt());
    }
    if (op instanceof CrossEntropyBackward call && call.options().ignoreIndex().isPresent()) {
      return counted(call.target(), call.options().ignoreIndex().getAsInt());
    }
    return op instanceof CrossEntropyFromStats call
        ? counted(call.target(), CrossEntropyFromStats.IGNORED)
        : null;
  }

  private static int @Nullable [] counted(Target target, int ignored) {
    Labels labels = (Labels) target; // probabilities have no ignored index
    int rows = Math.toIntExact(labels.rows());
    int[] found = new int[rows];
    int n = 0;
    for (int row = 0; row < rows; row++) {
      if (labels.get(row) != ignored) {
        found[n++] = row;
      }
    }
    return n == rows ? null : Arrays.copyOf(found, n);
  }

  /** What is wanted of ignored rows and is not 0, as a call of its own; null for nothing. */
  private static @Nullable RowOp ofIgnored(RowOp op) {
    if (!(op instanceof CrossEntropy call)) {
      return null;
    }
    Matrix lse = call.outputs().lse();
    Matrix predicted = call.outputs().predicted();
    if (lse == null && predicted == null) {
      return null;
    }
    CrossEntropyOutputs outputs = CrossEntropyOutputs.NONE;
    outputs = lse == null ? outputs : outputs.withLse(lse);
    outputs = predicted == null ? outputs : outputs.withPredicted(predicted);
    return new CrossEntropy(call.x(), call.target(), call.options(), outputs);
  }

  /** The rows that are not among some others, which rise. */
  private static int[] others(int[] some, long rows) {
    int[] others = new int[Math.toIntExact(rows) - some.length];
    int next = 0;
    for (int row = 0; row < rows; row++) {
      if (row - next < some.length && some[row - next] == row) {
        continue;
      }
      others[next++] = row;
    }
    return others;
  }

  private Matrix allocate(Shape shape, DType dtype) {
    Matrix matrix = backend.allocate(shape, dtype);
    scratch.add(matrix);
    return matrix;
  }

  /**
   * What a part's products and its operation work on; null for what is not wanted.
   *
   * @param logits the part's logits
   * @param gradient where their gradient goes: in their place, or beside them
   * @param hidden all rows of H, or those of the part
   * @param dHidden the gradient of all rows, or of those of the part
   * @param ones with which a product adds up the bias's gradient
   */
  private record Memory(
      Matrix logits,
      Matrix gradient,
      Matrix hidden,
      @Nullable Matrix dHidden,
      @Nullable Matrix ones) {}

  private Memory memory() {
    DType type = x.dtype();
    Matrix logits = allocate(new Shape(each, x.cols()), type);
    Matrix gradient = dx == null || inPlace ? logits : allocate(logits.shape(), type);
    Matrix hidden =
        counted == null ? x.hidden() : allocate(new Shape(each, x.width()), x.hidden().dtype());
    Matrix dHidden = dx == null ? null : dx.hidden();
    if (dHidden != null && counted != null) {
      dHidden = allocate(new Shape(each, x.width()), type);
    }
    Matrix ones = dx == null || dx.bias() == null ? null : filled(new Shape(1, each), type, 1);
    return new Memory(logits, gradient, hidden, dHidden, ones);
  }

  private Matrix filled(Shape shape, DType type, double value) {
    Matrix matrix = allocate(shape, type);
    matrix.write(0, new Values(type, Math.toIntExact(shape.elements())).fill(value).buffer());
    return matrix;
  }

  private RunReport run() {
    op.scalars(); // checks the targets
    Memory memory = memory();
    Matrix zeros =
        counted == null ? null : filled(new Shape(1, Math.max(1, x.width())), x.dtype(), 0);
    long parts = (count + each - 1) / each;
    for (int k = 0; k < operands.size(); k++) {
      Operand operand = operands.get(k);
      Matrix matrix = operand.matrix();
      if (operand.role() == Role.TOTAL_OUT) {
        values[k] = allocate(Shape.column(Math.max(1, parts)), matrix.dtype());
      } else if (counted != null && isPerRow(operand) && operand.role() != Role.LABELS) {
        values[k] = allocate(new Shape(each, matrix.cols()), matrix.dtype());
      }
    }
    boolean adds = dx != null && dx.accumulates();
    for (long from = 0; from < count || from == 0; from += each) {
      int n = (int) Math.min(each, count - from);
      if (n > 0 || (dx != null && !adds)) { // of no rows, gradients are 0
        part(from, n, memory, adds || from > 0);
      }
    }
    if (zeros != null) {
      clearIgnored(zeros);
    }
    addUp(parts);
    String shape = parts + " of " + each + " rows";
    return new RunReport(String.join("; ", variants) + " parts=" + shape, List.copyOf(entryPoints));
  }

  private static boolean isPerRow(Operand operand) {
    return operand.extent().isPerRow()
        && !(operand.matrix() instanceof LinearLogits)
        && !(operand.matrix() instanceof LinearGradient);
  }

  /** The results of rows that are left out. */
  private void clearIgnored(Matrix zeros) {
    for (Operand operand : operands) {
      if (operand.role() == Role.ROW_OUT && ZERO_IF_IGNORED.contains(operand.name())) {
        clearIgnored(operand.matrix(), zeros);
      }
    }
    if (dx != null && dx.hidden() != null) {
      clearIgnored(dx.hidden(), zeros);
    }
  }

  private void clearIgnored(Matrix matrix, Matrix zeros) {
    int[] ignored = others(requireNonNull(counted), matrix.rows());
    Matrix zero = zeros.view(Shape.column(zeros.cols())).rows(0, matrix.cols());
    Matrix row = zero.view(new Shape(1, matrix.cols()));
    backend.copyRows(row, new int[ignored.length], matrix, ignored);
  }

  private void part(long from, int n, Memory memory, boolean adds) {
    int[] rows =
        counted == null ? new int[0] : Arrays.copyOfRange(counted, (int) from, (int) from + n);
    int[] places = new int[rows.length];
    Arrays.setAll(places, k -> k);
    if (counted != null) {
      backend.copyRows(x.hidden(), rows, memory.hidden(), places);
    }
    Matrix h = ofPart(memory.hidden(), from, n);
    Matrix z = memory.logits().rows(0, n);
    launch(new MatrixProduct(h, false, x.weights(), true, z, 1, 0, x.bias()));
    Matrix dz = inPlace ? z : memory.gradient().rows(0, n);
    if (n > 0) {
      on(from, n, rows, places, z, dz);
    }
    if (dx == null) {
      return;
    }
    if (memory.dHidden() != null) {
      launch(new MatrixProduct(dz, x.weights(), ofPart(memory.dHidden(), from, n)));
      if (counted != null) {
        backend.copyRows(memory.dHidden(), places, requireNonNull(dx.hidden()), rows);
      }
    }
    double beta = adds ? 1 : 0;
    if (dx.weights() != null) {
      launch(new MatrixProduct(dz, true, h, false, dx.weights(), 1, beta, null));
    }
    if (dx.bias() != null && memory.ones() != null) {
      Matrix ones = memory.ones();
      Matrix sums =
          n == each ? ones : ones.view(Shape.column(each)).rows(0, n).view(new Shape(1, n));
      launch(new MatrixProduct(sums, dz, dx.bias()).withBeta(beta));
    }
  }

  /** A part's rows, of all or of those that were gathered. */
  private Matrix ofPart(Matrix matrix, long from, int n) {
    return matrix.rows(counted == null ? from : 0, n);
  }

  /** Runs the operation on the logits of some rows. */
  private void on(long from, int n, int[] rows, int[] places, Matrix z, Matrix dz) {
    List<Matrix> made = new ArrayList<>();
    Matrix[] counterparts = new Matrix[operands.size()];
    try {
      for (int k = 0; k < counterparts.length; k++) {
        Operand operand = operands.get(k);
        Matrix matrix = operand.matrix();
        Matrix own = values[k];
        if (matrix == x || matrix == dx) {
          counterparts[k] = matrix == x ? z : dz;
        } else if (operand.role() == Role.TOTAL_OUT && own != null) {
          counterparts[k] = own.rows(from / each, 1);
        } else if (!isPerRow(operand)) {
          counterparts[k] = matrix;
        } else if (counted == null) {
          long perRow = matrix.rows() / x.rows(); // chosen tokens: several
          Matrix view = matrix.rows(from * perRow, n * perRow);
          counterparts[k] = view instanceof Labels some ? some.within((Labels) matrix) : view;
        } else if (matrix instanceof Labels labels) {
          int[] some = new int[n];
          Arrays.setAll(some, i -> labels.get(rows[i]));
          Labels uploaded = backend.upload(some).within(labels);
          made.add(uploaded);
          counterparts[k] = uploaded;
        } else {
          counterparts[k] = requireNonNull(own).rows(0, n);
          if (!operand.role().isOutput()) {
            backend.copyRows(matrix, rows, own, places);
          }
        }
      }
      RowOp call = inPlace ? inPlace(op) : op;
      launch(call.with(matrix -> counterpart(matrix, counterparts)));
      for (int k = 0; counted != null && k < counterparts.length; k++) {
        Operand operand = operands.get(k);
        if (operand.role() == Role.ROW_OUT || operand.role() == Role.INDEX_OUT) {
          backend.copyRows(requireNonNull(values[k]), places, operand.matrix(), rows);
        }
      }
    } finally {
      made.forEach(Matrix::close);
    }
  }

  private Matrix counterpart(Matrix matrix, Matrix[] counterparts) {
    for (int k = 0; k < counterparts.length; k++) {
      if (operands.get(k).matrix() == matrix) {
        return counterparts[k];
      }
    }
    return matrix; // what the host keeps
  }

  /** The call, with the gradient in the place of the logits. */
  private static RowOp inPlace(RowOp call) {
    if (call instanceof CrossEntropy forward) {
      return new CrossEntropy(
          forward.x(), forward.target(), forward.options().inPlaceOfLogits(), forward.outputs());
    }
    CrossEntropyBackward backward = (CrossEntropyBackward) call;
    return new CrossEntropyBackward(
        backward.x(),
        backward.dloss(),
        backward.target(),
        backward.options().inPlaceOfLogits(),
        backward.dx());
  }

  private void launch(RowOp call) {
    RunReport report = runner.apply(call);
    variants.add(report.variant());
    entryPoints.addAll(report.entryPoints());
  }

  /** Adds up the parts' totals, in the parts' order. */
  private void addUp(long parts) {
    for (int k = 0; k < operands.size(); k++) {
      Operand operand = operands.get(k);
      Matrix own = values[k];
      if (operand.role() == Role.TOTAL_OUT && own != null) {
        double sum = parts == 0 ? 0 * operand.scale() : 0;
        Values terms = Values.of(own);
        for (int part = 0; part < parts; part++) {
          sum += terms.get(part);
        }
        Values total = new Values(operand.matrix().dtype(), 1);
        total.set(0, sum);
        operand.matrix().write(0, total.buffer());
      }
    }
  }

  @Override
  public void close() {
    for (int k = scratch.size() - 1; k >= 0; k--) {
      scratch.get(k).close();
    }
  }
}
