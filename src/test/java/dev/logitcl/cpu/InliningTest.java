package dev.logitcl.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.logitcl.lifecycle.Patience;
import dev.logitcl.matrix.DType;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.net.URL;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.DoubleSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The loops that C2 must not inline into their callers, or it may box their vectors. */
@Tag("java-path")
class InliningTest {
  /** HotSpot's FreqInlineSize on x86-64 and AArch64. */
  private static final int LARGEST_INLINED = 325;

  private static final int N = 10_000;

  /** Of a tile: as many as N elements have at least. */
  private static final int TERMS = 256;

  @ParameterizedTest
  @CsvSource({
    "VectorRowPrimitives, sumExp1",
    "VectorRowPrimitives, keepExp1",
    "VectorRowPrimitives, exp1",
    "VectorRowPrimitives, logSoftmaxGradient1",
    "VectorFloatPrimitives, moment1",
    "VectorFloatPrimitives, logAddExp1",
    "VectorFloatPrimitives, gradient1",
    "VectorFloatPrimitives, cap1",
    "VectorFloatPrimitives, capSlope1",
    "VectorDoublePrimitives, cap1",
    "VectorDoublePrimitives, exp1",
    "VectorDoublePrimitives, expSum1",
    "VectorDoublePrimitives, log1",
    "VectorDoublePrimitives, log2",
    "VectorFloatTiles, multiply1",
    "VectorDoubleTiles, multiply1",
    "VectorShortRowPrimitives, turnedSumExp",
    "VectorShortRowPrimitives, log1"
  })
  void loopIsTooLargeToBeInlined(String type, String method) {
    Matcher body =
        Pattern.compile(" " + method + "\\(.*?\\R\\R", Pattern.DOTALL).matcher(bytecode(type));
    assertTrue(body.find(), method);
    Matcher end = Pattern.compile("(\\d+): [ifd]?return\\R").matcher(body.group());
    assertTrue(end.find(), method);
    int size = Integer.parseInt(end.group(1)) + 1;
    assertTrue(size > LARGEST_INLINED, method + " has " + size + " bytes");
  }

  /** A vector that is boxed is an object for every few elements. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "max",
        "exp",
        "expSum",
        "log1p",
        "log",
        "cap",
        "sum",
        "dot",
        "replace",
        "above",
        "count",
        "widen",
        "narrow",
        "tile",
        "tile sum"
      })
  void noVectorIsBoxed(String loop) {
    assumeTrue(PrimitivesUnderTest.hasVector());
    noVectorIsBoxed(doubles(loop));
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

  /**
   * After loops in double precision, of which HotSpot keeps other profiles: with two vectors of
   * exponentials in a pass, one was boxed then, and softmax took four times as long.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "sumExp",
        "keepExp",
        "others",
        "exp",
        "gradient",
        "dot",
        "max",
        "moment",
        "weigh",
        "present",
        "subtractScaled",
        "cap",
        "capSlope",
        "logAddExp",
        "logAddExp gradient",
        "above",
        "count",
        "tile",
        "tile sum",
        "F16 in",
        "F16 out",
        "BF16 in",
        "BF16 out"
      })
  void noVectorOfFloatsIsBoxed(String loop) {
    assumeTrue(PrimitivesUnderTest.hasVector());
    DoubleSupplier exp = doubles("exp");
    double sum = 0;
    for (int i = 0; i < 1000; i++) {
      sum += exp.getAsDouble();
    }
    assertFalse(Double.isNaN(sum));
    noVectorIsBoxed(floats(loop));
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

  private static void noVectorIsBoxed(DoubleSupplier call) {
    // Until the compiler has made its last version of the loop, which this cannot see otherwise.
    assertTimeoutPreemptively(
        Duration.ofSeconds(Patience.SECONDS),
        () -> {
          double sum = 0;
          long before;
          do {
            before = allocated();
            for (int i = 0; i < 100; i++) {
              sum += call.getAsDouble();
            }
          } while ((allocated() - before) / 100 > N);
          assertFalse(Double.isNaN(sum)); // what nobody reads is not computed
        },
        "vectors are boxed");
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

  private static String bytecode(String type) {
    URL file = InliningTest.class.getResource("/dev/logitcl/cpu/vector/" + type + ".class");
    assertNotNull(file, type);
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    ToolProvider javap = ToolProvider.findFirst("javap").orElseThrow();
    assertEquals(0, javap.run(out, out, "-c", "-private", file.toString()), text::toString);
    return text.toString();
  }
}
