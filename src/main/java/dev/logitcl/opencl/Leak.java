package dev.logitcl.opencl;

import java.lang.ref.Cleaner;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports what was forgotten: an object that the garbage collector takes although it was never
 * closed. It only reports; the memory stays with the backend, because commands may still use it.
 */
final class Leak {
  private static final Logger LOG = LoggerFactory.getLogger(Leak.class);
  private static final Cleaner CLEANER = Cleaner.create();

  private Leak() {}

  /**
   * Watches an object. Neither {@code what} nor {@code closed} may refer to it.
   *
   * @param allocation where it was made, if that is traced
   */
  static Cleaner.Cleanable watch(
      Object object, String what, BooleanSupplier closed, @Nullable Throwable allocation) {
    return CLEANER.register(object, () -> report(what, closed, allocation));
  }

  private static void report(String what, BooleanSupplier closed, @Nullable Throwable allocation) {
    if (closed.getAsBoolean()) {
      return;
    }
    if (allocation == null) {
      LOG.warn("{} was never closed (Options.withTraces() shows where it was made)", what);
    } else {
      LOG.warn("{} was never closed; it was made here:", what, allocation);
    }
  }
}
