package dev.logitcl.contract;

import dev.logitcl.backend.Backend;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A backend under test: opened when it is first used, kept for the tests after. */
final class TestBackend implements AutoCloseable {
  private final String name;
  private final Supplier<Backend> opens;
  private @Nullable Backend backend;

  TestBackend(String name, Supplier<Backend> opens) {
    this.name = name;
    this.opens = opens;
  }

  Backend get() {
    if (backend == null) {
      backend = opens.get();
    }
    return backend;
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
