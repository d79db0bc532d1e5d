package dev.logitcl.io;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file that cannot be used as it is: its message is {@code FILE: found .., expected ..}. */
public final class BadFileException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What is quoted of a file is cut here: a message is one line that can be read. */
  private static final int MOST = 200;

  /**
   * A file that is not as it should be.
   *
   * @param file the file, as the user wrote it
   * @param found what it is
   * @param expected what it should be
   */
  public BadFileException(Path file, String found, String expected) {
    super(file + ": found " + plain(found) + ", expected " + expected);
  }

  private BadFileException(Path file, String found, String expected, IOException cause) {
    super(file + ": found " + plain(found) + ", expected " + expected, cause);
  }

  /** What went wrong when {@code file} was opened, in words instead of an exception's name. */
  static BadFileException opening(Path file, String expected, IOException cause) {
    return new BadFileException(file, reason(cause), expected, cause);
  }

  private static String plain(String found) {
    return Printable.of(found.length() > MOST ? found.substring(0, MOST) + "..." : found);
  }

  private static String reason(IOException cause) {
    if (cause instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (cause instanceof AccessDeniedException) {
      return "no permission";
    }
    if (cause instanceof FileSystemException failure && failure.getReason() != null) {
      return "'" + failure.getReason() + "'";
    }
    return "'" + cause.getMessage() + "'";
  }
}
