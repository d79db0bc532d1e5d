package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.io.NpyHeader;
import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Probabilities;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.MatrixProduct;
import dev.logitcl.op.RowOp;
import dev.logitcl.split.Parts.Part;
import java.io.IOException;
import java.nio.Buffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device that {@code apply} computes on, and which of X's rows: matrices from files and back. A
 * <i>tensor</i> has X's shape, as a file or as a matrix of X's rows; anything else lies in memory
 * as in its file. What has a value or more for each row is read and written for these rows alone;
 * what all rows share is read whole, and what they add up to is written when all of them are done.
 * Matrices are closed with it.
 */
final class ApplyDevice implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ApplyDevice.class);
  private static final int FILL = 1 << 20; // elements written at a time

  private final Backend backend;
  private final ApplyFiles files;
  private final ApplyTotals totals;
  private final ApplyKept kept;
  private final Part part;
  private final boolean gathered;
  private final Axes axes;
  private final Shape rows;
  private final List<Matrix> matrices;

  /** What matrices hold, and in whose arithmetic everything is computed. */
  private final DType dtype;

  ApplyDevice(Backend backend, ApplyFiles files, ApplyTotals totals, ApplyKept kept, Part part) {
    this(backend, files, totals, kept, part, !files.view().axes().areAdjacent(), new ArrayList<>());
  }

  private ApplyDevice(
      Backend backend,
      ApplyFiles files,
      ApplyTotals totals,
      ApplyKept kept,
      Part part,
      boolean gathered,
      List<Matrix> matrices) {
    this.backend = backend;
    this.files = files;
    this.totals = totals;
    this.kept = kept;
    this.part = part;
    this.matrices = matrices;
    this.gathered = gathered;
    Shape all = files.view().matrix();
    Shape some = new Shape(part.rows(), all.cols(), all.inner());
    long[] dims = {part.rows() / all.inner(), all.cols(), all.inner()};
    this.axes = files.view().axes().areAdjacent() ? Axes.of(dims, 1) : files.view().axes();
    this.rows = gathered ? some.dense() : some;
    this.dtype = files.x().header().type().dtype();
  }

  /**
   * A device for rows that lie one behind another, which {@link MatrixProduct} needs; closed with
   * this one.
   */
  ApplyDevice withDenseRows() {
    return new ApplyDevice(
        backend, files, totals, kept, part, gathered || rows.isStrided(), matrices);
  }

  /** What stays on the device for the other parts. */
  ApplyKept kept() {
    return kept;
  }

  /** X's rows and columns. */
  Shape rows() {
    return rows;
  }

  /** One value for each of X's rows. */
  Shape perRow() {
    return Shape.column(rows.rows());
  }

  /** The element type of X, or of what it is computed of. */
  DType dtype() {
    return dtype;
  }

  /** The element type of what has one value per row. */
  DType arithmetic() {
    return dtype.arithmetic();
  }

  Matrix allocate(Shape shape, DType type) {
    return own(backend.allocate(shape, type));
  }

  /** Uploads the indices of these rows, as many for each. */
  Labels upload(Labels all) {
    long each = files.view().matrix().rows() == 0 ? 0 : all.rows() / files.view().matrix().rows();
    int[] indices = new int[Math.toIntExact(part.rows() * each)];
    all.read(part.from() * each, IntBuffer.wrap(indices));
    return own(backend.upload(indices)).within(all);
  }

  /** Loads a tensor of probabilities. */
  Probabilities loadProbabilities(NpyReader file, DType type) throws IOException {
    Probabilities probabilities =
        Probabilities.within(allocate(rows, type), part.from(), files.view().matrix().rows());
    read(file, probabilities);
    return probabilities;
  }

  private <M extends Matrix> M own(M matrix) {
    matrices.add(matrix);
    return matrix;
  }

  /** A tensor with undefined contents. */
  Matrix tensor() {
    return allocate(rows, dtype);
  }

  /** A matrix for an output that is computed in X's arithmetic; null if it is not wanted. */
  @Nullable Matrix wanted(@Nullable NpyWriter file, Shape shape) {
    return wanted(file, shape, arithmetic());
  }

  /** A matrix for an output; null if it is not wanted. */
  @Nullable Matrix wanted(@Nullable NpyWriter file, Shape shape, DType type) {
    return file == null ? null : allocate(shape, type);
  }

  Matrix loadX() throws IOException {
    return loadTensor(files.x(), dtype);
  }

  /** Loads a tensor: as it lies in the file, or with the axes that are reduced brought together. */
  Matrix loadTensor(NpyReader file, DType type) throws IOException {
    if (!gathered) {
      return load(file, rows, type);
    }
    Matrix matrix = allocate(rows, type);
    try (Matrix tensor = load(file, rows, type)) {
      backend.permute(tensor, axes.gather(), matrix);
    }
    return matrix;
  }

  /** Loads anything else. */
  Matrix load(NpyReader file, Shape shape, DType type) throws IOException {
    Matrix matrix = allocate(shape, type);
    read(file, matrix);
    return matrix;
  }

  private void read(NpyReader file, Matrix matrix) throws IOException {
    if (isCommon(file.header(), matrix)) {
      file.readInto(matrix);
    } else {
      file.readPart(matrix, first(matrix));
    }
  }

  /** Whether a file holds as much as a matrix for these rows: all rows share it. */
  private static boolean isCommon(NpyHeader header, Matrix matrix) {
    return header.elements() == matrix.shape().elements();
  }

  /** The place in its file of what a matrix has for these rows. */
  private long first(Matrix matrix) {
    return matrix.shape().elements() / part.rows() * part.from();
  }

  /** An incoming gradient that is no tensor, or ones. */
  Matrix gradient(@Nullable NpyReader file, Shape shape, DType type) throws IOException {
    return file == null ? ones(shape, type) : load(file, shape, type);
  }

  /** An incoming gradient with one value per row, or ones. */
  Matrix gradientPerRow(@Nullable NpyReader file) throws IOException {
    return gradient(file, perRow(), arithmetic());
  }

  /** An incoming gradient that is a tensor, or ones. */
  Matrix gradientTensor(@Nullable NpyReader file) throws IOException {
    return file == null ? ones(rows, dtype) : loadTensor(file, dtype);
  }

  private Matrix ones(Shape shape, DType type) {
    Matrix matrix = allocate(shape, type);
    fill(matrix, 1);
    return matrix;
  }

  /** Gives each element a value. */
  static void fill(Matrix matrix, double value) {
    long elements = matrix.shape().elements();
    int most = (int) Math.min(elements, FILL);
    Buffer values = new Values(matrix.dtype(), most).fill(value).buffer();
    for (long offset = 0; offset < elements; offset += FILL) {
      matrix.write(offset, values.limit((int) Math.min(FILL, elements - offset)));
    }
  }

  void run(RowOp op) {
    RunReport report = backend.run(op);
    LOG.info("{} of {} on {}: {}", op.kernel(), op.shape(), backend.device(), report.variant());
  }

  /** Runs a call that options may forbid: that is the user's mistake. */
  void run(Supplier<RowOp> call) {
    RowOp op;
    try {
      op = call.get();
    } catch (IllegalArgumentException e) {
      throw new UsageException("apply " + e.getMessage(), e);
    }
    run(op);
  }

  /** The sum over the rows of a tensor with {@link #withDenseRows}: what they share. */
  Matrix sumOverRows(Matrix tensor) {
    Matrix sum = allocate(new Shape(1, rows.cols()), arithmetic());
    run(new MatrixProduct(ones(perRow(), dtype), true, tensor, false, sum));
    return sum;
  }

  /** Writes a tensor, if it is wanted. */
  void writeTensor(@Nullable NpyWriter file, Matrix matrix) throws IOException {
    if (file == null || !gathered) {
      write(file, matrix);
      return;
    }
    try (Matrix tensor = allocate(rows, matrix.dtype())) {
      backend.permute(matrix, axes.scatter(), tensor);
      write(file, tensor);
    }
  }

  /** Writes anything else, if it is wanted; what all rows add up to, with the other parts'. */
  void write(@Nullable NpyWriter file, @Nullable Matrix matrix) throws IOException {
    if (file == null || matrix == null) {
      return;
    }
    if (!isCommon(file.header(), matrix)) {
      file.writePart(matrix, first(matrix));
    } else if (part.rows() == files.view().matrix().rows()) {
      file.write(matrix);
    } else {
      totals.add(file, part.index(), matrix);
    }
  }

  @Override
  public void close() {
    for (int k = matrices.size() - 1; k >= 0; k--) {
      matrices.get(k).close();
    }
  }
}
