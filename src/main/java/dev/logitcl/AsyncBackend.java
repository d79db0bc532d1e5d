package dev.logitcl;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.RunReport;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.op.RowOp;
import java.nio.Buffer;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A queue before one backend, for the many threads of a service. Tasks run one after another, in
 * the order in which they were submitted, on a thread that belongs to this object. At most {@code
 * capacity} tasks wait. A thread that submits one more waits for room, in order too, and its task
 * is refused when its patience ends. So memory is bounded, no thread is overtaken, and no caller
 * blocks in a driver: virtual threads only park. A task that submits another one never waits: the
 * new task takes free room at once or is refused.
 *
 * <pre>{@code
 * try (var async = AsyncBackend.on(backend, 64, Duration.ofMillis(100))) {
 *   async.submit(b -> Rows.on(b).logSoftmax(logits, rows, cols))
 *       .orTimeout(1, TimeUnit.SECONDS)
 *       .thenAccept(this::answer);
 * }
 * }</pre>
 *
 * <p><b>Results.</b> A stage completes when its task has ended, with the value that the task
 * returned or the exception that it threw, unwrapped; {@code join()} and {@code get()} wrap an
 * exception, as always. A stage with a value is not lost when the heap is full or the executor
 * fails; one with an exception needs some free bytes, and its completion waits for them. Actions
 * that depend on a stage run on the executor that was given, not on the thread that runs the tasks.
 * With {@code Runnable::run} they do run on that thread, and the tasks behind wait for them.
 *
 * <p><b>Cancelling and timeouts.</b> {@code cancel(false)} and {@code orTimeout} work on the stage
 * that {@link #submit} returns; a stage that was made from it ({@code thenApply}) ends alone. A
 * task that still waits leaves the queue, and its room is free. A task that runs is not stopped,
 * because its arrays and matrices are in use until it has ended; its result is dropped, and closed
 * if it is a {@link Matrix}.
 *
 * <p>A task must not wait for another task of the same queue: it would wait for itself. All methods
 * may be called by several threads at the same time.
 */
public final class AsyncBackend implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AsyncBackend.class);

  /** The patience of {@link #close()}: far more than a queue of calls takes on a working device. */
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
              + ", expected a capacity of 1 or more and a patience that is not negative");
    }
    this.backend = Objects.requireNonNull(backend, "backend");
    this.patience = TimeUnit.NANOSECONDS.convert(patience);
    this.callbacks = Objects.requireNonNull(callbacks, "callbacks");
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
   * Makes a queue before {@code backend} whose stages complete in the executor of {@code
   * CompletableFuture}'s asynchronous methods. That is the common pool, which on two cores may have
   * a single thread: actions that depend on a stage should not wait there.
   *
   * @param backend the backend that computes; it stays the caller's to use, and to close after this
   *     queue
   * @param capacity how many tasks wait at most, besides the one that runs; 1 or more
   * @param patience how long {@link #submit} waits for room before it refuses a task; zero for not
   *     at all
   * @throws IllegalArgumentException for a capacity below 1 or a negative patience
   */
  public static AsyncBackend on(Backend backend, int capacity, Duration patience) {
    return on(backend, capacity, patience, new CompletableFuture<>().defaultExecutor());
  }

  /**
   * Makes a queue before {@code backend} whose stages complete in an executor of the caller's.
   *
   * @param backend the backend that computes; it stays the caller's to use, and to close after this
   *     queue
   * @param capacity how many tasks wait at most, besides the one that runs; 1 or more
   * @param patience how long {@link #submit} waits for room before it refuses a task; zero for not
   *     at all
   * @param callbacks where stages are completed and where actions that depend on them run. {@code
   *     Runnable::run} stands for the thread that runs the tasks: it saves a change of threads, and
   *     suits actions that are short and never wait
   * @throws IllegalArgumentException for a capacity below 1 or a negative patience
   */
  public static AsyncBackend on(
      Backend backend, int capacity, Duration patience, Executor callbacks) {
    return new AsyncBackend(backend, capacity, patience, callbacks);
  }

  /**
   * Puts a task at the end of the queue and returns a stage that completes with its result. The
   * task receives the backend. One task should hold all the calls of a request, so that they stay
   * together. If the queue is full, this method waits for room as long as the patience lasts.
   *
   * @param task receives the backend; its value or exception completes the stage
   * @throws RejectedExecutionException if there is no room when the patience ends, or the waiting
   *     thread is interrupted (its interrupt status is set again); on the thread that runs the
   *     tasks, if there is no room at once
   * @throws IllegalStateException after {@link #close()}
   * @throws NullPointerException if the task is null
   */
  public <T extends @Nullable Object> CompletableFuture<T> submit(Function<Backend, T> task) {
    Task<T> waiting = new Task<>(Objects.requireNonNull(task, "task"));
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
   * Puts an operation at the end of the queue and returns a stage that completes when the operation
   * has run to its end ({@link Backend#run} and {@link Backend#finish}), with what was launched.
   * Several operations of one request are better one task of {@link #submit}, which need not finish
   * between them.
   *
   * @throws RejectedExecutionException if the queue is full, as {@link #submit} says
   * @throws IllegalStateException after {@link #close()}
   */
  public CompletableFuture<RunReport> runAsync(RowOp op) {
    Objects.requireNonNull(op, "op");
    return submit(
        own -> {
          RunReport report = own.run(op);
          own.finish();
          return report;
        });
  }

  /**
   * Copies the whole of an F32 matrix into an array, after the tasks that wait, and returns a stage
   * that completes with the array. The stage fails with an {@link IllegalArgumentException} if the
   * array has another length than rows * cols or the matrix has another element type.
   *
   * @param target receives the elements; not to be read before the stage completes
   * @throws RejectedExecutionException if the queue is full, as {@link #submit} says
   * @throws IllegalStateException after {@link #close()}
   */
  public CompletableFuture<float[]> readAsync(Matrix matrix, float[] target) {
    Objects.requireNonNull(matrix, "matrix");
    Objects.requireNonNull(target, "target");
    return submit(
        own -> {
          matrix.shape().requireLength(target.length);
          matrix.read(0, FloatBuffer.wrap(target));
          return target;
        });
  }

  /**
   * Copies elements of a matrix of any type into a buffer, after the tasks that wait, and returns a
   * stage that completes with the buffer. The stage fails with an {@link IllegalArgumentException}
   * if the matrix has too few elements or the buffer holds another type.
   *
   * @param offset the first element to copy, in the order in memory
   * @param target receives as many elements as it has space remaining; its position does not move
   * @throws RejectedExecutionException if the queue is full, as {@link #submit} says
   * @throws IllegalStateException after {@link #close()}
   */
  public <B extends Buffer> CompletableFuture<B> readAsync(Matrix matrix, long offset, B target) {
    Objects.requireNonNull(matrix, "matrix");
    Objects.requireNonNull(target, "target");
    return submit(
        own -> {
          matrix.read(offset, target);
          return target;
        });
  }

  /** Returns how many tasks wait, not counting the task that runs. */
  public int waiting() {
    return queue.size();
  }

  /**
   * Takes no more tasks and waits up to 30 seconds for those that are there, as {@link
   * #close(Duration)} does.
   */
  @Override
  public void close() {
    close(CLOSING);
  }

  /**
   * Takes no more tasks and returns when all that are there have ended, when the patience ends or
   * when the calling thread is interrupted. In the last two cases the tasks that still wait are
   * cancelled, and the task that runs is interrupted and not waited for. On the thread that runs
   * the tasks this method returns at once. The backend stays open. Closing again only waits once
   * more.
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
    CancellationException reason = new CancellationException();
    int waiting = 0;
    for (Runnable task = queue.poll(); task != null; task = queue.poll()) {
      waiting++;
      ((Task<?>) task).end(null, reason);
    }
    Thread running = thread;
    if (running != null) {
      running.interrupt();
    }
    LOG.debug("{}: closed before a task had ended; {} cancelled", backend.device(), waiting);
  }

  /**
   * A task in the queue, which is the stage of its result; completing it otherwise takes it out.
   * Its completion is made when the task is submitted, because the heap may be full when it ends.
   */
  private final class Task<T extends @Nullable Object> extends CompletableFuture<T>
      implements Runnable {
    /** How long other threads are given to free memory before the next try. */
    private static final long RETRY_NANOS = 1_000_000;

    private final Function<Backend, T> body;
    private final Runnable completion = this::finish;

    private @Nullable T value;
    private @Nullable Throwable failure;

    Task(Function<Backend, T> body) {
      this.body = body;
    }

    @Override
    public void run() {
      if (isDone()) {
        return;
      }
      T result = null;
      Throwable thrown = null;
      try {
        result = body.apply(backend);
      } catch (Throwable e) { // an Error is the caller's to know of, too, and ends no other task
        thrown = e;
      }
      end(result, thrown);
    }

    /** Completes the stage on the executor; on this thread if the executor does not take it. */
    void end(@Nullable T result, @Nullable Throwable thrown) {
      value = result;
      failure = thrown;
      try {
        callbacks.execute(completion);
      } catch (Throwable e) { // it is closed, cannot make a thread, or is broken
        finish();
      }
    }

    /**
     * Tries until it works: where the heap is full, a value needs no memory, and an exception a few
     * bytes. May run twice, because an executor can take the completion and throw all the same.
     */
    private void finish() {
      while (true) {
        try {
          if (failure == null || isDone()) {
            super.complete(value);
          } else {
            super.completeExceptionally(failure);
          }
          boolean delivered = !isCompletedExceptionally() && getNow(null) == value;
          if (value instanceof Matrix matrix && !delivered) {
            matrix.close();
          }
          return;
        } catch (VirtualMachineError e) {
          pause();
        }
      }
    }

    private static void pause() {
      try {
        LockSupport.parkNanos(RETRY_NANOS);
      } catch (VirtualMachineError e) {
        // the first use of a class needs memory, too
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
