package dev.logitcl.cl;

import dev.logitcl.files.Environment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** What Linux tells a process about its memory and its file systems; nothing elsewhere. */
final class ProcessFiles {
  private ProcessFiles() {}

  /** Whether a file with a name, in whatever folder, is mapped into this process. */
  static boolean isMapped(String name) {
    return read("maps").contains("/" + name);
  }

  /** Whether the file system of a folder does not let its files be run. */
  static boolean isNoexec(Path folder) {
    try {
      return isNoexec(folder.toRealPath(), read("mountinfo"));
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Whether the file system of a folder does not let its files be run.
   *
   * @param folder its real path
   * @param mounts lines of the format of {@code /proc/self/mountinfo}
   */
  static boolean isNoexec(Path folder, String mounts) {
    int longest = -1;
    boolean noexec = false;
    for (String line : mounts.split("\n", -1)) {
      String[] fields = line.split(" ", -1);
      if (fields.length > 5) {
        try {
          Path point = Environment.path(unescaped(fields[4]));
          // Of mounts in one place the last one is seen.
          if (folder.startsWith(point) && point.getNameCount() >= longest) {
            longest = point.getNameCount();
            noexec = ("," + fields[5] + ",").contains(",noexec,");
          }
        } catch (InvalidPathException e) {
          // a place that Java cannot name is none of its folders
        }
      }
    }
    return noexec;
  }

  /** Space, tab, line feed and backslash stand there as three octal digits. */
  private static String unescaped(String field) {
    return field
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }

  private static String read(String name) {
    try {
      return Environment.text(Files.readAllBytes(Path.of("/proc/self", name)));
    } catch (IOException e) {
      return "";
    }
  }
}
