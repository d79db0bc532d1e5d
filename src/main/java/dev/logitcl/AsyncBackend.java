package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.RowOp;
import java.nio.Buffer;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One backend for the many threads of a service. Tasks run one after another on a thread of this
 * object's own, first come, first served; at most {@code capacity} of them wait, and who submits
 * one more waits for room, in order too, and is refused in the end. So memory is bounded, no thread
 * is overtaken, and no caller blocks in a driver: virtual threads only park. What a task itself
 * submits takes free room at once, or is refused.
 *
 * <pre>{@code
 * try (var async = AsyncBackend.on(backend, 64, Duration.ofMillis(100))) {
 *   async.submit(b -> Rows.on(b).logSoftmax(logits, rows, cols))
 *       .orTimeout(1, TimeUnit.SECONDS)
 *       .thenAccept(this::answer);
 * }
 * }</pre>
 *
 * <p><b>Results.</b> A stage completes when its task has ended, with what the task gave or threw,
 * as it is: {@code join()} and {@code get()} wrap an exception, as always. What depends on a stage
 * runs on the executor given, not on the thread that runs the tasks; with {@code Runnable::run} it
 * does run there, and the tasks behind wait for it.
 *
 * <p><b>Cancelling and timeouts</b> are those of the stage that is returned, {@code cancel(false)}
 * and {@code orTimeout}; a stage that was made from it ({@code thenApply}) ends alone, as ever. A
 * task that waits leaves the queue and its room is free. One that runs is not stopped: its arrays
 * and matrices are in use until it has ended, which a task submitted now would wait for; its result
 * is dropped, a {@link Matrix} closed.
 *
 * <p>A task must not wait for another of the same queue, which would be waiting for itself.
 */
public final class AsyncBackend implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AsyncBackend.class);

  /** What {@link #close()} allows: far more than a queue of calls takes on a device that works. */
  private static final Duration CLOSING = Duration.ofSeconds(30);

  private final Backend backend;
  private final long patience;
  private final Executor callbacks;
  private final BlockingQueue<Runnable> queue;
  private final ThreadPoolExecutor worker;

  /** Passed one by one, so that those who wait for room keep their order; only the first waits. */
  private final ReentrantLock door = new ReentrantLock(true);

  private volatile @Nullable Thread thread;

  private AsyncBackend(Backend backend, int capacity, Duration patience, Executor callbacks) {
    if (capacity < 1 || patience.isNegative()) {
      throw new IllegalArgumentException(
          "a capacity of "
              + capacity
              + " and a patience of "
              + patience
              + ", expected 1 or more and no less than nothing");
    }
    this.backend = backend;
    this.patience = TimeUnit.NANOSECONDS.convert(patience);
    this.callbacks = callbacks;
    this.queue = new LinkedBlockingQueue<>(capacity);
    this.worker = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, queue, this::newThread);
    worker.prestartCoreThread();
  }

  /** A daemon: it ends with the JVM, as a backend that is open does. */
  private Thread newThread(Runnable tasks) {
    Thread made = new Thread(tasks, "logitcl-async " + backend.device().id());
    made.setDaemon(true);
    thread = made;
    return made;
  }

  /**
   * A queue before {@code backend}, which stays the caller's to use and to close, after this. What
   * depends on a stage runs where {@code CompletableFuture}'s asynchronous methods would run it: in
   * the common pool, which on two cores may be a single thread, so that nothing there should wait.
   *
   * @param capacity how many tasks wait at most, besides the one that runs
   * @param patience how long {@link #submit} waits for room before it refuses; zero: not at all
   * @throws IllegalArgumentException for a capacity below 1 or a negative patience
   */
  public static AsyncBackend on(Backend backend, int capacity, Duration patience) {
    return on(backend, capacity, patience, new CompletableFuture<>().defaultExecutor());
  }

  /**
   * The same.
   *
   * @param callbacks where stages are completed and what depends on them runs; {@code
   *     Runnable::run}: on the thread that runs the tasks, which spares a change of threads and is
   *     for what is short and never waits
   */
  public static AsyncBackend on(
      Backend backend, int capacity, Duration patience, Executor callbacks) {
    return new AsyncBackend(backend, capacity, patience, callbacks);
  }

  /**
   * Puts a task at the end of the queue: all of a request, so that its parts stay together. It is
   * given the backend. Waits for room as long as the patience lasts.
   *
   * @throws RejectedExecutionException if there is no room by then, or the thread is interrupted;
   *     on the thread that runs the tasks, which stands in no line, if there is none at once
   * @throws IllegalStateException after {@link #close()}
   */
  public <T extends @Nullable Object> CompletableFuture<T> submit(Function<Backend, T> task) {
    Task<T> waiting = new Task<>(task);
    boolean entered =
        !worker.isShutdown() // who comes now need not stand in line behind those who still wait
            && (Thread.currentThread() == thread ? queue.offer(waiting) : enter(waiting));
    if (worker.isShutdown() && (!entered || worker.remove(waiting))) {
      throw new IllegalStateException("the queue of " + backend.device() + " is closed");
    }
    if (!entered) {
      throw new RejectedExecutionException(
          "the queue of " + backend.device() + " is full: " + queue.size() + " tasks wait");
    }
    return waiting;
  }

  private boolean enter(Task<?> task) {
    long start = System.nanoTime();
    try {
      // Nobody is held up for longer than the own patience: those before have as much of it, and
      // came earlier.
      door.lockInterruptibly();
      try {
        long rest = patience - (System.nanoTime() - start);
        return !worker.isShutdown() && queue.offer(task, rest, TimeUnit.NANOSECONDS);
      } finally {
        door.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RejectedExecutionException(
          "interrupted on the way into the queue of " + backend.device(), e);
    }
  }

  /**
   * Runs an operation to its end: {@link Backend#run} and {@link Backend#finish}. Several at a time
   * are better one task, which need not finish between them.
   *
   * @throws RejectedExecutionException as {@link #submit} does
   */
  public CompletableFuture<RunReport> runAsync(RowOp op) {
    return submit(
        own -> {
          RunReport report = own.run(op);
          own.finish();
          return report;
        });
  }

  /**
   * Copies the whole of an F32 matrix into {@code target}, which the stage gives: {@link
   * Matrix#read(float[])}.
   *
   * @throws RejectedExecutionException as {@link #submit} does
   */
  public CompletableFuture<float[]> readAsync(Matrix matrix, float[] target) {
    return submit(
        own -> {
          matrix.shape().requireLength(target.length);
          matrix.read(0, FloatBuffer.wrap(target));
          return target;
        });
  }

  /**
   * Copies elements of a matrix of any type from {@code offset} on into the buffer's remaining
   * space: {@link Matrix#read(long, Buffer)}.
   *
   * @throws RejectedExecutionException as {@link #submit} does
   */
  public <B extends Buffer> CompletableFuture<B> readAsync(Matrix matrix, long offset, B target) {
    return submit(
        own -> {
          matrix.read(offset, target);
          return target;
        });
  }

  /** How many tasks wait, not counting the one that runs. */
  public int waiting() {
    return queue.size();
  }

  /** {@link #close(Duration)} within 30 seconds. */
  @Override
  public void close() {
    close(CLOSING);
  }

  /**
   * Takes no more tasks, finishes those that are there and returns; at the latest when the patience
   * is at its end, or the thread is interrupted. What waits then is cancelled, and the task that
   * runs interrupted, but not waited for. On the thread that runs the tasks it returns at once.
   * Closing again does nothing but wait.
   *
   * @param patience how long the tasks may take; zero cancels all that wait
   */
  public void close(Duration patience) {
    worker.shutdown();
    if (Thread.currentThread() == thread) {
      return;
    }
    try {
      if (!worker.awaitTermination(TimeUnit.NANOSECONDS.convert(patience), TimeUnit.NANOSECONDS)) {
        abandon();
      }
    } catch (InterruptedException e) {
      abandon();
      Thread.currentThread().interrupt();
    }
  }

  private void abandon() {
    int waiting = 0;
    for (Runnable task : worker.shutdownNow()) {
      waiting++;
      end(() -> ((Task<?>) task).cancel(false));
    }
    LOG.debug("{}: closed before a task had ended; {} cancelled", backend.device(), waiting);
  }

  /** Completes a stage where its dependents may run; here rather than never. */
  private void end(Runnable completion) {
    try {
      callbacks.execute(completion);
    } catch (RuntimeException | OutOfMemoryError e) { // it is closed, or cannot make a thread
      completion.run();
    }
  }

  /** A stage that waits in the queue; whatever else completes it takes it out. */
  private final class Task<T extends @Nullable Object> extends CompletableFuture<T>
      implements Runnable {
    private final Function<Backend, T> body;

    Task(Function<Backend, T> body) {
      this.body = body;
    }

    @Override
    public void run() {
      if (isDone()) {
        return;
      }
      Runnable completion;
      try {
        T result = body.apply(backend);
        completion = () -> give(result);
      } catch (Throwable e) { // an Error is the caller's to know of, too, and ends no other task
        completion = () -> super.completeExceptionally(e);
      }
      end(completion);
    }

    private void give(T result) {
      if (!super.complete(result) && result instanceof Matrix matrix) {
        matrix.close();
      }
    }

    // Out of the queue first: what depends on the stage may want the room.

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      worker.remove(this);
      return super.cancel(mayInterruptIfRunning);
    }

    @Override
    public boolean complete(T value) {
      worker.remove(this);
      return super.complete(value);
    }

    @Override
    public boolean completeExceptionally(Throwable failure) {
      worker.remove(this);
      return super.completeExceptionally(failure);
    }

    @Override
    public <U extends @Nullable Object> CompletableFuture<U> newIncompleteFuture() {
      return new CompletableFuture<>();
    }
  }
}
