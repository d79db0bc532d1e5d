package dev.logitcl.examples;

import dev.logitcl.Tensors;
import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.Axes;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.LogSumExp;
import dev.logitcl.op.LogSumExpBackward;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The LogSumExp node of needle, the framework that the course Deep Learning Systems (CMU 10-414,
 * second homework, {@code ops_logarithmic.py}) has its students write:
 *
 * <pre>
 *   compute   f  = m + log sum exp(z - m)      over the axes, m being the maximum over them
 *   gradient  dz = df * exp(z - f)             f and df broadcast back along the axes
 * </pre>
 *
 * <p>The gradient needs the node's input alone: exp(z - f) is the softmax of z, each element's
 * fraction of the sum, whether it is a maximum or not. It is computed as such, exp(z - m) / s, and
 * not from f as it is defined, because f is rounded: an offset that all elements share costs exp(z
 * - f) its digits. For z = [1e8, 1e8, 1e8], f is 1e8 in float32, and each element gets 1 for 1/3.
 * The demo shows both. Derivations that go through m by cases, "the maximum" and the others, are
 * wrong at ties: for z = [1, 1, 0] each of the two has 0.42232, and not 0.845, which is what both
 * of them have together.
 *
 * <p>Axes are counted out, never squeezed: 2 x 1 x 3 over the last axis leaves 2 x 1.
 */
public final class NeedleLogSumExp {
  private final Tensors tensors;
  private final int @Nullable [] axes;

  /** Over all axes, {@code axes=None} in Python. */
  public NeedleLogSumExp(Backend backend) {
    this.tensors = Tensors.on(backend);
    this.axes = null;
  }

  /** Over one axis or several, {@code axes=1} or {@code axes=(0, 2)}; -1 is the last. */
  public NeedleLogSumExp(Backend backend, int... axes) {
    this.tensors = Tensors.on(backend);
    this.axes = axes.clone();
  }

  /** The forward pass: a tensor without the axes. */
  public Tensor compute(Tensor z) {
    Axes over = over(z);
    return new Tensor(tensors.logSumExp(z.values(), over), over.reduced(false));
  }

  /**
   * The backward pass.
   *
   * @param outGrad the gradient of the output, shaped as it is
   * @param z the input
   */
  public Tensor gradient(Tensor outGrad, Tensor z) {
    float[] dz = tensors.logSumExpBackward(z.values(), outGrad.values(), over(z));
    return new Tensor(dz, z.dims());
  }

  /** The backward pass as it is defined, exp(z - f), of one row and an incoming gradient of 1. */
  private static float[] fromOutput(Backend backend, float... z) {
    float[] dz = new float[z.length];
    try (Matrix in = backend.upload(z, 1, z.length);
        Matrix f = backend.allocateColumn(1);
        Matrix df = backend.upload(new float[] {1}, 1, 1)) {
      backend.run(new LogSumExp(in, f));
      backend.run(new LogSumExpBackward(in, f, df, in));
      in.read(dz);
    }
    return dz;
  }

  private Axes over(Tensor z) {
    return axes == null ? Axes.all(z.dims()) : z.axes(axes);
  }

  static List<Check> demo(Backend backend) {
    List<Check> checks = new ArrayList<>();
    // Roundings of values up to 8, of which each is 2^-22: of f, and of the element that meets it.
    double tolerance = 4 * 4 * Check.ROUNDING;

    NeedleLogSumExp all = new NeedleLogSumExp(backend);
    Tensor ties = new Tensor(new float[] {1, 1, 0}, 3);
    Tensor f = all.compute(ties);
    float[] gradient = all.gradient(new Tensor(new float[] {1}), ties).values();
    double tied = Math.E / (2 * Math.E + 1);
    checks.add(new Check("z = [1, 1, 0]: f", f.values()[0], Plain.logSumExp(1, 1, 0), tolerance));
    checks.add(new Check("first 1: 0.42232, not 0.845", gradient[0], tied, tolerance));
    checks.add(new Check("second 1", gradient[1], tied, tolerance));

    Tensor far = new Tensor(new float[] {1e8f, 1e8f, 1e8f}, 3);
    float[] thirds = all.gradient(new Tensor(new float[] {1}), far).values();
    checks.add(new Check("z = [1e8, 1e8, 1e8]: dz, 1/3", thirds[0], 1.0 / 3, tolerance));
    double one = fromOutput(backend, far.values())[0];
    checks.add(new Check("exp(z - f) of a rounded f: 1, not 1/3", one, 1, tolerance));

    Tensor z = new Tensor(Plain.random(2 * 3 * 4, 3, 1), 2, 3, 4);
    checks.addAll(against(all, "axes None", z, tolerance, 0, 1, 2));
    for (int[] axes : new int[][] {{1}, {-1}, {0, 2}}) {
      NeedleLogSumExp node = new NeedleLogSumExp(backend, axes);
      checks.addAll(against(node, "axes " + Arrays.toString(axes), z, tolerance, axes));
    }

    Tensor thin = new Tensor(Plain.random(2 * 3, 3, 2), 2, 1, 3);
    NeedleLogSumExp last = new NeedleLogSumExp(backend, -1);
    checks.addAll(against(last, "2x1x3, axes [-1]", thin, tolerance, -1));
    checks.add(new Check("2x1x3 leaves 2x1: dimensions", last.compute(thin).dims().length, 2, 0));
    float[] itself = new NeedleLogSumExp(backend, 1).compute(thin).values();
    checks.add(Check.all("2x1x3, axes [1]: f is z", itself, Plain.of(thin.values()), 0));
    return checks;
  }

  /** The output against the plain formula, the gradient of {@code <f, g>} against differences. */
  private static List<Check> against(
      NeedleLogSumExp node, String name, Tensor z, double tolerance, int... axes) {
    int[] rows = Plain.rowOfEach(z.dims(), axes);
    double[] at = Plain.of(z.values());
    Tensor f = node.compute(z);
    Tensor g = new Tensor(Plain.random(f.values().length, 1, 3), f.dims());
    double[] differences =
        Plain.gradient(x -> Plain.dot(Plain.logSumExp(x, rows), Plain.of(g.values())), at);
    return List.of(
        Check.all(name + ": f", f.values(), Plain.logSumExp(at, rows), tolerance),
        Check.all(name + ": dz", node.gradient(g, z).values(), differences, tolerance));
  }
}
