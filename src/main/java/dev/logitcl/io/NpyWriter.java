package dev.logitcl.io;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Values;
import java.io.Closeable;
import java.io.IOException;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A writer of one {@code .npy} file. The file appears as a whole when {@link #commit} is called, or
 * not at all: a writer that is closed without it leaves nothing. Whoever creates a writer closes
 * it.
 */
public final class NpyWriter implements Closeable {
  private final WholeFile whole;
  private final NpyHeader header;
  private final long dataStart;

  private NpyWriter(WholeFile whole, NpyHeader header, long dataStart) {
    this.whole = whole;
    this.header = header;
    this.dataStart = dataStart;
  }

  /**
   * Begins a file with an array in C order. The caller closes the writer.
   *
   * @param file where the file is to appear, as {@link WholeFile} says
   * @param header type and shape of the array: floating-point numbers or int32, in C order
   * @throws IllegalArgumentException if the header has another type or Fortran order
   * @throws BadFileException if no file can be written there
   * @throws IOException if writing fails
   */
  public static NpyWriter create(Path file, NpyHeader header) throws IOException {
    return create(WholeFile.create(file), header);
  }

  /**
   * Begins an array in C order as the contents of a file, which the writer closes.
   *
   * @param whole the file, empty
   * @param header type and shape of the array: floating-point numbers or int32, in C order
   * @throws IllegalArgumentException if the header has another type or Fortran order
   * @throws IOException if writing fails
   */
  public static NpyWriter create(WholeFile whole, NpyHeader header) throws IOException {
    boolean known = header.type().isFloating() || header.type() == NpyType.I4;
    if (!known || header.fortranOrder()) {
      whole.close();
      throw new IllegalArgumentException(
          "only floating-point and int32 arrays in C order are written");
    }
    try {
      byte[] start = header.encode();
      whole.write(ByteBuffer.wrap(start));
      return new NpyWriter(whole, header, start.length);
    } catch (IOException | RuntimeException e) {
      whole.close();
      throw e;
    }
  }

  /** Returns the file, as the user wrote it. */
  public Path file() {
    return whole.file();
  }

  /** Returns the file's header. */
  public NpyHeader header() {
    return header;
  }

  /**
   * Writes the data of the whole array: all elements of a matrix, in the order in memory, rounded
   * to the file's type.
   *
   * @throws IllegalArgumentException if the number of elements is not the header's
   * @throws IOException if writing fails
   */
  public void write(Matrix matrix) throws IOException {
    write(matrix, NpyReader.bufferElements(header.type()));
  }

  /** Writes all elements of a matrix as the whole array, at most {@code atOnce} at a time. */
  void write(Matrix matrix, int atOnce) throws IOException {
    long elements = matrix.shape().elements();
    if (elements != header.elements()) {
      throw new IllegalArgumentException(
          file()
              + ": a matrix of "
              + matrix.shape()
              + " for an array of "
              + NpyHeader.text(header.shape())
              + ", expected as many elements");
    }
    write(matrix, 0, atOnce);
  }

  /**
   * Writes the elements of a matrix as the array's elements from {@code first} on, rounded to the
   * file's type. Several threads may do so at the same time.
   *
   * @throws IllegalArgumentException if the array ends before the matrix does
   * @throws IOException if writing fails
   */
  public void writePart(Matrix matrix, long first) throws IOException {
    if (first < 0 || first > header.elements() - matrix.shape().elements()) {
      throw new IllegalArgumentException(
          file()
              + ": a matrix of "
              + matrix.shape()
              + " from element "
              + first
              + " on, of an array of "
              + NpyHeader.text(header.shape())
              + ", expected an array that has so many elements");
    }
    write(matrix, first, NpyReader.bufferElements(header.type()));
  }

  private void write(Matrix matrix, long first, int atOnce) throws IOException {
    long elements = matrix.shape().elements();
    NpyType type = header.type();
    int perBuffer = (int) Math.min(atOnce, Math.max(elements, 1));
    ByteBuffer raw = Raw.of(perBuffer * type.bytes());
    boolean same = type.dtype() == matrix.dtype();
    Values values = new Values(matrix.dtype(), same ? 0 : perBuffer);
    Buffer written = type.view(raw);
    Buffer numbers = same ? written : values.buffer();
    for (long offset = 0; offset < elements; offset += perBuffer) {
      int count = (int) Math.min(perBuffer, elements - offset);
      matrix.read(offset, numbers.clear().limit(count));
      raw.clear().limit(count * type.bytes());
      for (int k = 0; k < (same ? 0 : count); k++) {
        type.dtype().codec().put(written, k, values.get(k));
      }
      whole.write(raw, dataStart + (first + offset) * type.bytes());
    }
  }

  /**
   * Finishes the file and puts it in its place, over a file that is there.
   *
   * @throws IOException if that fails
   */
  public void commit() throws IOException {
    whole.commit();
  }

  @Override
  public void close() throws IOException {
    whole.close();
  }
}
