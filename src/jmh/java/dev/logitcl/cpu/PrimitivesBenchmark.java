package dev.logitcl.cpu;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The loops of the Java path, each on one row that stays in the cache: nanoseconds for the whole
 * row. A fork has one implementation only, so that calls are bound as in a program.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class PrimitivesBenchmark {
  /** The implementation. */
  @Param({"vector", "scalar"})
  String path;

  /**
   * Elements: a short row, an embedding, a thousand classes, and what fills the L1 and L2 cache.
   */
  @Param({"10", "128", "1000", "4096", "65536"})
  int n;

  private RowPrimitives primitives;
  private float[] x;
  private float[] y;
  private float[] out;
  private float max;
  private final RowState state = new RowState();

  /** Normally distributed logits, and their log-softmax as {@code y}. */
  @Setup
  public void fill() {
    primitives = path.equals("vector") ? Primitives.vector() : Primitives.scalar();
    x = new float[n];
    y = new float[n];
    out = new float[n];
    Random random = new Random(1);
    for (int i = 0; i < n; i++) {
      x[i] = (float) random.nextGaussian() * 3;
    }
    primitives.sumExp(x, 0, n, state);
    max = state.reference;
    primitives.logSoftmax(x, 0, y, 0, n, max, (float) Math.log(state.sum));
    Arrays.fill(out, 0);
  }

  @Benchmark
  public double sumExp() {
    state.clear();
    primitives.sumExp(x, 0, n, state);
    return state.sum;
  }

  @Benchmark
  public double keepExp() {
    state.clear();
    primitives.keepExp(x, 0, out, 0, n, state);
    return state.sum;
  }

  @Benchmark
  public double sum() {
    return primitives.sum(x, 0, n);
  }

  @Benchmark
  public double dot() {
    return primitives.dot(x, 0, y, 0, n);
  }

  @Benchmark
  public float[] exp() {
    primitives.exp(x, 0, out, 0, n, max, 0.5f);
    return out;
  }

  @Benchmark
  public float[] logSoftmax() {
    primitives.logSoftmax(x, 0, out, 0, n, max, 0.5f);
    return out;
  }

  @Benchmark
  public float[] logSoftmaxGradient() {
    primitives.logSoftmaxGradient(y, 0, x, 0, out, 0, n, 0.5f);
    return out;
  }

  @Benchmark
  public float[] softmaxGradient() {
    primitives.softmaxGradient(y, 0, x, 0, out, 0, n, 0.5f);
    return out;
  }
}
