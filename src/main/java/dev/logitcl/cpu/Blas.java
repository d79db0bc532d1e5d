package dev.logitcl.cpu;

import dev.ludovic.netlib.blas.NativeBLAS;
import java.util.Arrays;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The BLAS of the system (OpenBLAS, MKL, Accelerate), where there is one and the program has {@code
 * dev.ludovic.netlib:blas}, which knows the way to it. It uses as many threads as it is told to by
 * variables of its own.
 */
final class Blas {
  /** The library's class; this class must not be initialised without it. */
  private static final String LIBRARY = "dev.ludovic.netlib.blas.NativeBLAS";

  /** A class of another library, which that one needs. */
  private static final String OF_LIBRARY = "org.netlib.util.booleanW";

  private static final Logger LOG = LoggerFactory.getLogger(Blas.class);

  private static volatile boolean looked;

  private static volatile @Nullable Blas blas;

  private final NativeBLAS netlib;

  private Blas(NativeBLAS netlib) {
    this.netlib = netlib;
  }

  /** A block of a matrix: rows in an array, each {@code stride} elements after the one before. */
  record Block(Object array, int from, int stride) {}

  /** The BLAS; null where there is none, or one that products in Java are faster than. */
  static @Nullable Blas found() {
    if (!looked) {
      look();
    }
    return blas;
  }

  /** Once, when the first product asks for it; again where the JVM was at its limits. */
  private static synchronized void look() {
    if (!looked) {
      try {
        blas = has(LIBRARY) ? find() : null;
        looked = true;
      } catch (VirtualMachineError e) { // no memory left, or a deep stack
        LOG.debug("Could not look for a BLAS", e);
      }
    }
  }

  private static boolean has(String type) {
    try {
      Class.forName(type, false, Blas.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }

  private static @Nullable Blas find() {
    // The library warns of what is no fault: that the system has no BLAS.
    java.util.logging.Logger its =
        java.util.logging.Logger.getLogger("dev.ludovic.netlib.blas.InstanceBuilder");
    Level level = its.getLevel();
    its.setLevel(Level.OFF);
    try {
      Blas candidate = new Blas(NativeBLAS.getInstance());
      double speed = candidate.speed();
      boolean fast = speed >= SLOWEST;
      LOG.info(
          "The system has a BLAS of {} GFLOP/s: matrix products are {}",
          Math.round(speed),
          fast ? "left to it" : "faster in Java");
      return fast ? candidate : null;
    } catch (RuntimeException | LinkageError e) {
      String why =
          has(OF_LIBRARY)
              ? "the system has no libblas.so.3 that can be loaded"
              : "net.sourceforge.f2j:arpack_combined_all is missing on the class path";
      LOG.warn(
          "dev.ludovic.netlib:blas is there, but matrix products are computed in Java: {}", why);
      LOG.debug("It failed", e);
      return null;
    } finally {
      its.setLevel(level);
    }
  }

  /**
   * Operations in a nanosecond. A fast BLAS reaches several times as many on one thread. The
   * reference implementation, which some systems have in its place, uses no vectors and is expected
   * to stay below; it was not measured.
   */
  private static final double SLOWEST = 8;

  /** Operations in a nanosecond, in the best of some products, or in the first that was fast. */
  private double speed() {
    int n = 384; // some milliseconds, in which a busy processor comes round to each thread
    float[] x = new float[n * n];
    Arrays.fill(x, 1);
    float[] y = new float[n * n];
    Block factor = new Block(x, 0, n);
    Block product = new Block(y, 0, n);
    double best = 0;
    for (int i = 0; i < 10 && best < SLOWEST; i++) {
      long begin = System.nanoTime();
      multiply(n, n, n, 1, factor, false, factor, false, 0, product);
      double speed = 2.0 * n * n * n / Math.max(1, System.nanoTime() - begin);
      best = Math.max(best, speed);
    }
    return y[0] == n && y[n * n - 1] == n ? best : 0;
  }

  /**
   * {@code c = alpha a b + beta c}, of blocks of {@code float[]} or of {@code double[]}, each
   * factor as it is or transposed; with a beta of 0, c is not read. One call at a time, for all
   * backends: OpenBLAS makes others wait, too, but then they hold their arrays, and the garbage
   * collector waits for all of them.
   */
  synchronized void multiply(
      int rows,
      int cols,
      int terms,
      double alpha,
      Block a,
      boolean aTransposed,
      Block b,
      boolean bTransposed,
      double beta,
      Block c) {
    // A BLAS has columns where we have rows, so it makes the transpose of c from those of b and a.
    String ofB = bTransposed ? "T" : "N";
    String ofA = aTransposed ? "T" : "N";
    if (c.array() instanceof float[] floats) {
      netlib.sgemm(
          ofB,
          ofA,
          cols,
          rows,
          terms,
          (float) alpha,
          (float[]) b.array(),
          b.from(),
          b.stride(),
          (float[]) a.array(),
          a.from(),
          a.stride(),
          (float) beta,
          floats,
          c.from(),
          c.stride());
    } else {
      netlib.dgemm(
          ofB,
          ofA,
          cols,
          rows,
          terms,
          alpha,
          (double[]) b.array(),
          b.from(),
          b.stride(),
          (double[]) a.array(),
          a.from(),
          a.stride(),
          beta,
          (double[]) c.array(),
          c.from(),
          c.stride());
    }
  }
}
