package dev.logitcl.cl;

import dev.logitcl.files.Environment;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The drivers that the OpenCL loader is told of, on Linux, from environment variables and {@code
 * .icd} files.
 *
 * @param drivers the drivers
 * @param files the files of which one must change before a driver can be another one: the
 *     libraries, as far as it is known where they are; the dynamic linker's list of all libraries,
 *     for those that are named without a folder; and the folder that registers drivers for all
 *     users
 */
public record Vendors(List<Driver> drivers, List<Path> files) {
  /** The folder that registers drivers for all users. */
  public static final String REGISTERED = "/etc/OpenCL/vendors";

  /** The dynamic linker's list of all libraries, which is written anew when one is installed. */
  private static final String LINKER = "/etc/ld.so.cache";

  private static final String ICD = ".icd";

  /**
   * A driver that the loader is told of.
   *
   * @param origin the file or variable that names it
   * @param library its library, exactly as the loader reads it
   */
  public record Driver(String origin, String library) {}

  /**
   * Finds them as the loader does.
   *
   * @param environment environment variables
   * @param root where {@code /} is
   */
  public static Vendors of(Map<String, String> environment, Path root) {
    List<Driver> drivers = new ArrayList<>();
    for (String library : list(environment, "OCL_ICD_FILENAMES")) {
      drivers.add(new Driver("OCL_ICD_FILENAMES", library));
    }
    List<Path> files = new ArrayList<>();
    String folder = folder(environment);
    try {
      if (Files.isDirectory(at(root, folder))) {
        drivers.addAll(registered(folder, root));
        if (folder.equals(REGISTERED)) {
          files.add(at(root, folder));
        }
      } else if (folder.endsWith(ICD) && Files.exists(at(root, folder))) {
        drivers.add(new Driver(folder, library(at(root, folder))));
      } else if (folder.contains(".so")) {
        drivers.add(new Driver("OCL_ICD_VENDORS", folder));
      }
      for (Driver driver : drivers) {
        addFiles(driver.library(), environment, root, files);
      }
    } catch (InvalidPathException e) {
      // a name that Java has lost is that of no file
    }
    return new Vendors(drivers, files);
  }

  /** Where the loader looks. */
  public static String folder(Map<String, String> environment) {
    String chosen = environment.getOrDefault("OCL_ICD_VENDORS", "");
    return chosen.isEmpty() ? REGISTERED : chosen.replaceFirst("(?<=.)/+$", "");
  }

  /** The drivers that the {@code .icd} files of a folder name, by the files' names. */
  public static List<Driver> registered(String folder, Path root) {
    List<Driver> drivers = new ArrayList<>();
    if (!Files.isDirectory(at(root, folder))) {
      return drivers;
    }
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(at(root, folder))) {
      for (Path file : all) {
        String name = Environment.text(file.toAbsolutePath());
        if (name.endsWith(ICD)) {
          names.add(name.substring(name.lastIndexOf('/') + 1));
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return drivers; // a folder that cannot be listed
    }
    Collections.sort(names);
    for (String name : names) {
      String origin = folder + "/" + name;
      drivers.add(new Driver(origin, library(at(root, origin))));
    }
    return drivers;
  }

  private static List<String> list(Map<String, String> environment, String variable) {
    List<String> names = new ArrayList<>();
    for (String name : environment.getOrDefault(variable, "").split(":", -1)) {
      if (!name.isBlank()) {
        names.add(name);
      }
    }
    return names;
  }

  private static Path at(Path root, String path) {
    return path.startsWith("/")
        ? root.resolve(Environment.path(path.replaceFirst("^/+", "")))
        : Environment.path(path);
  }

  /** The first line: the loader reads no other, and takes each character of it for the name. */
  private static String library(Path icd) {
    try {
      String text = Environment.text(Files.readAllBytes(icd));
      int end = text.indexOf('\n');
      return end < 0 ? text : text.substring(0, end);
    } catch (IOException e) {
      return "";
    }
  }

  private static void addFiles(
      String library, Map<String, String> environment, Path root, List<Path> files) {
    if (library.startsWith("/")) {
      files.add(at(root, library));
    } else if (!library.isEmpty()) {
      files.add(at(root, LINKER));
      for (String folder : list(environment, "LD_LIBRARY_PATH")) {
        files.add(at(root, folder + "/" + library));
      }
    }
  }

  /** The libraries, sorted. */
  List<String> libraries() {
    List<String> libraries = new ArrayList<>();
    for (Driver driver : drivers) {
      libraries.add(driver.library());
    }
    Collections.sort(libraries);
    return libraries;
  }

  /** Whether one of the files was put there after a time, as far as the file system tells. */
  boolean changedAfter(Instant time) {
    for (Path file : files) {
      if (put(file).isAfter(time)) {
        return true;
      }
    }
    return false;
  }

  /** Not the time of modification: packages give their files the time of their build. */
  private static Instant put(Path file) {
    try {
      return ((FileTime) Files.getAttribute(file, "unix:ctime")).toInstant();
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return Instant.EPOCH; // missing, or on a system without this time
    }
  }
}
