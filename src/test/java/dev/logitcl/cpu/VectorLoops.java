package dev.logitcl.cpu;

import com.sun.management.ThreadMXBean;
import dev.logitcl.lifecycle.Patience;
import dev.logitcl.matrix.DType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/** The loops on vectors by name, and how much each leaves in the heap. */
final class VectorLoops {
  /** Elements of a call. */
  private static final int N = 10_000;

  /** Bytes of a call: a boxed vector is an object for every few elements. */
  static final long LIMIT = N;

  /** Of a tile: as many as N elements have at least. */
  private static final int TERMS = 256;

  private VectorLoops() {}

  /** Prints the bytes of a call, after loops in double precision. */
  public static void main(String[] args) {
    computeInDoublePrecision();
    System.out.println("bytes " + bytesPerCall(of(args[0]), Patience.SECONDS - 30L));
  }

  /** Gives HotSpot profiles of exponentials of doubles. */
  static void computeInDoublePrecision() {
    for (int i = 0; i < 10; i++) {
      bytesPerCall(of("double exp"), 1);
    }
  }

  /** A loop by its name, {@code double exp}, or {@code sumExp} for one on floats. */
  static DoubleSupplier of(String loop) {
    String ofDoubles = "double ";
    return loop.startsWith(ofDoubles) ? doubles(loop.substring(ofDoubles.length())) : floats(loop);
  }

  /**
   * What a call leaves in the heap, once the compiler has made its last version of the loop, which
   * cannot be seen otherwise: as soon as it is little, or else after some seconds.
   */
  static long bytesPerCall(DoubleSupplier call, long seconds) {
    double sum = 0;
    long bytes;
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    do {
      long before = allocated();
      for (int i = 0; i < 100; i++) {
        sum += call.getAsDouble();
      }
      bytes = (allocated() - before) / 100;
    } while (bytes > LIMIT && System.nanoTime() < end);
    if (Double.isNaN(sum)) { // what nobody reads is not computed
      throw new IllegalStateException("NaN");
    }
    return bytes;
  }

  /** What a call leaves in the heap of another JVM. */
  static long bytesPerCallElsewhere(String loop) throws IOException, InterruptedException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules",
            "jdk.incubator.vector",
            "-cp",
            System.getProperty("java.class.path"),
            VectorLoops.class.getName(),
            loop);
    Process child =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String printed = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Patience.sees(child);
    return Long.parseLong(printed.strip().replaceFirst(".*bytes ", ""));
  }

  private static DoubleSupplier doubles(String loop) {
    DoublePrimitives p = Primitives.vector().doubles();
    double[] x = new double[N];
    double[] y = new double[N];
    double[] lost = new double[N];
    TilePrimitives<double[]> tiles = Primitives.vector().doubleTiles();
    float[] floats = new float[N];
    Arrays.setAll(x, k -> k % 97 / 97.0);
    return switch (loop) {
      case "max" -> () -> p.max(x);
      case "exp" -> () -> result(y, () -> p.exp(x, 1, y));
      case "expSum" -> () -> p.expSum(x, 1, y).value();
      case "log1p" -> () -> result(y, () -> p.log1p(x, y));
      case "log" -> () -> result(y, () -> p.log(x, y));
      case "cap" -> () -> result(y, () -> p.cap(x, y, 0.1, 30));
      case "sum" -> () -> p.sum(x).value();
      case "dot" -> () -> p.dot(x, y).value();
      case "shiftedExpSum" -> () -> p.shiftedExpSum(x, 1, 1, y, 0, N - 1).value();
      case "gradient" -> () -> result(y, () -> p.logSoftmaxGradient(x, 1, x, 0, 2, y, 0, N - 1));
      case "centred dot" -> () -> p.centredDot(x, 0, x, 1, 0.5, N - 1, new Total());
      case "softmax gradient" ->
          () -> result(y, () -> p.softmaxGradient(x, 0, x, 1, 0.5, 2, y, 0, N - 1));
      case "replace" -> () -> result(y, () -> p.replace(x, y, 2));
      case "widen" -> () -> result(y, () -> p.widen(floats, 0, y));
      case "narrow" ->
          () -> {
            p.narrow(x, floats, 0);
            return floats[1];
          };
      case "tile" -> () -> result(y, () -> tiles.multiply(x, 0, x, 0, TERMS, y, 0));
      case "tile sum" -> () -> result(y, () -> tiles.add(x, y, lost, 0));
      case "above" -> () -> p.above(x, 0, 2);
      default -> () -> p.countAbove(x, 0, N, 0.5);
    };
  }

  private static DoubleSupplier floats(String loop) {
    RowPrimitives p = Primitives.vector();
    float[] x = new float[N];
    float[] y = new float[N];
    float[] lost = new float[N];
    TilePrimitives<float[]> tiles = p.floatTiles();
    short[] bits = new short[N];
    for (int k = 0; k < N; k++) {
      x[k] = k % 97 / -97f;
    }
    DType type = loop.startsWith("B") ? DType.BF16 : DType.F16;
    RowState state = new RowState();
    return switch (loop) {
      case "sumExp", "keepExp" ->
          () -> {
            state.clear();
            if (loop.equals("keepExp")) {
              p.keepExp(x, 0, y, 0, N, state);
            } else {
              p.sumExp(x, 0, N, state);
            }
            return state.sum;
          };
      case "others" -> () -> p.others(x, 0, N, 0);
      case "exp" -> () -> result(y, () -> p.exp(x, 0, y, 0, N, 0, 1));
      case "gradient" -> () -> result(y, () -> p.logSoftmaxGradient(x, 0, x, 0, y, 0, N, 2));
      case "dot" -> () -> p.dot(x, 0, y, 0, 1024);
      case "max" -> () -> p.floats().max(x, 0, N);
      case "moment" ->
          () -> {
            double[] totals = new double[2];
            p.floats().addMoment(x, 0, N, 0, totals);
            return totals[1];
          };
      case "weigh" ->
          () -> {
            double[] totals = new double[3];
            p.floats().weigh(x, 0, x, 0, N, totals);
            return totals[1];
          };
      case "present" -> () -> result(y, () -> p.floats().present(x, 0, x, 0, y, 0, N));
      case "cap" -> () -> result(y, () -> p.floats().cap(x, 0, y, 0, N, 0.1f, 30));
      case "capSlope" ->
          () ->
              result(
                  y,
                  () -> {
                    y[1] = 1;
                    p.floats().capSlope(x, 0, y, 0, N, 0.1f);
                  });
      case "subtractScaled" ->
          () -> result(y, () -> p.floats().subtractScaled(y, 0, x, 0, 0.5f, N));
      case "logAddExp" -> () -> result(y, () -> p.floats().logAddExp(x, 0, x, 0, y, 0, N));
      case "logAddExp gradient" ->
          () -> result(y, () -> p.floats().logAddExpGradient(x, 0, x, 0, x, 0, y, 0, N));
      case "tile" -> () -> result(y, () -> tiles.multiply(x, 0, x, 0, TERMS, y, 0));
      case "tile sum" -> () -> result(y, () -> tiles.add(x, y, lost, 0));
      case "above" -> () -> p.floats().above(x, 0, N, 2);
      case "count" -> () -> p.floats().countAbove(x, 0, N, -0.5f);
      case "F16 in", "BF16 in" -> () -> result(y, () -> p.widen(type.codec(), bits, 0, y, 0, N));
      default ->
          () -> {
            p.narrow(type.codec(), x, 0, bits, 0, N);
            return bits[1];
          };
    };
  }

  private static float result(float[] y, Runnable call) {
    call.run();
    return y[0];
  }

  private static double result(double[] y, Runnable call) {
    call.run();
    return y[0];
  }

  /** Bytes that this thread has ever taken from the heap. */
  private static long allocated() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }
}
