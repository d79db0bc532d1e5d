package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import dev.logitcl.op.LogSoftmax;
import dev.logitcl.op.LogSoftmaxBackward;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import dev.logitcl.op.RowOp;
import dev.logitcl.op.Softmax;
import dev.logitcl.op.SoftmaxBackward;
import java.io.IOException;
import java.nio.Buffer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of {@code apply} that happens on a device. Results replace operands where the operation
 * allows it, so that at most two matrices of X's size are held.
 */
final class ApplyCompute {
  private static final Logger LOG = LoggerFactory.getLogger(ApplyCompute.class);
  private static final int FILL = 1 << 20; // elements written at a time

  /**
   * Files that are open.
   *
   * @param x the input
   * @param axes its axes, of which some are rows
   * @param gradOut the incoming gradient; null for ones
   * @param out where the result goes, if it is wanted
   * @param gradIn where the gradient goes, if it is wanted
   */
  record Files(
      NpyReader x,
      Axes axes,
      @Nullable NpyReader gradOut,
      @Nullable NpyWriter out,
      @Nullable NpyWriter gradIn) {

    /** Rows and columns of the input. */
    Shape view() {
      return axes.shape();
    }
  }

  private final Backend backend;
  private final Files files;

  /** What matrices hold, and in whose arithmetic everything is computed. */
  private final DType dtype;

  ApplyCompute(Backend backend, Files files) {
    this.backend = backend;
    this.files = files;
    this.dtype = files.x().header().type().dtype();
  }

  Backend backend() {
    return backend;
  }

  Files files() {
    return files;
  }

  void logSumExp() throws IOException {
    try (Matrix x = load(files.x(), files.view(), dtype);
        Matrix lse = backend.allocate(Shape.column(x.rows()), dtype.arithmetic())) {
      run(new LogSumExp(x, lse));
      write(files.out(), lse);
      if (files.gradIn() != null) {
        try (Matrix dlse = gradient(lse.shape(), lse.dtype())) {
          run(new LogSumExpBackward(x, lse, dlse, x));
        }
        write(files.gradIn(), x);
      }
    }
  }

  void softmax() throws IOException {
    try (Matrix x = load(files.x(), files.view(), dtype)) {
      run(new Softmax(x, x));
      writeResult(x, dy -> new SoftmaxBackward(x, dy, dy));
    }
  }

  void logSoftmax() throws IOException {
    try (Matrix x = load(files.x(), files.view(), dtype)) {
      run(new LogSoftmax(x, x));
      writeResult(x, dy -> new LogSoftmaxBackward(x, dy, dy));
    }
  }

  /** The gradient replaces the incoming one. */
  private void writeResult(Matrix y, Function<Matrix, RowOp> backward) throws IOException {
    write(files.out(), y);
    if (files.gradIn() != null) {
      try (Matrix dy = gradient(y.shape(), dtype)) {
        run(backward.apply(dy));
        write(files.gradIn(), dy);
      }
    }
  }

  DType dtype() {
    return dtype;
  }

  Matrix load(NpyReader file, Shape shape, DType type) throws IOException {
    Matrix matrix = backend.allocate(shape, type);
    try {
      if (isGathered(shape)) {
        try (Matrix tensor = backend.allocate(shape, type)) {
          file.readInto(tensor);
          backend.permute(tensor, files.axes().gather(), matrix);
        }
      } else {
        file.readInto(matrix);
      }
      return matrix;
    } catch (IOException | RuntimeException e) {
      matrix.close();
      throw e;
    }
  }

  /** The incoming gradient, or ones. */
  Matrix gradient(Shape shape, DType type) throws IOException {
    if (files.gradOut() != null) {
      return load(files.gradOut(), shape, type);
    }
    Matrix matrix = backend.allocate(shape, type);
    long elements = shape.elements();
    Buffer ones = new Values(type, (int) Math.min(elements, FILL)).fill(1).buffer();
    for (long offset = 0; offset < elements; offset += FILL) {
      matrix.write(offset, ones.limit((int) Math.min(FILL, elements - offset)));
    }
    return matrix;
  }

  void run(RowOp op) {
    RunReport report = backend.run(op);
    LOG.info("{} of {} on {}: {}", op.kernel(), op.shape(), backend.device(), report.variant());
  }

  void write(@Nullable NpyWriter file, @Nullable Matrix matrix) throws IOException {
    if (file == null || matrix == null) {
      return;
    }
    if (isGathered(matrix.shape())) {
      try (Matrix tensor = backend.allocate(matrix.shape(), matrix.dtype())) {
        backend.permute(matrix, files.axes().scatter(), tensor);
        file.write(tensor);
      }
    } else {
      file.write(matrix);
    }
  }

  /** Whether a matrix of this shape has its axes in another order than the file. */
  private boolean isGathered(Shape shape) {
    return !files.axes().areAdjacent() && shape.equals(files.view());
  }
}
