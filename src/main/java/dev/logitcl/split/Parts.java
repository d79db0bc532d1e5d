package dev.logitcl.split;

import dev.logitcl.backend.Backend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Rows that are cut into parts, which backends take one after another, each backend as soon as it
 * is free: a faster backend takes more. Each backend has a thread of its own here; several backends
 * on one device overlap one part's transfers with another part's kernels.
 *
 * <p>Backends of one device get parts of one size, which depends on nothing but the call. Of
 * several devices, each begins with a small part, and then gets some of the rows that are left, in
 * proportion to the rows that it has done per second so far, halved, so that all end at about the
 * same time.
 */
public final class Parts {
  private final List<Backend> backends;
  private final long rows;
  private final long quantum;
  private final long most;
  private final long least;
  private final boolean even;
  private final long[] done;
  private final double[] busy;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private long next;
  private int count;

  /**
   * Some of the rows.
   *
   * @param index its place among the parts, from 0 on
   * @param from its first row
   * @param to the first row behind it
   */
  public record Part(int index, long from, long to) {
    /** Returns how many rows the part has. */
    public long rows() {
      return to - from;
    }
  }

  /**
   * The work on a part.
   *
   * @param <E> the exception that it may throw
   */
  @FunctionalInterface
  public interface Work<E extends Exception> {
    /** Does the work on a part, on a backend that nobody else uses meanwhile. */
    void run(Backend backend, Part part) throws E;
  }

  /**
   * Cuts rows into parts for some backends.
   *
   * @param backends the backends that do the work, at least one
   * @param rows how many rows there are
   * @param quantum every part except the last has a multiple of so many rows
   * @param most rows of a part, at most; a multiple of {@code quantum}
   * @throws IllegalArgumentException if there are no backends or the sizes do not fit
   */
  public Parts(List<Backend> backends, long rows, long quantum, long most) {
    if (backends.isEmpty() || quantum < 1 || most < quantum || most % quantum != 0) {
      throw new IllegalArgumentException(
          backends.size()
              + " backends, parts of at most "
              + most
              + " rows, in steps of "
              + quantum);
    }
    this.backends = List.copyOf(backends);
    this.rows = rows;
    this.quantum = quantum;
    this.most = most;
    this.least = roundUp(most / 8);
    this.even = backends.stream().map(backend -> backend.device().id()).distinct().count() == 1;
    this.done = new long[backends.size()];
    this.busy = new double[backends.size()];
  }

  private long roundUp(long size) {
    return Math.max(quantum, (size + quantum - 1) / quantum * quantum);
  }

  /**
   * Does the work on all parts, and returns when no part is in work any more.
   *
   * @return how many parts there were
   * @throws E the exception of the first part that failed; parts that no backend had begun are left
   *     undone
   */
  public <E extends Exception> int run(Work<E> work) throws E {
    int helpers = (int) Math.min(backends.size(), (rows + least - 1) / least) - 1;
    List<Thread> threads = new ArrayList<>();
    for (int k = 1; k <= helpers; k++) {
      int index = k;
      Thread thread = new Thread(() -> take(index, work), "logitcl-part-" + index);
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    take(0, work);
    join(threads);
    Throwable thrown = failure.get();
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
    if (thrown != null) {
      @SuppressWarnings("unchecked") // what else work may throw is an E
      E checked = (E) thrown;
      throw checked;
    }
    return count;
  }

  private <E extends Exception> void take(int index, Work<E> work) {
    for (Part part = next(index); part != null; part = next(index)) {
      long start = System.nanoTime();
      try {
        work.run(backends.get(index), part);
      } catch (Throwable e) { // also of another thread, which would lose it
        failure.compareAndSet(null, e);
        return;
      }
      note(index, part.rows(), System.nanoTime() - start);
    }
  }

  private synchronized @Nullable Part next(int index) {
    long left = rows - next;
    if (left <= 0 || failure.get() != null) {
      return null;
    }
    long size = even ? most : Math.min(most, Math.max(least, rowsFor(index, left)));
    Part part = new Part(count++, next, next + Math.min(size, left));
    next = part.to();
    return part;
  }

  /** The least for who has done nothing yet: the first rows take the Java path very long. */
  private long rowsFor(int index, long left) {
    if (done[index] == 0) {
      return least;
    }
    double own = done[index] / busy[index];
    double sum = 0;
    for (int k = 0; k < done.length; k++) {
      sum += done[k] == 0 ? own : done[k] / busy[k];
    }
    return roundUp((long) (left * (own / sum) / 2));
  }

  private synchronized void note(int index, long partRows, long nanos) {
    done[index] += partRows;
    busy[index] += Math.max(1, nanos);
  }

  /** Returns how many rows each backend has done. */
  public synchronized long[] done() {
    return Arrays.copyOf(done, done.length);
  }

  private static void join(List<Thread> threads) {
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted =
              true; // a part writes into the caller's memory: leaving it behind is no option
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
