package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.BackendException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** The devices that a command works on, open; those that fail to open are noted and counted. */
final class Opened implements AutoCloseable {
  private final List<Backend> backends = new ArrayList<>();
  private int failures;

  /**
   * Opens what a selector means.
   *
   * @throws UsageException if it means nothing usable
   */
  static Opened open(Selector selector, DeviceSource source, PrintWriter err) {
    Opened opened = new Opened();
    for (Selector.Choice choice : selector.choose(source)) {
      try {
        opened.backends.add(choice.open());
      } catch (BackendException e) {
        opened.failures++;
        err.println("logitcl: " + e.getMessage());
      } catch (RuntimeException e) {
        opened.close();
        throw e;
      }
    }
    err.flush();
    return opened;
  }

  /** Opens each of these; a failure is the caller's. */
  static Opened of(List<Selector.Choice> choices) {
    Opened opened = new Opened();
    try {
      choices.forEach(choice -> opened.backends.add(choice.open()));
      return opened;
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  List<Backend> backends() {
    return backends;
  }

  /** How many could not be opened. */
  int failures() {
    return failures;
  }

  @Override
  public void close() {
    for (int i = backends.size() - 1; i >= 0; i--) {
      backends.get(i).close();
    }
  }
}
