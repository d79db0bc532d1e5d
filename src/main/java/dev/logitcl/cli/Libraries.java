package dev.logitcl.cli;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Where the dynamic linker looks for shared libraries. */
final class Libraries {
  /** Folders that vendors use and the linker does not know by itself. */
  private static final List<String> ELSEWHERE =
      List.of(
          "/usr/local/nvidia/lib64",
          "/usr/local/cuda/lib64",
          "/usr/local/cuda/targets/x86_64-linux/lib",
          "/usr/lib/wsl/lib",
          "/usr/lib/nvidia",
          "/opt/rocm/lib",
          "/opt/rocm/opencl/lib",
          "/opt/amdgpu-pro/lib/x86_64-linux-gnu",
          "/opt/intel/opencl",
          "/usr/local/lib",
          "/usr/local/lib64");

  private static final int MAX_INCLUDES = 100; // of one configuration file in another

  private final Host host;
  private final Set<String> folders = new LinkedHashSet<>();
  private int includes;

  Libraries(Host host) {
    this.host = host;
    for (String folder : host.variable("LD_LIBRARY_PATH").split(":", -1)) {
      if (!folder.isBlank()) {
        folders.add(folder);
      }
    }
    addConfigured("/etc/ld.so.conf");
    for (String prefix : List.of("", "/usr")) {
      folders.add(prefix + "/lib/" + triplet());
      folders.add(prefix + "/lib64");
      folders.add(prefix + "/lib");
    }
  }

  /** The folder name that Debian uses for this processor. */
  private String triplet() {
    return switch (host.arch()) {
      case "amd64", "x86_64" -> "x86_64-linux-gnu";
      case "aarch64" -> "aarch64-linux-gnu";
      default -> host.arch() + "-linux-gnu";
    };
  }

  private void addConfigured(String file) {
    if (++includes > MAX_INCLUDES) {
      return;
    }
    for (String line : host.lines(file)) {
      if (line.startsWith("include ")) {
        String pattern = line.substring("include ".length()).strip();
        int slash = pattern.lastIndexOf('/');
        String folder = slash < 0 ? "/etc" : pattern.substring(0, slash);
        for (String name : host.list(folder, pattern.substring(slash + 1))) {
          addConfigured(folder + "/" + name);
        }
      } else if (line.startsWith("/")) {
        folders.add(line);
      }
    }
  }

  /** The file that a name, or an absolute path, leads the linker to. */
  Optional<String> find(String name) {
    if (name.startsWith("/")) {
      return host.exists(name) ? Optional.of(name) : Optional.empty();
    }
    return folders.stream().map(folder -> folder + "/" + name).filter(host::exists).findFirst();
  }

  /** The file whose name begins like this, wherever vendors put it. */
  Optional<String> search(String stem) {
    List<String> all = new ArrayList<>(folders);
    folders.forEach(folder -> all.add(folder + "/intel-opencl"));
    folders.forEach(folder -> all.add(folder + "/pocl"));
    all.addAll(ELSEWHERE);
    for (String folder : all) {
      // The shortest name that has a version is the one that the linker asks for.
      List<String> names = host.list(folder, stem + "*");
      Optional<String> best =
          names.stream()
              .filter(name -> !name.equals(stem))
              .min((a, b) -> a.length() - b.length())
              .or(() -> names.stream().findFirst());
      if (best.isPresent()) {
        return best.map(name -> folder + "/" + name);
      }
    }
    return Optional.empty();
  }
}
