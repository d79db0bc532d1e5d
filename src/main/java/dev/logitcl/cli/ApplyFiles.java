package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.io.BadFileException;
import dev.logitcl.io.NpyHeader;
import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyType;
import dev.logitcl.io.NpyWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The files of {@code apply}, by the options that name them. What is wrong with one is found when
 * it is opened or begun, before anything is computed.
 */
final class ApplyFiles implements Closeable {
  private final ApplyArguments arguments;
  private final Map<String, NpyReader> inputs = new LinkedHashMap<>();
  private final Set<NpyReader> whole = new HashSet<>();
  private final Outputs outputs = new Outputs();
  private final NpyReader x;
  private final List<Long> shape;
  private final RowView view;
  private final NpyType results;

  /**
   * Opens X, or what it is computed of.
   *
   * @throws UsageException if it lacks an axis that the operation is asked to reduce
   */
  ApplyFiles(ApplyArguments arguments, ApplyOperation operation) throws IOException {
    this.arguments = arguments;
    for (OptionSpec input : arguments.inputs()) {
      outputs.input(input.longestName(), input.getValue());
    }
    x = required(operation.input());
    try {
      x.requireFloating();
      results = operation.results(x.header().type());
      shape = operation.shape(this);
      view = RowView.of(x.file(), shape, operation.axes(x));
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  ApplyArguments arguments() {
    return arguments;
  }

  /** X, or the file that has a row for each of X's, of which X is computed. */
  NpyReader x() {
    return x;
  }

  /** X's shape. */
  List<Long> shape() {
    return shape;
  }

  /**
   * Whether rows can be read and written some at a time: all files with rows lie in their order.
   */
  boolean canBeCut() {
    return view.axes().areAdjacent()
        && inputs.values().stream().allMatch(file -> file.isInCOrder() || whole.contains(file));
  }

  /** How many elements a row of the largest input has that is read some rows at a time. */
  long rowElements() {
    NpyReader target = inputs.get("--target"); // larger than what X is computed of, perhaps
    long most = Math.max(x.header().elements(), target == null ? 0 : target.header().elements());
    return most / Math.max(1, view.matrix().rows());
  }

  /** X as rows. */
  RowView view() {
    return view;
  }

  /** An input, whatever is in it; null if it was not given. */
  @Nullable NpyReader input(String option) throws IOException {
    Path file = arguments.file(option);
    NpyReader reader = inputs.get(option);
    if (file != null && reader == null) {
      reader = NpyReader.open(file);
      inputs.put(option, reader);
    }
    return reader;
  }

  /** An input that is always given, whatever is in it. */
  NpyReader required(String option) throws IOException {
    return Objects.requireNonNull(input(option), option);
  }

  /** An input that is always given, without rows: it is read whole. */
  NpyReader whole(String option) throws IOException {
    NpyReader file = required(option);
    whole.add(file);
    return file;
  }

  /** Floating-point numbers of a certain shape; null if they were not given. */
  @Nullable NpyReader input(String option, List<Long> shape, String what) throws IOException {
    NpyReader file = input(option);
    if (file != null) {
      file.requireFloating();
      requireShape(file, shape, what);
    }
    return file;
  }

  /**
   * The incoming gradient; null for ones.
   *
   * @param result its shape
   * @param outputs the options that need it
   */
  @Nullable NpyReader gradOut(List<Long> result, String... outputs) throws IOException {
    arguments.requireOneOf("--grad-out", outputs);
    return input("--grad-out", result, "the shape of the result");
  }

  /**
   * A direction in which X moves, for derivatives; null without.
   *
   * @param outputs the options that need it
   */
  @Nullable NpyReader direction(String... outputs) throws IOException {
    arguments.requireTogether("--direction", outputs);
    return input("--direction", shape(), "the shape of X");
  }

  /** Begins an output of the operation's element type; null if it is not wanted. */
  @Nullable NpyWriter output(String option, List<Long> shape) throws IOException {
    return output(option, results, shape);
  }

  /**
   * Begins an output that many elements add up to; null if it is not wanted. It has the element
   * type of the arithmetic: a half is too small for it, or too coarse.
   */
  @Nullable NpyWriter total(String option, List<Long> shape) throws IOException {
    return output(option, arithmetic(x.header().type()), shape);
  }

  /** The element type that numbers of a type are computed in. */
  static NpyType arithmetic(NpyType type) {
    return type == NpyType.F8 ? NpyType.F8 : NpyType.F4;
  }

  /** Begins an output; null if it is not wanted. */
  @Nullable NpyWriter output(String option, NpyType type, List<Long> shape) throws IOException {
    Path file = arguments.file(option);
    return file == null
        ? null
        : NpyWriter.create(outputs.begin(option, file), NpyHeader.of(type, shape));
  }

  static void requireShape(NpyReader file, List<Long> expected, String what)
      throws BadFileException {
    List<Long> found = file.header().shape();
    if (!found.equals(expected)) {
      throw new BadFileException(
          file.file(), "shape " + NpyHeader.text(found), NpyHeader.text(expected) + ", " + what);
    }
  }

  /** Where the expected shape of another file comes from. */
  String shapeOfX() {
    return "as " + x.file() + " is " + NpyHeader.text(x.header().shape());
  }

  /** Everything is computed in X's type, or float32 for float16. */
  void requireTypeOn(Backend backend) throws BadFileException {
    if (x.header().type() == NpyType.F8 && !backend.device().fp64()) {
      throw new BadFileException(
          x.file(),
          "element type " + x.header().type(),
          "'<f4' or '<f2': " + backend.device() + " does not compute in double precision");
    }
  }

  /** Puts the outputs in their places. */
  void commit() throws IOException {
    outputs.commit();
  }

  @Override
  public void close() throws IOException {
    outputs.close();
    for (NpyReader input : inputs.values()) {
      input.close();
    }
  }
}
