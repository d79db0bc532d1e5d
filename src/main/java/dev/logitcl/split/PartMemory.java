package dev.logitcl.split;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The matrices of a backend's parts: those of one part after another lie in the same memory, so
 * that a call takes no more of it the more parts it has.
 */
final class PartMemory implements AutoCloseable {
  private final Backend backend;
  private final Map<Integer, Matrix> matrices = new HashMap<>();

  PartMemory(Backend backend) {
    this.backend = backend;
  }

  Backend backend() {
    return backend;
  }

  /**
   * A matrix with undefined contents.
   *
   * @param operand which of the call's operands it is for
   * @param like a matrix of its shape and type
   */
  Matrix of(int operand, Matrix like) {
    Shape shape = like.shape();
    Matrix known = matrices.get(operand);
    if (known != null && known.dtype() == like.dtype()) {
      if (known.shape().equals(shape)) {
        return known;
      }
      if (!shape.isStrided() && shape.cols() == known.cols() && shape.rows() < known.rows()) {
        return known.rows(0, shape.rows());
      }
    }
    if (known != null) {
      known.close();
    }
    Matrix made = backend.allocate(shape, like.dtype());
    matrices.put(operand, made);
    return made;
  }

  @Override
  public void close() {
    matrices.values().forEach(Matrix::close);
  }

  /** The memory of a call: one for each part that is in work, on whichever backend. */
  static final class Pool implements AutoCloseable {
    private final List<PartMemory> all = new ArrayList<>();
    private final List<PartMemory> idle = new ArrayList<>();

    synchronized PartMemory take(Backend backend) {
      for (PartMemory memory : idle) {
        if (memory.backend == backend) {
          idle.remove(memory);
          return memory;
        }
      }
      PartMemory made = new PartMemory(backend);
      all.add(made);
      return made;
    }

    synchronized void give(PartMemory memory) {
      idle.add(memory);
    }

    @Override
    public synchronized void close() {
      all.forEach(PartMemory::close);
    }
  }
}
