package dev.logitcl.io;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/**
 * A file that cannot be used as it is. Its message is one line, {@code FILE: found .., expected
 * ..}.
 */
public final class BadFileException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * The largest number of characters that are quoted of a file: a message is one line that can be
   * read.
   */
  private static final int MOST = 200;

  /**
   * A file that is not as it should be.
   *
   * @param file the file, as the user wrote it
   * @param found a description of the file as it is
   * @param expected a description of the file as it should be
   */
  public BadFileException(Path file, String found, String expected) {
    super(named(file) + ": found " + plain(found) + ", expected " + expected);
  }

  private BadFileException(Path file, String found, String expected, IOException cause) {
    super(named(file) + ": found " + plain(found) + ", expected " + expected, cause);
  }

  /** Returns the failure to open {@code file} in words, without an exception's name. */
  public static BadFileException opening(Path file, String expected, IOException cause) {
    return new BadFileException(file, reason(cause), expected, cause);
  }

  private static String named(Path file) {
    return file.toString().isEmpty() ? "''" : Printable.of(file.toString());
  }

  private static String plain(String found) {
    return Printable.of(found.length() > MOST ? found.substring(0, MOST) + "..." : found);
  }

  /** A failure in words, without an exception's name. */
  static String reason(IOException cause) {
    if (cause instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (cause instanceof FileSystemLoopException
        || (cause instanceof FileSystemException loop
            && loop.getReason() != null
            && loop.getReason().startsWith("Too many levels of symbolic links"))) {
      return "symbolic links that lead in a circle, or too many of them";
    }
    if (cause instanceof AccessDeniedException) {
      return "no permission";
    }
    if (cause instanceof NotDirectoryException) { // its message is the file
      return "'Not a directory'";
    }
    if (cause instanceof FileSystemException failure && failure.getReason() != null) {
      return "'" + failure.getReason() + "'";
    }
    return "'" + cause.getMessage() + "'";
  }
}
