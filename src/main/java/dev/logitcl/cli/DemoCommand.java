package dev.logitcl.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import dev.logitcl.backend.Backend;
import dev.logitcl.examples.Check;
import dev.logitcl.examples.Example;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code demo}: the worked examples. */
@Command(
    name = "demo",
    description = {
      "Runs a worked example: a system from the literature on a device, its values and gradients"
          + " beside plain formulas and finite differences in double precision. Without a name it"
          + " lists them."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  logitcl demo",
      "  logitcl demo softargmax",
      "  logitcl demo mixture-autoencoder --device opencl:0",
      "",
      "Exit code 1 if a value is not what it should be or a device fails."
    })
@SuppressWarnings({"NullAway.Init", "UnusedVariable"}) // picocli uses the annotated fields
final class DemoCommand implements Callable<Integer> {
  private static final int LONGEST = 100;

  @Mixin private Context context;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "NAME",
      completionCandidates = Names.class,
      description = "One of ${COMPLETION-CANDIDATES}.")
  private @Nullable String name;

  @Mixin private DeviceArgument device = new DeviceArgument(Selector.BEST);

  /** The examples' names, also for shell completion. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Example.all().stream().map(Example::name).iterator();
    }
  }

  @Override
  public Integer call() {
    PrintWriter out = context.out();
    if (name == null) {
      Example.all().forEach(one -> out.printf("%-24s %s%n", one.name(), one.summary()));
      out.flush();
      return Failures.OK;
    }
    Example example = find(name);
    boolean good = true;
    try (Opened opened = device.open(context)) {
      for (Backend backend : opened.backends()) {
        good &= run(example, backend, out);
      }
      good &= opened.failures() == 0;
    }
    return good ? Failures.OK : Failures.FAILED;
  }

  private static Example find(String name) {
    return Example.all().stream()
        .filter(example -> example.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                UsageException.of(
                    "NAME",
                    "'" + name + "'",
                    Example.all().stream().map(Example::name).collect(Collectors.joining(", "))));
  }

  private static boolean run(Example example, Backend backend, PrintWriter out) {
    List<Check> checks = example.run(backend);
    long good = checks.stream().filter(Check::ok).count();
    out.println(example.name() + ": " + example.summary());
    out.println(table(checks));
    out.println(good + " of " + checks.size() + " values are right on " + backend.device() + "\n");
    out.flush();
    return good == checks.size();
  }

  private static String table(List<Check> checks) {
    return AsciiTable.builder()
        .border(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS_NO_OUTSIDE_BORDER)
        .lineSeparator("\n")
        .data(
            checks,
            List.of(
                column("value", HorizontalAlign.LEFT).with(Check::what),
                column("is", HorizontalAlign.RIGHT).with(check -> number(check.value())),
                column("should be", HorizontalAlign.RIGHT).with(check -> number(check.expected())),
                column("within", HorizontalAlign.RIGHT)
                    .with(check -> Units.error(check.tolerance())),
                column("", HorizontalAlign.LEFT).with(check -> check.ok() ? "ok" : "WRONG")))
        .asString();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.8f", value);
  }

  private static Column column(String header, HorizontalAlign align) {
    return new Column().header(header).headerAlign(align).dataAlign(align).maxWidth(LONGEST);
  }
}
