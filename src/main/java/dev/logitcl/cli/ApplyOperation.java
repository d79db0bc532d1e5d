package dev.logitcl.cli;

import dev.logitcl.backend.Backend;
import dev.logitcl.io.BadFileException;
import dev.logitcl.io.NpyReader;
import dev.logitcl.io.NpyType;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** One operation of {@code apply}, with the options that all operations have. */
@Command(sortOptions = false, sortSynopsis = false, footerHeading = "%nExamples:%n")
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
abstract class ApplyOperation implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private Context context;

  @Mixin private DeviceArgument device = new DeviceArgument(Selector.BEST);

  @Option(
      names = "--part-rows",
      paramLabel = "N",
      order = Context.LATER,
      description =
          "How many rows are read, computed and written at a time. Default: as many as take 32 MiB.")
  private @Nullable Long partRows;

  /** What is left to do when all files are open. */
  interface OnDevice {
    /** Loads the inputs, makes the calls, writes the outputs. */
    void run(ApplyDevice device) throws IOException;
  }

  /**
   * Opens inputs and begins outputs: whatever is wrong with them is found here, and no device is
   * needed for it.
   */
  abstract OnDevice open(ApplyFiles files) throws IOException;

  /** The option that names the file whose rows are computed. */
  abstract String input();

  /**
   * The shape of X: that of this file, unless X is computed of it.
   *
   * @throws BadFileException if the files that X is computed of do not fit each other
   */
  List<Long> shape(ApplyFiles files) throws IOException {
    return files.x().header().shape();
  }

  /** The element type of results, except of those that are float32 or int32 for all operations. */
  NpyType results(NpyType input) {
    return input;
  }

  /** Whether several backends can compute parts at the same time: nothing is kept between parts. */
  boolean isParallel() {
    return true;
  }

  /**
   * The axes of X that are a row's columns: the last one, unless the operation says otherwise. A
   * single value has none.
   *
   * @throws UsageException if more axes were asked for than the operation takes
   * @throws BadFileException if X has too few
   */
  List<Integer> axes(NpyReader opened) throws BadFileException {
    return axesOr(-1, List.of(), opened);
  }

  /** The axes that were asked for, or a default. */
  static List<Integer> axesOr(int preset, List<Integer> asked, NpyReader opened) {
    return asked.isEmpty() && !opened.header().shape().isEmpty() ? List.of(preset) : asked;
  }

  /** Refuses more than one axis. */
  static void requireOne(List<Integer> axes, String which) {
    if (axes.size() > 1) {
      throw UsageException.of("--axis", axes.size() + " axes", "one axis: " + which);
    }
  }

  @Override
  public final Integer call() throws IOException {
    ApplyArguments arguments = new ApplyArguments(spec);
    if (partRows != null && partRows < 1) {
      throw UsageException.of("--part-rows", String.valueOf(partRows), "1 or more");
    }
    try (ApplyFiles files = new ApplyFiles(arguments, this)) {
      OnDevice left = open(files);
      ApplyRows rows = new ApplyRows(files, partRows);
      try (Opened opened =
              device
                  .selector()
                  .openForParts(context.devices(), isParallel() && rows.areMany(), context.err());
          Progress progress =
              Progress.start("apply " + spec.name(), Terminal.isAttended(), context.err())) {
        for (Backend backend : opened.backends()) {
          files.requireTypeOn(backend);
        }
        rows.run(left, opened.backends(), progress);
      }
      files.commit();
    }
    return Failures.OK;
  }
}
