package dev.logitcl.cli;

import dev.logitcl.cl.Vendors;
import dev.logitcl.files.Environment;
import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/**
 * The machine as {@code doctor} sees it; tests put a folder in the place of the root.
 *
 * @param root where {@code /} is
 * @param environment environment variables
 * @param os name of the operating system
 * @param arch name of the processor's architecture, as Java gives it
 * @param vectorApi whether the module jdk.incubator.vector is there
 * @param access whether a file can be used: for reading, or (true) for reading and writing
 */
record Host(
    Path root,
    Map<String, String> environment,
    String os,
    String arch,
    boolean vectorApi,
    BiPredicate<Path, Boolean> access) {

  /** This machine. */
  static Host local() {
    return new Host(
        Path.of("/"),
        Environment.variables(),
        System.getProperty("os.name", ""),
        System.getProperty("os.arch", ""),
        ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(),
        (file, writing) -> Files.isReadable(file) && (!writing || writable(file)));
  }

  /** A folder is tried: root may write everywhere, and some file systems take no files. */
  private static boolean writable(Path file) {
    if (!Files.isDirectory(file)) {
      return Files.isWritable(file);
    }
    // Not by createTempFile, which looks at the temporary folder too, whose name Java may have
    // lost.
    Path probe =
        file.resolve(".logitcl-" + ProcessHandle.current().pid() + "-" + System.nanoTime());
    try {
      Files.delete(Files.createFile(probe));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  boolean isLinux() {
    return os.startsWith("Linux");
  }

  /** A variable; empty if it is not set. */
  String variable(String name) {
    return environment.getOrDefault(name, "");
  }

  /** Where an absolute path is found; a name that Java has lost is that of no file. */
  Path at(String path) {
    try {
      return root.resolve(Environment.path(path.replaceFirst("^/+", "")));
    } catch (InvalidPathException e) {
      return root.resolve("dev/null/none");
    }
  }

  /** The drivers that the OpenCL loader is told of. */
  List<Vendors.Driver> drivers() {
    return Vendors.of(environment, root).drivers();
  }

  boolean exists(String path) {
    return Files.exists(at(path));
  }

  boolean canRead(String path) {
    return access.test(at(path), false);
  }

  boolean canWrite(String path) {
    return access.test(at(path), true);
  }

  /** Whether files can be made in a folder; not if it is none. */
  boolean canFill(String folder) {
    return Files.isDirectory(at(folder)) && canWrite(folder);
  }

  /** The size of a file in bytes; 0 if there is none. */
  long size(String path) {
    try {
      return Files.size(at(path));
    } catch (IOException e) {
      return 0;
    }
  }

  /** The names in a folder that match a glob, sorted; none if there is no such folder. */
  List<String> list(String folder, String glob) {
    List<String> names = new ArrayList<>();
    if (Files.isDirectory(at(folder))) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(at(folder), glob)) {
        for (Path file : files) {
          String name = Environment.text(file.toAbsolutePath());
          names.add(name.substring(name.lastIndexOf(File.separatorChar) + 1));
        }
      } catch (IOException e) {
        return List.of(); // a folder that cannot be listed
      }
    }
    Collections.sort(names);
    return names;
  }

  /** The lines of a text file, trimmed; none if it cannot be read. */
  List<String> lines(String path) {
    return text(path).lines().map(String::strip).toList();
  }

  /** All of a text file; empty if it cannot be read. */
  String text(String path) {
    try {
      return Environment.text(Files.readAllBytes(at(path)));
    } catch (IOException e) {
      return "";
    }
  }
}
