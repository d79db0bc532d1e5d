package dev.logitcl.cpu;

import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the implementation of the primitives. */
final class Primitives {
  private static final Logger LOG = LoggerFactory.getLogger(Primitives.class);
  private static final String MODULE = "jdk.incubator.vector";
  private static final String VECTOR = "dev.logitcl.cpu.vector.VectorRowPrimitives";
  private static final RowPrimitives SCALAR = new ScalarRowPrimitives();
  private static final AtomicBoolean ADVISED = new AtomicBoolean();

  private Primitives() {}

  /** On vectors where the module is; else plain Java, with one line of advice. */
  static RowPrimitives best() {
    if (hasModule()) {
      return vector();
    }
    if (ADVISED.compareAndSet(false, true)) {
      LOG.warn(
          "The Java path runs without the Vector API, several times slower: pass --add-modules {}"
              + " to java",
          MODULE);
    }
    return SCALAR;
  }

  static RowPrimitives scalar() {
    return SCALAR;
  }

  /**
   * On vectors.
   *
   * @throws IllegalStateException without the module; or if it is there and the class does not
   *     load, which no fallback should hide
   */
  static RowPrimitives vector() {
    if (!hasModule()) {
      throw new IllegalStateException(
          "the Vector API is missing: pass --add-modules " + MODULE + " to java");
    }
    // The module of a program on the module path; a class path reads every module by itself.
    ModuleLayer.boot().findModule(MODULE).ifPresent(Primitives::read);
    try {
      return Class.forName(VECTOR).asSubclass(RowPrimitives.class).getConstructor().newInstance();
    } catch (ReflectiveOperationException | LinkageError | ClassCastException e) {
      throw new IllegalStateException(MODULE + " is there, but " + VECTOR + " does not load", e);
    }
  }

  private static void read(Module module) {
    Primitives.class.getModule().addReads(module);
  }

  static boolean hasModule() {
    return ModuleLayer.boot().findModule(MODULE).isPresent();
  }
}
