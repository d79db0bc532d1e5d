package dev.logitcl.contract;

import dev.logitcl.backend.Backend;
import dev.logitcl.bench.OpCase;
import dev.logitcl.matrix.Shape;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A backend under test: opened when it is first used, kept for the tests after. */
final class TestBackend implements AutoCloseable {
  private final String name;
  private final Supplier<Backend> opens;
  private final @Nullable Forced forced;
  private @Nullable Backend backend;

  TestBackend(String name, Supplier<Backend> opens, @Nullable Forced forced) {
    this.name = name;
    this.opens = opens;
    this.forced = forced;
  }

  /**
   * A geometry that is tried before the built-in table.
   *
   * @param geometry its name, as in entry points
   * @param options its options, sorted
   * @param serves which calls it can serve, so that another must not
   */
  record Forced(String geometry, String options, Serves serves) {

    /**
     * Rows of the dispatch table, for all that can be called; not for row_total, which sums losses
     * and which each row for it would build once more.
     */
    String rows() {
      return Stream.of("log_*", "softmax_*", "cross_entropy_*")
          .map(op -> "*\t" + op + "\t*\t*\t" + geometry + "\t" + options + "\n")
          .collect(Collectors.joining());
    }

    /** What a report says when it ran. */
    String variant() {
      return geometry + " " + options;
    }
  }

  /** Which calls a geometry can serve. */
  @FunctionalInterface
  interface Serves {
    boolean call(OpCase opCase, Shape shape);
  }

  Backend get() {
    if (backend == null) {
      backend = opens.get();
    }
    return backend;
  }

  @Nullable Forced forced() {
    return forced;
  }

  @Override
  public void close() {
    if (backend != null) {
      backend.close();
      backend = null;
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
