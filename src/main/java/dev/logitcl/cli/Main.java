package dev.logitcl.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.logitcl.cl.SlowBuild;
import dev.logitcl.files.Environment;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.LoggerFactory;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line tool. */
@Command(
    name = "logitcl",
    description =
        "Softmax, log-softmax, logsumexp and cross-entropy on OpenCL devices and in Java.",
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = Version.class,
    subcommands = {
      DevicesCommand.class,
      DoctorCommand.class,
      BenchCommand.class,
      VerifyCommand.class,
      ApplyCommand.class,
      ExplainCommand.class,
      TuneCommand.class,
      QualifyCommand.class,
      DemoCommand.class,
      HelpCommand.class,
      GenerateCompletion.class
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  logitcl devices",
      "  logitcl bench --quick",
      "  logitcl apply softmax --x logits.npy --out probabilities.npy",
      "",
      "Exit codes: 0 done; 1 a check or a run failed; 2 bad usage or bad input."
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
public final class Main {
  /**
   * The system property that says which exit code stands for 0, and the next for 1: a start script
   * then knows that the tool has come to its end, and that no driver has called {@code exit(0)}.
   */
  private static final String FIRST_CODE = "logitcl.exit.first";

  private final DeviceSource devices;

  @Option(
      names = "--debug",
      order = Context.LAST,
      scope = ScopeType.INHERIT,
      description = "Show stack traces of failures.")
  private boolean debug;

  @Option(
      names = {"-v", "--verbose"},
      order = Context.LAST,
      scope = ScopeType.INHERIT,
      description = "Log what is going on; twice for details.")
  private boolean[] verbose = {};

  @Mixin private Context context;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  private boolean version;

  private Main(DeviceSource devices) {
    this.devices = devices;
  }

  /** Runs a command and ends the program with its exit code. */
  public static void main(String[] arguments) {
    CommandLine command = commandLine(DeviceSource.SYSTEM);
    int code = run(command, arguments);
    if (isOutputLost(command.getOut())) {
      System.err.println("logitcl: standard output cannot be written");
      code = Math.max(code, 1);
    }
    System.exit(code + Integer.getInteger(FIRST_CODE, 0));
  }

  /** Whether something that was printed did not arrive, though somebody still reads. */
  private static boolean isOutputLost(PrintWriter out) {
    boolean failed = out.checkError();
    failed |= System.out.checkError();
    if (!failed) {
      return false;
    }
    try (FileOutputStream again = new FileOutputStream(FileDescriptor.out)) {
      again.write('\n');
      return true;
    } catch (IOException e) {
      return !"Broken pipe".equals(e.getMessage()); // as with "| head": the reader has enough
    }
  }

  /** Runs a command; errors of the virtual machine too become one line. */
  static int run(CommandLine command, String... arguments) {
    try {
      return command.execute(arguments);
    } catch (OutOfMemoryError | LinkageError e) {
      return Failures.report(e, command);
    }
  }

  /** The commands, with devices from {@code source}. */
  static CommandLine commandLine(DeviceSource source) {
    CommandLine command = new CommandLine(new Main(source));
    command.setExpandAtFiles(false); // a value that begins with @ is a value
    Failures failures = new Failures();
    command.setParameterExceptionHandler(failures);
    command.setExecutionExceptionHandler(failures);
    command.setExecutionStrategy(
        parsed -> {
          requireKnownCommands(parsed);
          ((Main) command.getCommand()).raiseLogLevel();
          return new CommandLine.RunLast().execute(parsed);
        });
    command.registerConverter(Selector.class, Selector::new);
    command.registerConverter(Path.class, Main::file);
    command.registerConverter(NewFile.class, text -> new NewFile(file(text)));
    command.setUsageHelpAutoWidth(true);
    Optional.ofNullable(command.getSubcommands().get("generate-completion"))
        .ifPresent(hidden -> hidden.getCommandSpec().usageMessage().hidden(true));
    return command;
  }

  /**
   * Refuses the help of a command that is not there. What else is wrong has been refused before,
   * but for a command whose help is asked for.
   */
  private static void requireKnownCommands(ParseResult parsed) {
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    CommandLine command = last.commandSpec().commandLine();
    List<String> unknown = last.unmatched();
    if (!command.getSubcommands().isEmpty()
        && !unknown.isEmpty()
        && !unknown.get(0).startsWith("-")) {
      throw new UnmatchedArgumentException(command, unknown);
    }
  }

  /** A file that the user names. */
  private static Path file(String name) {
    return path(name, Environment::file);
  }

  /** Reads the name of a folder, which may end with a slash. */
  static final class FolderConverter implements ITypeConverter<Path> {
    @Override
    public Path convert(String name) {
      return path(name, Environment::path);
    }
  }

  private static Path path(String name, Function<String, Path> read) {
    try {
      return read.apply(name);
    } catch (InvalidPathException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  DeviceSource devices() {
    return devices;
  }

  boolean debug() {
    return debug;
  }

  private void raiseLogLevel() {
    if (Terminal.isAttended()
        && LoggerFactory.getLogger(SlowBuild.class) instanceof Logger slowBuilds) {
      slowBuilds.setLevel(Level.INFO); // who waits is told for what
    }
    if (verbose.length > 0
        && LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
      root.setLevel(verbose.length == 1 ? Level.INFO : Level.DEBUG);
    }
  }
}
