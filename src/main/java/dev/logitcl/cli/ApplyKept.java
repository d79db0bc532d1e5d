package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyWriter;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stays on the device from the first part of the rows to the last: inputs that each part needs
 * whole, and sums that each part adds to. For operations whose parts one backend computes, one
 * after another. Closing it closes the matrices.
 */
final class ApplyKept implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ApplyKept.class);

  private final Backend backend;
  private final Map<NpyReader, Matrix> inputs = new LinkedHashMap<>();
  private final Map<NpyWriter, Matrix> sums = new LinkedHashMap<>();

  ApplyKept(Backend backend) {
    this.backend = backend;
  }

  /**
   * A whole file, loaded for the first part. The Java path reads one that would take a third of the
   * heap piece by piece when it needs it: others, and sums of the same size, then have room.
   */
  Matrix load(NpyReader file, Shape shape, DType type) throws IOException {
    Matrix loaded = inputs.get(file);
    if (loaded == null
        && backend instanceof CpuBackend java
        && file.isInCOrder()
        && shape.elements() * type.bytes() > Runtime.getRuntime().maxMemory() / 3) {
      LOG.info("{} stays on the disk: the heap is too small for it", file.file());
      loaded = java.paged(shape, type, file::readPart);
      inputs.put(file, loaded);
    } else if (loaded == null) {
      loaded = backend.allocate(shape, type);
      inputs.put(file, loaded);
      file.readInto(loaded);
    }
    return loaded;
  }

  /** What goes to an output as the sum over all parts, 0 before the first; null if not wanted. */
  @Nullable Matrix sum(@Nullable NpyWriter file, Shape shape, DType type) {
    if (file == null) {
      return null;
    }
    Matrix sum = sums.get(file);
    if (sum == null) {
      sum = backend.allocate(shape, type);
      sums.put(file, sum);
      ApplyDevice.fill(sum, 0);
    }
    return sum;
  }

  /** Writes the sums, when all parts are done. */
  void write() throws IOException {
    for (Map.Entry<NpyWriter, Matrix> sum : sums.entrySet()) {
      sum.getKey().write(sum.getValue());
    }
  }

  @Override
  public void close() {
    sums.values().forEach(Matrix::close);
    inputs.values().forEach(Matrix::close);
  }
}
