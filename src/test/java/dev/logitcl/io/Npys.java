package dev.logitcl.io;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Half;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
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

  /** A file of float16, each value rounded. */
  public static Path halves(Path file, String shape, double... values) throws IOException {
    ByteBuffer data = ByteBuffer.allocate(values.length * 2).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      data.putShort(Half.of(value));
    }
    return Files.write(file, bytes(header("<f2", false, shape), data.array()));
  }

  /** A file of int64. */
  public static Path longs(Path file, String shape, long... values) throws IOException {
    ByteBuffer data = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    data.asLongBuffer().put(values);
    return Files.write(file, bytes(header("<i8", false, shape), data.array()));
  }

  /** A file of booleans, in Fortran order if wanted; 0 or 1 as they lie in the file. */
  public static Path booleans(Path file, boolean fortran, String shape, int... values)
      throws IOException {
    byte[] data = new byte[values.length];
    for (int k = 0; k < values.length; k++) {
      data[k] = (byte) values[k];
    }
    return Files.write(file, bytes(header("|b1", fortran, shape), data));
  }

  /** The values of a file, in C order. */
  public static float[] read(Path file) throws IOException {
    try (NpyReader reader = NpyReader.open(file)) {
      HostMatrix matrix = new HostMatrix(reader.header().elements(), 1);
      reader.readInto(matrix);
      return matrix.values;
    }
  }

  /** The floating-point values of a file, exactly, in C order. */
  public static double[] readDoubles(Path file) throws IOException {
    try (Backend backend = Backends.cpu();
        NpyReader reader = NpyReader.open(file)) {
      Matrix matrix = backend.allocate(Shape.column(reader.header().elements()), DType.F64);
      reader.readInto(matrix);
      double[] values = new double[(int) reader.header().elements()];
      matrix.read(values);
      return values;
    }
  }

  /** The indices in a file. */
  public static int[] readIndices(Path file) throws IOException {
    try (NpyReader reader = NpyReader.open(file)) {
      return reader.readIndices();
    }
  }

  /** The header of a file. */
  public static NpyHeader headerOf(Path file) throws IOException {
    try (NpyReader reader = NpyReader.open(file)) {
      return reader.header();
    }
  }
}
