package dev.logitcl.contract;

import dev.logitcl.backend.Backend;
import dev.logitcl.bench.OpCase;
import dev.logitcl.matrix.Shape;
import dev.logitcl.op.MatrixProduct;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A backend under test: opened when it is first used, kept for the tests after. */
final class TestBackend implements AutoCloseable {
  private final String name;
  private final Supplier<Backend> opens;
  private final @Nullable Forced forced;
  private final boolean buildsPerColumns;
  private @Nullable Backend backend;

  private TestBackend(
      String name, Supplier<Backend> opens, @Nullable Forced forced, boolean buildsPerColumns) {
    this.name = name;
    this.opens = opens;
    this.forced = forced;
    this.buildsPerColumns = buildsPerColumns;
  }

  /** The Java path. */
  static TestBackend java(String name, Supplier<Backend> opens) {
    return new TestBackend(name, opens, null, false);
  }

  /** An OpenCL device with the tables that ship. */
  static TestBackend shipped(String name, Supplier<Backend> opens) {
    return new TestBackend(name, opens, null, true);
  }

  /** An OpenCL device with one geometry before the tables that ship. */
  static TestBackend forced(String name, Supplier<Backend> opens, Forced forced) {
    return new TestBackend(name, opens, forced, true);
  }

  /**
   * A geometry that is tried before the built-in table.
   *
   * @param geometry its name, as in entry points
   * @param options its options, sorted
   * @param serves which calls it can serve, so that another must not
   */
  record Forced(String geometry, String options, Serves serves) {

    /** Products of matrices have a geometry of their own. */
    Forced {
      Serves rows = serves;
      boolean products = geometry.equals("tile_per_item");
      serves =
          (opCase, shape) ->
              (opCase.type() == MatrixProduct.class) == products && rows.call(opCase, shape);
    }

    /**
     * Rows of the dispatch table, for all that can be called; not for row_total, which sums losses
     * and which each row for it would build once more.
     */
    String rows() {
      return Stream.of(
              "log_*",
              "nll_*",
              "softmax_*",
              "cross_entropy_*",
              "expectation_*",
              "weighted_*",
              "matrix_*",
              "token_*")
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

  /**
   * Whether a call is tried here: on a forced geometry what it serves. On OpenCL devices rows of up
   * to 32 columns are another program for each number of columns, which takes pocl a second to
   * build: 17 columns are tried with one of each kind (and others where the geometry is forced).
   */
  boolean isFor(OpCase opCase, Shape shape) {
    if (forced != null) {
      return forced.serves().call(opCase, shape);
    }
    long cols = shape.cols();
    return !buildsPerColumns || cols == 0 || cols > 32 || (cols == 17 && isOneOfItsKind(opCase));
  }

  /** The case of cross-entropy that uses nearly every option. */
  static final String ALL_OPTIONS = "mean, all options";

  /**
   * Of the options of cross-entropy one with every output, one with every option, and one gradient:
   * which outputs there are is a matter of the op, not of the geometry, and each combination is
   * another program that takes pocl half a second to build.
   */
  static boolean isOneOfItsKind(OpCase opCase) {
    if (opCase.op().endsWith("-stats")) {
      return false; // they use of a geometry what other operations use
    }
    if (EXPECTATIONS.contains(opCase.op()) || opCase.pass().endsWith("vp")) {
      return KINDS_OF_SUMS.contains(opCase.name());
    }
    return !opCase.op().equals("cross-entropy")
        || opCase.name().equals("cross-entropy forward+backward (" + ALL_OPTIONS + ")")
        || opCase.name().equals("cross-entropy backward")
        || opCase.variant().equals("mean, with lse, ignoring -100");
  }

  /**
   * Of one of each kind those that are tried in every geometry on pocl, which takes a second or two
   * to build each of them; Oclgrind, which builds faster, runs all cases in every geometry.
   */
  static boolean isForEachGeometry(OpCase opCase) {
    return isOneOfItsKind(opCase) && !EXPECTATIONS.contains(opCase.op());
  }

  private static final Set<String> EXPECTATIONS =
      Set.of("nll", "expectation", "weighted-logsumexp", "log-mean-exp", "log-add-exp");

  /** Picked elements, weighted and plain sums, values per element and per column, masks. */
  private static final Set<String> KINDS_OF_SUMS =
      Set.of(
          "nll backward",
          "expectation backward",
          "expectation forward (shared values)",
          "weighted-logsumexp forward (shared weights, where)");

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
