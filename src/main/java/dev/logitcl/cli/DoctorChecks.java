package dev.logitcl.cli;

import dev.logitcl.cl.BinaryCache;
import dev.logitcl.cl.NativeLibrary;
import dev.logitcl.files.Environment;
import dev.logitcl.kernel.Overlay;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What can keep a device from being found, apart from its driver: each check looks at one thing.
 */
final class DoctorChecks {
  private DoctorChecks() {}

  /** All checks, in the order in which they are best read. */
  static List<Function<Host, List<Finding>>> all() {
    return List.of(
        DoctorChecks::java,
        host -> nativeLibrary(NativeLibrary.outcome()),
        DoctorChecks::loader,
        DriverChecks::drivers,
        HiddenDevices::variables,
        DoctorChecks::poclCache,
        DoctorChecks::programs,
        DoctorChecks::deviceFiles,
        DoctorChecks::overlay);
  }

  /** The module that the Java path needs to be fast. */
  static List<Finding> java(Host host) {
    String version = "Java " + Runtime.version();
    return List.of(
        host.vectorApi()
            ? Finding.ok("java", version + " with the Vector API")
            : Finding.note(
                "java",
                version + " without the Vector API: the Java path is several times slower",
                "start java with --add-modules jdk.incubator.vector"));
  }

  /** JOCL's native library, through which Java calls the loader. */
  static List<Finding> nativeLibrary(NativeLibrary.Outcome outcome) {
    if (outcome.problem() != null && !outcome.remedy().isEmpty()) {
      return List.of(Finding.problem("native", outcome.problem(), outcome.remedy()));
    }
    String loaded =
        outcome.file().isEmpty()
            ? "JOCL's native library is loaded from where JOCL unpacks it"
            : "JOCL's native library is loaded from " + outcome.file();
    return List.of(
        outcome.passedOver().isEmpty()
            ? Finding.ok("native", loaded)
            : Finding.note(
                "native",
                loaded + ", anew at every start: " + String.join("; ", outcome.passedOver()),
                NativeLibrary.REMEDY));
  }

  /** The library that finds the drivers. */
  static List<Finding> loader(Host host) {
    if (!host.isLinux()) {
      return List.of(
          Finding.note(
              "loader", "on " + host.os() + " nothing is known of loader and drivers", ""));
    }
    Libraries libraries = new Libraries(host);
    for (String name : List.of("libOpenCL.so.1", "libOpenCL.so")) {
      var found = libraries.find(name);
      if (found.isPresent()) {
        return List.of(Finding.ok("loader", found.get()));
      }
    }
    return List.of(
        libraries
            .search("libOpenCL.so")
            .map(
                elsewhere ->
                    Finding.problem(
                        "loader",
                        elsewhere + " is not where the linker looks",
                        "export LD_LIBRARY_PATH="
                            + elsewhere.substring(0, elsewhere.lastIndexOf('/'))))
            .orElse(
                Finding.problem(
                    "loader",
                    "libOpenCL.so.1 is missing",
                    "apt-get install ocl-icd-libopencl1  (Fedora: dnf install ocl-icd)")));
  }

  /** pocl hides its devices (CL_DEVICE_NOT_FOUND) where it cannot keep compiled kernels. */
  static List<Finding> poclCache(Host host) {
    boolean pocl = host.drivers().stream().anyMatch(e -> e.library().contains("libpocl"));
    if (!pocl) {
      return List.of();
    }
    String folder = host.variable("POCL_CACHE_DIR");
    if (folder.isEmpty()) {
      String cache = host.variable("XDG_CACHE_HOME");
      String home = host.variable("HOME");
      folder =
          !cache.isEmpty()
              ? cache + "/pocl"
              : !home.isEmpty() ? home + "/.cache/pocl" : "/tmp/pocl";
    }
    String existing = nearest(folder, host);
    return List.of(
        host.canFill(existing)
            ? Finding.ok("cache", "pocl keeps compiled kernels in " + folder)
            : Finding.problem(
                "cache",
                "pocl cannot write to "
                    + existing
                    + ", where it keeps compiled kernels; its devices then seem not to exist",
                "mkdir -p /tmp/pocl-cache && export POCL_CACHE_DIR=/tmp/pocl-cache"));
  }

  /** The folder, or the nearest one above it that exists. */
  private static String nearest(String folder, Host host) {
    String existing = folder;
    while (!existing.isEmpty() && !host.exists(existing)) {
      existing = existing.substring(0, Math.max(0, existing.lastIndexOf('/')));
    }
    return existing.isEmpty() ? "/" : existing;
  }

  /** Where LogitCL keeps compiled programs. */
  static List<Finding> programs(Host host) {
    Path cache;
    try {
      cache =
          BinaryCache.folder(host.environment(), host.os(), System.getProperty("user.home", ""));
    } catch (InvalidPathException e) {
      return List.of(
          Finding.note(
              "cache", "kernels are compiled at every start", String.valueOf(e.getMessage())));
    }
    if (cache == null) {
      return List.of(
          Finding.note(
              "cache",
              "kernels are compiled at every start: there is no folder to keep them in",
              "name one in " + BinaryCache.VARIABLE));
    }
    String folder = Environment.text(cache);
    String existing = nearest(folder, host);
    if (!host.canFill(existing)) {
      return List.of(
          Finding.note(
              "cache",
              "kernels are compiled at every start: nothing can be written to " + existing,
              "name another folder in " + BinaryCache.VARIABLE));
    }
    List<String> files = host.list(folder, "*.bin");
    long bytes = files.stream().mapToLong(name -> host.size(folder + "/" + name)).sum();
    return List.of(
        Finding.ok(
            "cache",
            "LogitCL keeps compiled kernels in "
                + folder
                + ": "
                + files.size()
                + " files, "
                + Units.bytes(bytes)));
  }

  /** GPUs that are there but belong to a group that the user is not in. */
  static List<Finding> deviceFiles(Host host) {
    List<String> files = new ArrayList<>();
    host.list("/dev/dri", "renderD*").forEach(name -> files.add("/dev/dri/" + name));
    host.list("/dev", "kfd").forEach(name -> files.add("/dev/" + name));
    List<Finding> findings = new ArrayList<>();
    for (String file : files) {
      findings.add(
          host.canWrite(file)
              ? Finding.ok("gpu", file + " can be used")
              : Finding.problem(
                  "gpu",
                  file + " cannot be opened",
                  "sudo usermod -aG render,video $USER, then log in again (a container: docker run"
                      + " --device "
                      + file
                      + " --group-add $(stat -c %g "
                      + file
                      + "))"));
    }
    for (String name : host.list("/dev", "nvidiactl")) {
      if (!host.canWrite("/dev/" + name)) {
        findings.add(
            Finding.problem(
                "gpu", "/dev/" + name + " cannot be opened", "sudo chmod a+rw /dev/nvidia*"));
      }
    }
    return findings;
  }

  /** The rows that {@code tune} wrote for this user. */
  static List<Finding> overlay(Host host) {
    Path file;
    try {
      file = Overlay.path(host.environment(), host.os(), System.getProperty("user.home", ""));
    } catch (InvalidPathException e) {
      return List.of(
          Finding.problem(
              "tuned", "your own rows are passed over", String.valueOf(e.getMessage())));
    }
    if (file == null || !Files.isRegularFile(host.at(Environment.text(file.toAbsolutePath())))) {
      return List.of();
    }
    Overlay.Contents contents = Overlay.read(host.at(Environment.text(file.toAbsolutePath())));
    return List.of(
        contents.problems().isEmpty()
            ? Finding.ok("tuned", contents.rows().size() + " rows of your own in " + file)
            : Finding.problem(
                "tuned",
                contents.problems().get(0),
                "logitcl tune, or mend or delete the line; it is passed over"));
  }
}
