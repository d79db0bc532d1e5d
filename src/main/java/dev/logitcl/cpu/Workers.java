package dev.logitcl.cpu;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs the ranges of a job on the calling thread and the common pool. Who runs which range is
 * chance; a range's result must not depend on it.
 */
final class Workers {
  private final int threads;

  Workers(int threads) {
    this.threads = threads;
  }

  int threads() {
    return threads;
  }

  /**
   * Calls {@code range} with 0 to {@code ranges - 1}, in no order, and returns when all are done.
   */
  void run(int ranges, IntConsumer range) {
    int helpers = Math.min(threads, ranges) - 1;
    if (helpers <= 0) {
      for (int i = 0; i < ranges; i++) {
        range.accept(i);
      }
      return;
    }
    Job job = new Job(ranges, range);
    for (int i = 0; i < helpers; i++) {
      ForkJoinPool.commonPool().execute(job);
    }
    job.run();
    job.await();
  }

  /**
   * Ranges that are taken one by one. The caller waits for ranges, not for helpers: a helper that
   * the pool never got round to start finds nothing left, so a busy pool delays nobody.
   */
  private static final class Job implements Runnable {
    private final int ranges;
    private final IntConsumer range;
    private final AtomicInteger next = new AtomicInteger();
    private final CountDownLatch done;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    Job(int ranges, IntConsumer range) {
      this.ranges = ranges;
      this.range = range;
      this.done = new CountDownLatch(ranges);
    }

    @Override
    public void run() {
      for (int i = next.getAndIncrement(); i < ranges; i = next.getAndIncrement()) {
        try {
          if (failure.get() == null) {
            range.accept(i);
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
          // The ranges write into the caller's matrices: returning before they end is no option.
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
