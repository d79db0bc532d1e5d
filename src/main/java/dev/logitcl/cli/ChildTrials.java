package dev.logitcl.cli;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.backend.DeviceInfo;
import dev.logitcl.bench.Verify;
import dev.logitcl.cl.Loading;
import dev.logitcl.cl.Marks;
import dev.logitcl.cl.Vendors;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Lists and tests devices in child processes, because a driver may end the process that loads it.
 * Where the drivers do not survive being loaded together, each is loaded alone, and the others go
 * on without those that fail.
 */
final class ChildTrials implements DeviceTrials {
  private final Host host;
  private final PrintWriter err;
  private final boolean attended;
  private final Path folder;

  /** What the children's environment has beside this one's, as the drivers that do no harm. */
  private Map<String, String> environment;

  private int children;

  /**
   * Trials in children.
   *
   * @param host where the drivers are registered
   * @param err where it says what a child is at
   * @param attended whether somebody looks at that
   * @param folder an empty folder, which is deleted at the end
   * @param environment what the children's environment has beside this one's
   */
  ChildTrials(
      Host host, PrintWriter err, boolean attended, Path folder, Map<String, String> environment) {
    this.host = host;
    this.err = err;
    this.attended = attended;
    this.folder = folder;
    this.environment = environment;
  }

  /** Trials in children; in this process where there is no room for the files of children. */
  static DeviceTrials of(Host host, DeviceSource source, PrintWriter err) {
    try {
      Path folder = Files.createTempDirectory("logitcl-doctor");
      return new ChildTrials(host, err, Terminal.isAttended(), folder, Map.of());
    } catch (IOException e) {
      err.println("logitcl: drivers are loaded in this process: no temporary folder: " + e);
      err.flush();
      return DeviceTrials.here(source);
    }
  }

  @Override
  public Listing list() {
    List<Finding> findings = new ArrayList<>();
    String before = Loading.problem();
    if (before != null) {
      findings.add(Finding.note("driver", DeviceInfo.PASSED_OVER + before, ""));
    }
    ChildProcess.Outcome outcome = run("loading the drivers", DoctorChild.LIST, environment);
    if (outcome.end() == null) {
      Loading.forget();
    } else {
      outcome = withoutHarm(outcome.end(), findings);
    }
    List<DeviceInfo> devices = new ArrayList<>(outcome.devices());
    for (DeviceInfo device : devices) {
      String problem = Marks.ofThisProcess().problem(device);
      if (problem != null) {
        String text = device + ": " + DeviceInfo.PASSED_OVER + problem;
        findings.add(Finding.note("device", text, "the test below decides whether it stays so"));
      }
    }
    if (devices.isEmpty()) {
      try (Backend java = Backends.cpu()) {
        devices.add(java.device());
      }
    }
    return new Listing(devices, findings);
  }

  /** Finds the drivers at fault, and lists the devices of the others. */
  private ChildProcess.Outcome withoutHarm(String end, List<Finding> findings) {
    List<Vendors.Driver> harmless = new ArrayList<>();
    List<Vendors.Driver> entries = host.drivers();
    for (Vendors.Driver entry : entries) {
      Map<String, String> alone = vendors(List.of(entry));
      String why = run("loading " + entry.library(), DoctorChild.LIST, alone).end();
      if (why == null) {
        harmless.add(entry);
      } else {
        findings.add(Finding.problem("driver", entry.library() + " " + why, remedy(entry)));
      }
    }
    if (harmless.size() == entries.size()) {
      findings.add(
          Finding.problem(
              "driver",
              "loaded together, the drivers " + end + "; each of them can be loaded alone",
              "let OCL_ICD_VENDORS name the .icd file of one of them"));
      return new ChildProcess.Outcome(List.of(), null, end);
    }
    if (harmless.isEmpty()) {
      return new ChildProcess.Outcome(List.of(), null, end);
    }
    environment = vendors(harmless);
    ChildProcess.Outcome others = run("loading the others", DoctorChild.LIST, environment);
    findings.add(
        Finding.note(
            "driver",
            "the devices below are those of the other drivers, which work without that one",
            "mkdir -p ~/icd && cp "
                + String.join(" ", harmless.stream().map(Vendors.Driver::origin).toList())
                + " ~/icd && export OCL_ICD_VENDORS=~/icd"));
    return others;
  }

  private static String remedy(Vendors.Driver entry) {
    return entry.origin().endsWith(".icd")
        ? "install that driver again, or leave it out: sudo mv "
            + entry.origin()
            + " "
            + entry.origin()
            + ".off"
        : "install that driver again, or leave it out of " + entry.origin();
  }

  /** What tells the loader of these drivers alone. */
  private Map<String, String> vendors(List<Vendors.Driver> entries) {
    try {
      Path vendors = Files.createDirectory(folder.resolve("vendors-" + children));
      for (int k = 0; k < entries.size(); k++) {
        Files.writeString(vendors.resolve(k + ".icd"), entries.get(k).library() + "\n");
      }
      Map<String, String> variables = new HashMap<>(environment);
      variables.put("OCL_ICD_VENDORS", vendors.toString());
      variables.put("OCL_ICD_FILENAMES", ""); // unset
      return variables;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Finding test(DeviceInfo device) {
    if (device.kind() == DeviceInfo.Kind.JAVA) {
      return DeviceTest.of(device, Backends::cpu, new Verify.Listener() {});
    }
    ChildProcess.Outcome outcome = run("testing " + device, device.id(), environment);
    Finding finding = outcome.finding();
    Marks marks = Marks.ofThisProcess();
    if (finding == null) {
      String end = outcome.end() == null ? "is there no more" : outcome.end();
      return Finding.problem(
          "test",
          device + ": its driver " + end,
          "install another version of the driver; --device cpu computes on the Java path");
    }
    if (finding.level() != Finding.Level.OK || marks.problem(device) == null) {
      return finding;
    }
    marks.forget(device);
    return Finding.ok(
        finding.subject(), finding.text() + "; Backends.best() passes it over no longer");
  }

  private ChildProcess.Outcome run(String what, String task, Map<String, String> variables) {
    try (Progress progress = Progress.start(what, attended, err)) {
      Path own = Files.createDirectory(folder.resolve("child-" + children++));
      return new ChildProcess(own, variables).run(task, new Waiting(what, progress, attended));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Says what a child is at: in a progress bar, or now and then in a line. */
  private static final class Waiting implements ChildProcess.Listener {
    private static final long SECONDS = 15;

    private final String what;
    private final Progress progress;
    private final boolean attended;
    private long said = System.nanoTime();
    private int tested;
    private int rules;

    Waiting(String what, Progress progress, boolean attended) {
      this.what = what;
      this.progress = progress;
      this.attended = attended;
    }

    @Override
    public void rules(int count) {
      rules = count;
      progress.steps(count);
    }

    @Override
    public void rule(String rule) {
      tested++;
      progress.step(rule);
    }

    @Override
    public void waiting(@Nullable String doing) {
      if (!attended && System.nanoTime() - said > SECONDS * 1_000_000_000L) {
        said = System.nanoTime();
        progress.note(
            what
                + (rules > 0 ? ": " + tested + " of " + rules + " rules" : "")
                + (doing == null ? "" : "; the driver is " + doing));
      }
    }
  }

  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      err.println("logitcl: " + folder + " is left behind: " + e.getMessage());
    }
  }
}
