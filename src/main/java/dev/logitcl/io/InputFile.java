package dev.logitcl.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file that the user names, as input. A pipe would block who reads it, and a device may never
 * end, so neither is read.
 */
public final class InputFile {
  private InputFile() {}

  /**
   * Checks that a path is no folder, device or pipe. A file that is not there passes: opening it
   * tells.
   *
   * @param expected what the file should be, for the message
   * @throws BadFileException if it is one of these
   */
  public static void requireRegular(Path file, String expected) throws BadFileException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      String what = Files.isDirectory(file) ? "a folder" : "a device or a pipe";
      throw new BadFileException(file, what, expected);
    }
  }

  /**
   * Reads a whole file.
   *
   * @param most the largest number of bytes that it may have
   * @param expected what the file should be, for the message
   * @throws BadFileException if it cannot be read or is larger
   */
  public static byte[] read(Path file, int most, String expected) throws BadFileException {
    requireRegular(file, expected);
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(most + 1);
    } catch (IOException e) {
      throw BadFileException.opening(file, expected, e);
    }
    if (bytes.length > most) {
      throw new BadFileException(
          file, "more than " + most + " bytes", expected + ", of at most so many bytes");
    }
    return bytes;
  }

  /**
   * Reads a whole file as text in UTF-8.
   *
   * @param most the largest number of bytes that it may have
   * @param expected what the file should be, for the message
   * @throws BadFileException if it cannot be read, is larger or is no such text
   */
  public static String readText(Path file, int most, String expected) throws BadFileException {
    byte[] bytes = read(file, most, expected);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new BadFileException(file, "no text in UTF-8", expected);
    }
  }
}
