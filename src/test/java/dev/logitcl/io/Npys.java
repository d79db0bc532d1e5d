package dev.logitcl.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** Makes {@code .npy} files, good and bad, for tests. */
public final class Npys {
  private Npys() {}

  /** A file that NumPy wrote. */
  public static Path resource(String name) {
    URL url = Objects.requireNonNull(Npys.class.getResource("/npy/" + name), name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A header in format version 1.0 with this text, and data behind it. */
  public static byte[] bytes(String header, byte[] data) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("\u0093NUMPY\u0001\u0000".getBytes(StandardCharsets.ISO_8859_1));
    out.write(header.length() & 0xff);
    out.write(header.length() >> 8);
    out.writeBytes(header.getBytes(StandardCharsets.ISO_8859_1));
    out.writeBytes(data);
    return out.toByteArray();
  }

  /** A header's text. */
  public static String header(String descr, boolean fortran, String shape) {
    String order = fortran ? "True" : "False";
    return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
  }

  /** A file of float32. */
  public static Path floats(Path file, String shape, float... values) throws IOException {
    return floats(file, false, shape, values);
  }

  /** A file of float32, in Fortran order if wanted; the values as they lie in the file. */
  public static Path floats(Path file, boolean fortran, String shape, float... values)
      throws IOException {
    ByteBuffer data = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    data.asFloatBuffer().put(values);
    return Files.write(file, bytes(header("<f4", fortran, shape), data.array()));
  }

  /** A file of float64. */
  public static Path doubles(Path file, String shape, double... values) throws IOException {
    ByteBuffer data = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    data.asDoubleBuffer().put(values);
    return Files.write(file, bytes(header("<f8", false, shape), data.array()));
  }

  /** A file of int64. */
  public static Path longs(Path file, String shape, long... values) throws IOException {
    ByteBuffer data = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    data.asLongBuffer().put(values);
    return Files.write(file, bytes(header("<i8", false, shape), data.array()));
  }

  /** The values of a file, in C order. */
  public static float[] read(Path file) throws IOException {
    try (NpyReader reader = NpyReader.open(file)) {
      HostMatrix matrix = new HostMatrix(reader.header().elements(), 1);
      reader.readInto(matrix);
      return matrix.values;
    }
  }

  /** The header of a file. */
  public static NpyHeader headerOf(Path file) throws IOException {
    try (NpyReader reader = NpyReader.open(file)) {
      return reader.header();
    }
  }
}
