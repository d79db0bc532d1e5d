package dev.logitcl.cpu;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs the parts of a job on the calling thread and the common pool. Who runs which part is chance;
 * a part's result must not depend on it.
 */
final class Workers {
  private final int threads;

  Workers(int threads) {
    this.threads = threads;
  }

  int threads() {
    return threads;
  }

  /** Calls {@code part} with 0 to {@code parts - 1}, in no order, and returns when all are done. */
  void run(int parts, IntConsumer part) {
    int helpers = Math.min(threads, parts) - 1;
    if (helpers <= 0) {
      for (int i = 0; i < parts; i++) {
        part.accept(i);
      }
      return;
    }
    Job job = new Job(parts, part);
    for (int i = 0; i < helpers; i++) {
      ForkJoinPool.commonPool().execute(job);
    }
    job.run();
    job.await();
  }

  /**
   * Parts that are taken one by one. The caller waits for parts, not for helpers: a helper that the
   * pool never got round to start finds nothing left, so a busy pool delays nobody.
   */
  private static final class Job implements Runnable {
    private final int parts;
    private final IntConsumer part;
    private final AtomicInteger next = new AtomicInteger();
    private final CountDownLatch done;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    Job(int parts, IntConsumer part) {
      this.parts = parts;
      this.part = part;
      this.done = new CountDownLatch(parts);
    }

    @Override
    public void run() {
      for (int i = next.getAndIncrement(); i < parts; i = next.getAndIncrement()) {
        try {
          if (failure.get() == null) {
            part.accept(i);
          }
        } catch (RuntimeException | Error e) {
          failure.compareAndSet(null, e);
        } finally {
          done.countDown();
        }
      }
    }

    void await() {
      boolean interrupted = false;
      while (true) {
        try {
          done.await();
          break;
        } catch (InterruptedException e) {
          // The parts write into the caller's matrices: returning before they end is no option.
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      Throwable thrown = failure.get();
      if (thrown instanceof Error error) {
        throw error;
      }
      if (thrown instanceof RuntimeException exception) {
        throw exception;
      }
    }
  }
}
