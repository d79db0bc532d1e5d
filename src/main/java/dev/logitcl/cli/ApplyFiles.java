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
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The files of {@code apply}, by the options that name them. What is wrong with one is found when
 * it is opened or begun, before anything is computed.
 */
final class ApplyFiles implements Closeable {
  private final ApplyArguments arguments;
  private final List<NpyReader> inputs = new ArrayList<>();
  private final Outputs outputs = new Outputs();
  private final NpyReader x;
  private final RowView view;

  /**
   * Opens X.
   *
   * @param axes the axes that are reduced; none for the default
   */
  ApplyFiles(ApplyArguments arguments, List<Integer> axes) throws IOException {
    this.arguments = arguments;
    for (OptionSpec input : arguments.inputs()) {
      outputs.input(input.longestName(), input.getValue());
    }
    x = open(arguments.required("--x", "the input"));
    try {
      x.requireFloating();
      view = RowView.of(x.file(), shape(), axes(axes));
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  ApplyArguments arguments() {
    return arguments;
  }

  NpyReader x() {
    return x;
  }

  /** X's shape. */
  List<Long> shape() {
    return x.header().shape();
  }

  /** Whether rows can be read and written some at a time: all files lie in their order. */
  boolean canBeCut() {
    return view.axes().areAdjacent() && inputs.stream().allMatch(NpyReader::isInCOrder);
  }

  /** X as rows. */
  RowView view() {
    return view;
  }

  /** An input, whatever is in it; null if it was not given. */
  @Nullable NpyReader input(String option) throws IOException {
    Path file = arguments.file(option);
    return file == null ? null : open(file);
  }

  /** An input that must be given, whatever is in it. */
  NpyReader required(String option, String expected) throws IOException {
    return open(arguments.required(option, expected));
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

  /** The incoming gradient; null for ones. */
  @Nullable NpyReader gradOut(List<Long> result) throws IOException {
    return input("--grad-out", result, "the shape of the result");
  }

  /**
   * A direction in which X moves, for derivatives; null without.
   *
   * @param outputs the options that need it
   */
  @Nullable NpyReader direction(List<String> outputs) throws IOException {
    arguments.requireOneOf("--direction", outputs);
    outputs.forEach(output -> arguments.requireOneOf(output, List.of("--direction")));
    return input("--direction", shape(), "the shape of X");
  }

  /** Begins an output of X's element type; null if it is not wanted. */
  @Nullable NpyWriter output(String option, List<Long> shape) throws IOException {
    return output(option, x.header().type(), shape);
  }

  /** Begins an output; null if it is not wanted. */
  @Nullable NpyWriter output(String option, NpyType type, List<Long> shape) throws IOException {
    Path file = arguments.file(option);
    return file == null ? null : outputs.begin(option, file, NpyHeader.of(type, shape));
  }

  static void requireShape(NpyReader file, List<Long> expected, String what)
      throws BadFileException {
    List<Long> found = file.header().shape();
    if (!found.equals(expected)) {
      throw new BadFileException(
          file.file(), "shape " + NpyHeader.text(found), NpyHeader.text(expected) + ", " + what);
    }
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
    for (NpyReader input : inputs) {
      input.close();
    }
  }

  private NpyReader open(Path file) throws IOException {
    NpyReader reader = NpyReader.open(file);
    inputs.add(reader);
    return reader;
  }

  /** The axes asked for, or the default. */
  private List<Integer> axes(List<Integer> asked) throws BadFileException {
    ApplyOp op = arguments.op();
    if (asked.size() > 1 && op.hasTargets()) {
      throw UsageException.of("--axis", asked.size() + " axes", "one axis: that of the classes");
    }
    if (asked.size() > 1 && op == ApplyOp.LOG_CUM_SUM_EXP) {
      throw UsageException.of("--axis", asked.size() + " axes", "one axis: that of the sums");
    }
    if (shape().isEmpty() && op.hasTargets()) {
      throw new BadFileException(x.file(), "a single value, shape ()", "an axis of classes");
    }
    if (!asked.isEmpty()) {
      return asked;
    }
    if (shape().isEmpty()) {
      return List.of(); // one row of one element
    }
    return List.of(op.hasTargets() ? Math.min(1, shape().size() - 1) : -1);
  }
}
