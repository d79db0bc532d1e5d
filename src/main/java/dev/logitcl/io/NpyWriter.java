package dev.logitcl.io;

import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Values;
import java.io.Closeable;
import java.io.IOException;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Writes one {@code .npy} file, which appears at {@link #commit} or not at all. */
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
   * Begins a file in C order, of floating-point numbers or int32.
   *
   * @throws BadFileException if it cannot be written there
   */
  public static NpyWriter create(Path file, NpyHeader header) throws IOException {
    boolean known = header.type().isFloating() || header.type() == NpyType.I4;
    if (!known || header.fortranOrder()) {
      throw new IllegalArgumentException(
          "only floating-point and int32 arrays in C order are written");
    }
    WholeFile whole = WholeFile.create(file);
    try {
      byte[] start = header.encode();
      whole.write(ByteBuffer.wrap(start));
      return new NpyWriter(whole, header, start.length);
    } catch (IOException | RuntimeException e) {
      whole.close();
      throw e;
    }
  }

  /** The file, as the user wrote it. */
  public Path file() {
    return whole.file();
  }

  /** What the file's header says. */
  public NpyHeader header() {
    return header;
  }

  /**
   * Writes the data: the whole matrix, row by row, in chunks.
   *
   * @throws IllegalArgumentException if the number of elements is not the header's
   */
  public void write(Matrix matrix) throws IOException {
    write(matrix, NpyReader.chunkElements(header.type()));
  }

  /** As above, at most so many elements at a time. */
  void write(Matrix matrix, int atOnce) throws IOException {
    long elements = matrix.shape().elements();
    if (elements != header.elements()) {
      throw new IllegalArgumentException(
          matrix.shape() + " for " + NpyHeader.text(header.shape()) + " in " + file());
    }
    write(matrix, 0, atOnce);
  }

  /**
   * Writes a matrix as the array's elements from {@code first} on. Several threads may do so at
   * once.
   *
   * @throws IllegalArgumentException if the array ends before the matrix does
   */
  public void writePart(Matrix matrix, long first) throws IOException {
    if (first < 0 || first > header.elements() - matrix.shape().elements()) {
      throw new IllegalArgumentException(
          matrix.shape() + " from element " + first + " of " + NpyHeader.text(header.shape()));
    }
    write(matrix, first, NpyReader.chunkElements(header.type()));
  }

  private void write(Matrix matrix, long first, int atOnce) throws IOException {
    long elements = matrix.shape().elements();
    NpyType type = header.type();
    int chunk = (int) Math.min(atOnce, Math.max(elements, 1));
    ByteBuffer raw = Raw.of(chunk * type.bytes());
    boolean same = type.dtype() == matrix.dtype();
    Values values = new Values(matrix.dtype(), same ? 0 : chunk);
    Buffer written = type.view(raw);
    Buffer numbers = same ? written : values.buffer();
    for (long offset = 0; offset < elements; offset += chunk) {
      int count = (int) Math.min(chunk, elements - offset);
      matrix.read(offset, numbers.clear().limit(count));
      raw.clear().limit(count * type.bytes());
      for (int k = 0; k < (same ? 0 : count); k++) {
        type.dtype().codec().put(written, k, values.get(k));
      }
      whole.write(raw, dataStart + (first + offset) * type.bytes());
    }
  }

  /** Puts the file in its place. */
  public void commit() throws IOException {
    whole.commit();
  }

  @Override
  public void close() throws IOException {
    whole.close();
  }
}
