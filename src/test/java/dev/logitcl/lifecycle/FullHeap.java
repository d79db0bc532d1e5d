package dev.logitcl.lifecycle;

import static dev.logitcl.lifecycle.Scenario.check;

import dev.logitcl.AsyncBackend;
import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A task of an {@link AsyncBackend} that ends while not a byte of the heap is free. */
final class FullHeap {
  private volatile Object @Nullable [] all;

  /** First with room in the heap: the JVM needs memory when code runs for the first time. */
  void run() {
    try (Backend backend = Backends.cpu();
        AsyncBackend async =
            AsyncBackend.on(backend, 1, Duration.ofDays(1), completion -> completion.run())) {
      Object value = new Object();
      for (int longest : new int[] {0, 1 << 20}) {
        CompletableFuture<Object> stage =
            async.submit(
                own -> {
                  fill(longest);
                  return value;
                });
        while (!stage.isDone()) {
          Thread.onSpinWait(); // needs no memory
        }
        all = null;
        check(stage.join() == value, "ended as the task did");
      }
      check(async.submit(own -> value).join() == value, "the queue goes on");
    }
  }

  private void fill(int longest) {
    for (int length = longest; length > 0; length /= 2) {
      try {
        while (true) {
          Object[] more = new Object[length];
          more[0] = all;
          all = more;
        }
      } catch (OutOfMemoryError e) {
        // the next length
      }
    }
  }
}
