package dev.logitcl.cl;

import org.jspecify.annotations.Nullable;

/**
 * One owner for one native object: closing is idempotent, and use after close throws instead of
 * reaching the driver, which would end the JVM. Guarded by its {@link ClQueue}'s monitor.
 */
abstract class Handle implements AutoCloseable {
  private final String what;
  private volatile @Nullable String closedBy;

  Handle(String what) {
    this.what = what;
  }

  final void requireOpen() {
    String by = closedBy;
    if (by != null) {
      throw new IllegalStateException(what + " was closed by thread " + by);
    }
  }

  public final boolean isClosed() {
    return closedBy != null;
  }

  @Override
  public final void close() {
    synchronized (guard()) {
      if (closedBy == null) {
        closedBy = Thread.currentThread().getName();
        release();
      }
    }
  }

  /** The queue whose monitor guards this object. */
  abstract Object guard();

  /** Gives the native object back; called once. */
  abstract void release();
}
