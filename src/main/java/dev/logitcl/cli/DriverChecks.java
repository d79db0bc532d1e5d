package dev.logitcl.cli;

import dev.logitcl.cl.Vendors;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Drivers: whether the libraries that the loader is told of are there, and which it is not. */
final class DriverChecks {
  /** A driver's library, and the file that makes it known to the loader. */
  private record Vendor(String name, String stem, String icd) {}

  private static final List<Vendor> KNOWN =
      List.of(
          new Vendor("NVIDIA", "libnvidia-opencl.so", "nvidia.icd"),
          new Vendor("AMD", "libamdocl64.so", "amdocl64.icd"),
          new Vendor("Intel", "libigdrcl.so", "intel.icd"),
          new Vendor("pocl", "libpocl.so", "pocl.icd"));

  private DriverChecks() {}

  private static String folder(Host host) {
    return Vendors.folder(host.environment());
  }

  static List<Finding> drivers(Host host) {
    if (!host.isLinux()) {
      return List.of();
    }
    Libraries libraries = new Libraries(host);
    List<Finding> findings = new ArrayList<>();
    List<Vendors.Driver> entries = host.drivers();
    if (entries.isEmpty()
        && !host.exists(folder(host))
        && !folder(host).equals(Vendors.REGISTERED)) {
      findings.add(
          Finding.problem(
              "driver",
              "OCL_ICD_VENDORS is " + folder(host) + ", which does not exist",
              "unset OCL_ICD_VENDORS"));
    }
    for (Vendors.Driver entry : entries) {
      findings.add(examine(host, libraries, entry));
    }
    List<Vendors.Driver> all = new ArrayList<>(entries);
    for (Vendors.Driver registered : Vendors.registered(Vendors.REGISTERED, host.root())) {
      if (all.stream().noneMatch(known -> stem(known).equals(stem(registered)))) {
        findings.add(hidden(host, registered));
      }
      all.add(registered); // it needs no file more
    }
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

  /** The system registers a driver, and a variable tells the loader to look elsewhere. */
  private static Finding hidden(Host host, Vendors.Driver driver) {
    return Finding.note(
        "hidden",
        "OCL_ICD_VENDORS is '"
            + host.variable("OCL_ICD_VENDORS")
            + "': the loader does not read "
            + driver.origin()
            + ", which names "
            + driver.library(),
        "unset OCL_ICD_VENDORS, if that driver is wanted");
  }

  /** The name of a driver's library, without its folder and version. */
  private static String stem(Vendors.Driver driver) {
    String library = driver.library();
    String last = library.substring(library.lastIndexOf('/') + 1);
    return last.contains(".so") ? last.substring(0, last.indexOf(".so") + 3) : last;
  }

  private static Finding examine(Host host, Libraries libraries, Vendors.Driver entry) {
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
    return libraries
        .search(stem(entry))
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
        Files.isDirectory(host.at(folder(host))) || folder(host).equals(Vendors.REGISTERED)
            ? folder(host)
            : Vendors.REGISTERED;
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
