package dev.logitcl.cl;

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
 * The drivers that the OpenCL loader is told of, on Linux: what must change before a driver that
 * ended the process while it was loaded can be another one.
 *
 * @param libraries the libraries, sorted
 * @param files the files that say which driver it is: the libraries, as far as they are named by
 *     their paths, and the folder that registers drivers for all users
 */
record Vendors(List<String> libraries, List<Path> files) {
  private static final String REGISTERED = "/etc/OpenCL/vendors";

  /** Finds them as the loader does, from environment variables and {@code .icd} files. */
  static Vendors of(Map<String, String> environment) {
    List<String> libraries = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    for (String name : environment.getOrDefault("OCL_ICD_FILENAMES", "").split(":", -1)) {
      if (!name.isBlank()) {
        libraries.add(name);
      }
    }
    String chosen = environment.getOrDefault("OCL_ICD_VENDORS", "");
    try {
      Path folder = Path.of(chosen.isEmpty() ? REGISTERED : chosen);
      if (Files.isDirectory(folder)) {
        addRegistered(folder, libraries);
        if (chosen.isEmpty()) {
          files.add(folder);
        }
      } else if (!chosen.isEmpty()) {
        libraries.add(chosen.endsWith(".icd") ? library(folder) : chosen);
      }
      for (String library : libraries) {
        if (library.startsWith("/")) {
          files.add(Path.of(library));
        }
      }
    } catch (InvalidPathException e) {
      libraries.add(chosen);
    }
    Collections.sort(libraries);
    return new Vendors(libraries, files);
  }

  private static void addRegistered(Path folder, List<String> libraries) {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
      for (Path file : all) {
        if (file.toString().endsWith(".icd")) {
          libraries.add(library(file));
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      libraries.add(folder.toString());
    }
  }

  /** What an {@code .icd} file names; its own name where it cannot be read. */
  private static String library(Path icd) {
    try {
      return Files.readString(icd).strip();
    } catch (IOException e) {
      return icd.toString();
    }
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
