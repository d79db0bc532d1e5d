package dev.logitcl.bench;

import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Labels;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The operands that cases ask for, from one {@link Inputs} on one backend; each is made once, so
 * that several cases share their inputs and outputs, and is closed with this object.
 */
public final class Operands implements AutoCloseable {
  private final Backend backend;
  private final Inputs inputs;
  private final boolean shared;
  private final Map<String, Matrix> matrices = new LinkedHashMap<>();
  private final Map<String, Values> hostOutputs;

  private Operands(
      Backend backend, Inputs inputs, boolean shared, Map<String, Values> hostOutputs) {
    this.backend = backend;
    this.inputs = inputs;
    this.shared = shared;
    this.hostOutputs = hostOutputs;
  }

  /** Operands of their own: inputs are copies, outputs hold a value that is no result. */
  public static Operands copied(Backend backend, Inputs inputs) {
    return new Operands(backend, inputs, false, new HashMap<>());
  }

  /**
   * Operands in the host's arrays where the backend can compute there: nothing is copied twice, but
   * operations in place would destroy the inputs.
   */
  public static Operands shared(Backend backend, Inputs inputs) {
    return shared(backend, inputs, new HashMap<>());
  }

  /**
   * Operands in the host's arrays where the backend can compute there, with arrays for the outputs
   * that are kept from call to call.
   */
  static Operands shared(Backend backend, Inputs inputs, Map<String, Values> hostOutputs) {
    return new Operands(backend, inputs, true, hostOutputs);
  }

  /** The backend. */
  Backend backend() {
    return backend;
  }

  /** The host's data. */
  Inputs inputs() {
    return inputs;
  }

  /** Scores, rows x cols. */
  public Matrix x() {
    return input("x", inputs.rows(), inputs.cols(), inputs::x);
  }

  /** Log-probabilities, rows x cols. */
  public Matrix logProbabilities() {
    return input("log p", inputs.rows(), inputs.cols(), inputs::logProbabilities);
  }

  /** Probabilities, rows x cols. */
  public Matrix probabilities() {
    return input("p", inputs.rows(), inputs.cols(), inputs::probabilities);
  }

  /** Incoming gradient, rows x cols. */
  public Matrix dy() {
    return input("dy", inputs.rows(), inputs.cols(), inputs::dy);
  }

  /** Log-sum-exp of the scores, rows x 1. */
  public Matrix lse() {
    return input("lse", inputs.rows(), 1, inputs::lse);
  }

  /** Incoming gradient of a row result, rows x 1. */
  public Matrix rowGradient() {
    return input("drow", inputs.rows(), 1, inputs::rowGradient);
  }

  /** Incoming gradient of a reduced result, 1 x 1. */
  public Matrix totalGradient() {
    return input("dtotal", 1, 1, inputs::totalGradient);
  }

  /** Targets. */
  public Labels targets(OptionalInt ignoreIndex) {
    return (Labels)
        matrices.computeIfAbsent(
            "targets " + ignoreIndex, name -> backend.upload(inputs.targets(ignoreIndex)));
  }

  /** Class indices of a case's own; different names are different labels. */
  Labels labels(String name, Supplier<int[]> values) {
    return (Labels) matrices.computeIfAbsent(name, key -> backend.upload(values.get()));
  }

  /** An input that only some cases have, by a name of its own. */
  <M extends Matrix> M input(String name, Class<M> type, Function<Backend, M> make) {
    return type.cast(matrices.computeIfAbsent(name, key -> make.apply(backend)));
  }

  /** An output, rows x cols. */
  public Matrix outMatrix() {
    return output("out", inputs.rows(), inputs.cols(), inputs.dtype());
  }

  /** An output, rows x 1; different names are different matrices. */
  public Matrix outRow(String name) {
    return output("out row " + name, inputs.rows(), 1, inputs.dtype().arithmetic());
  }

  /** An output, 1 x 1. */
  public Matrix outTotal() {
    return outTotal("");
  }

  /** An output, 1 x 1; different names are different matrices. */
  public Matrix outTotal(String name) {
    return output("out total " + name, 1, 1, inputs.dtype().arithmetic());
  }

  /** An output of one index per row. */
  public Matrix outIndices(String name) {
    return output("out indices " + name, inputs.rows(), 1, DType.I32);
  }

  /** Brings the outputs back into the host's arrays. */
  void readOutputs() {
    hostOutputs.forEach(
        (name, values) -> {
          Matrix matrix = matrices.get(name);
          if (matrix != null) {
            matrix.read(0, values.buffer());
          }
        });
  }

  /** A byte for each element of the scores, 0 in a quarter of them. */
  Matrix mask() {
    return matrices.computeIfAbsent(
        "mask",
        key -> backend.upload(ExpectationInputs.mask(inputs), inputs.rows(), inputs.cols()));
  }

  /** An input of a case's own, made once for each name. */
  Matrix input(String name, long rows, long cols, Supplier<Values> values) {
    return matrices.computeIfAbsent(
        name,
        key -> {
          Values from = values.get();
          if (!shared || from.dtype() != DType.F32) {
            return backend.upload(from.buffer(), rows, cols, from.dtype());
          }
          Matrix matrix = backend.share(from.floats(), rows, cols);
          try {
            matrix.write(from.floats());
            return matrix;
          } catch (RuntimeException e) {
            matrix.close();
            throw e;
          }
        });
  }

  /** An output of a case's own. */
  Matrix output(String name, int rows, int cols, DType dtype) {
    return matrices.computeIfAbsent(
        name,
        key -> {
          if (!shared) {
            Values unwritten = new Values(dtype, rows * cols).fill(UNWRITTEN);
            return backend.upload(unwritten.buffer(), rows, cols, dtype);
          }
          Values values = hostOutputs.computeIfAbsent(key, k -> new Values(dtype, rows * cols));
          return dtype == DType.F32
              ? backend.share(values.floats(), rows, cols)
              : backend.allocate(new Shape(rows, cols), dtype);
        });
  }

  /** The contents of outputs before the run: no result, so that an element left out shows. */
  static final float UNWRITTEN = -12345.678f;

  @Override
  public void close() {
    matrices.values().forEach(Matrix::close);
    matrices.clear();
  }
}
