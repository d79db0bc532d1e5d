package dev.logitcl.cli;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Drivers: the {@code .icd} files that the loader reads, and the libraries that they name. */
final class DriverChecks {
  private static final String VENDORS = "/etc/OpenCL/vendors";

  /** A driver's library, and the file that makes it known to the loader. */
  private record Vendor(String name, String stem, String icd) {}

  private static final List<Vendor> KNOWN =
      List.of(
          new Vendor("NVIDIA", "libnvidia-opencl.so", "nvidia.icd"),
          new Vendor("AMD", "libamdocl64.so", "amdocl64.icd"),
          new Vendor("Intel", "libigdrcl.so", "intel.icd"),
          new Vendor("pocl", "libpocl.so", "pocl.icd"));

  /**
   * A driver that the loader is told of.
   *
   * @param origin the file or variable that names it
   * @param library its library, exactly as the loader reads it
   */
  record Entry(String origin, String library) {}

  private DriverChecks() {}

  /** Where the loader looks. */
  private static String folder(Host host) {
    String chosen = host.variable("OCL_ICD_VENDORS");
    return chosen.isEmpty() ? VENDORS : chosen.replaceFirst("(?<=.)/+$", "");
  }

  /** What the loader is told of. */
  static List<Entry> entries(Host host) {
    List<Entry> entries = new ArrayList<>();
    for (String library : host.variable("OCL_ICD_FILENAMES").split(":", -1)) {
      if (!library.isBlank()) {
        entries.add(new Entry("OCL_ICD_FILENAMES", library));
      }
    }
    String folder = folder(host);
    if (Files.isDirectory(host.at(folder))) {
      entries.addAll(registered(host, folder));
    } else if (folder.endsWith(".icd") && host.exists(folder)) {
      entries.add(new Entry(folder, library(host, folder)));
    } else if (folder.contains(".so")) {
      entries.add(new Entry("OCL_ICD_VENDORS", folder));
    }
    return entries;
  }

  /** The first line: the loader reads no other, and takes each character of it for the name. */
  private static String library(Host host, String icd) {
    String text = host.text(icd);
    int end = text.indexOf('\n');
    return end < 0 ? text : text.substring(0, end);
  }

  private static List<Entry> registered(Host host, String folder) {
    return host.list(folder, "*.icd").stream()
        .map(name -> new Entry(folder + "/" + name, library(host, folder + "/" + name)))
        .toList();
  }

  static List<Finding> drivers(Host host) {
    if (!host.isLinux()) {
      return List.of();
    }
    Libraries libraries = new Libraries(host);
    List<Finding> findings = new ArrayList<>();
    List<Entry> entries = entries(host);
    if (entries.isEmpty() && !host.exists(folder(host)) && !folder(host).equals(VENDORS)) {
      findings.add(
          Finding.problem(
              "driver",
              "OCL_ICD_VENDORS is " + folder(host) + ", which does not exist",
              "unset OCL_ICD_VENDORS"));
    }
    for (Entry entry : entries) {
      findings.add(examine(host, libraries, entry));
    }
    // What the system registers is hidden by OCL_ICD_VENDORS, and needs no file more.
    List<Entry> all = new ArrayList<>(entries);
    all.addAll(registered(host, VENDORS));
    for (Vendor vendor : KNOWN) {
      if (all.stream().noneMatch(entry -> entry.library().contains(vendor.stem()))) {
        libraries
            .search(vendor.stem())
            .map(file -> unregistered(host, libraries, vendor, file))
            .ifPresent(findings::add);
      }
    }
    missingNvidia(host, libraries).ifPresent(findings::add);
    if (findings.isEmpty()) {
      findings.add(
          Finding.problem(
              "driver",
              "no OpenCL driver is installed: nothing in " + folder(host),
              "apt-get install pocl-opencl-icd for the processor; for a GPU its vendor's driver"
                  + " (apt-get install intel-opencl-icd, nvidia-opencl-icd, rocm-opencl-runtime)"));
    }
    return findings;
  }

  private static Finding examine(Host host, Libraries libraries, Entry entry) {
    String file = entry.origin();
    if (file.endsWith(".icd") && !host.canRead(file)) {
      return Finding.problem("driver", file + " cannot be read", "sudo chmod a+r " + file);
    }
    String library = entry.library();
    if (library.isEmpty()) {
      boolean more = file.endsWith(".icd") && !host.text(file).isBlank();
      return more
          ? Finding.problem(
              "driver",
              file + " begins with an empty line, and the loader reads the first line alone",
              "sudo sed -i '/./,$!d' " + file)
          : Finding.problem(
              "driver", file + " is empty, expected the name of a library", "sudo rm " + file);
    }
    String name = library.replaceAll("[\\p{Cntrl}\uFEFF\\p{Cs}]", "").strip();
    if (file.endsWith(".icd") && !name.equals(library)) {
      return Finding.problem(
          "driver",
          file
              + " has "
              + (library.endsWith("\r")
                  ? "a carriage return (the end of a line in Windows)"
                  : library.strip().equals(name) ? "a space" : "an invisible character")
              + " beside the name "
              + name
              + ", and the loader looks for a library whose name has it, too",
          "echo " + name + " | sudo tee " + file);
    }
    Optional<String> found = libraries.find(library);
    if (found.isPresent()) {
      return Finding.ok("driver", file + ": " + found.get());
    }
    String text = file + " names " + library + ", which is missing";
    String last = library.substring(library.lastIndexOf('/') + 1);
    String stem = last.contains(".so") ? last.substring(0, last.indexOf(".so") + 3) : last;
    return libraries
        .search(stem)
        .map(
            elsewhere ->
                Finding.problem(
                    "driver",
                    text + "; there is " + elsewhere,
                    file.endsWith(".icd")
                        ? "echo " + elsewhere + " | sudo tee " + file
                        : "export " + file + "=" + elsewhere))
        .orElse(
            Finding.problem(
                "driver",
                text,
                file.endsWith(".icd")
                    ? "install that driver again, or sudo rm " + file
                    : "unset " + file));
  }

  /** The vendor's library is there, but nothing tells the loader: usual in containers. */
  private static Finding unregistered(Host host, Libraries libraries, Vendor vendor, String file) {
    String name = file.substring(file.lastIndexOf('/') + 1);
    String entry = libraries.find(name).isPresent() ? name : file;
    String folder =
        Files.isDirectory(host.at(folder(host))) || folder(host).equals(VENDORS)
            ? folder(host)
            : VENDORS;
    return Finding.problem(
        "driver",
        vendor.name() + "'s library " + file + " is there, but no .icd file names it",
        "mkdir -p "
            + folder
            + " && echo "
            + entry
            + " > "
            + folder
            + "/"
            + vendor.icd()
            + "  (without root: mkdir -p ~/icd && echo "
            + entry
            + " > ~/icd/"
            + vendor.icd()
            + " && export OCL_ICD_VENDORS=~/icd)");
  }

  /** An NVIDIA GPU whose OpenCL library was left out. */
  private static Optional<Finding> missingNvidia(Host host, Libraries libraries) {
    if (!host.exists("/dev/nvidiactl") || libraries.search("libnvidia-opencl.so").isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        Finding.problem(
            "driver",
            "there is an NVIDIA GPU, but not its library libnvidia-opencl.so.1",
            "apt-get install nvidia-opencl-icd; in a container: docker run --gpus all"
                + " -e NVIDIA_DRIVER_CAPABILITIES=compute,utility"));
  }
}
