package dev.logitcl.io;

import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Values;
import java.io.Closeable;
import java.io.IOException;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A reader of one {@code .npy} file (format versions 1.0 to 3.0), which is read buffer by buffer.
 * Opening it checks the header and compares the size that it promises with the file's size; no
 * memory is ever allocated from the header alone. Whoever opens a reader closes it. Reads by
 * several threads at the same time are safe.
 */
public final class NpyReader implements Closeable {
  /** The size of a buffer: enough to hide the cost of a call, and little beside the caches. */
  private static final int BUFFER_BYTES = 1 << 20;

  private static final String MAGIC = "\u0093NUMPY";
  private static final String NPY = "an .npy file";
  private static final int MAX_HEADER = 1 << 20; // a header that can be used has about 100 bytes

  private final Path file;
  private final FileChannel channel;
  private final long size;
  private NpyHeader header;
  private long dataStart;

  @SuppressWarnings("NullAway.Init") // readHeader, called by open, sets the header
  private NpyReader(Path file, FileChannel channel) throws IOException {
    this.file = file;
    this.channel = channel;
    this.size = channel.size();
  }

  /**
   * Opens a file and checks its header. The caller closes the reader.
   *
   * @throws BadFileException if the file is not there, cannot be read, or is no array that can be
   *     used
   * @throws IOException if reading fails
   */
  public static NpyReader open(Path file) throws IOException {
    InputFile.requireRegular(file, NPY);
    FileChannel channel;
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
    } catch (IOException e) {
      throw BadFileException.opening(file, "a readable .npy file", e);
    }
    try {
      NpyReader reader = new NpyReader(file, channel);
      reader.readHeader();
      return reader;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Returns how many elements are moved at a time, as they are in the file or in the matrix. */
  static int bufferElements(NpyType type) {
    return BUFFER_BYTES / Math.max(type.bytes(), Double.BYTES);
  }

  /** Returns the file, as the user wrote it. */
  public Path file() {
    return file;
  }

  /** Returns the file's header. */
  public NpyHeader header() {
    return header;
  }

  /**
   * Checks that the elements are floating-point numbers.
   *
   * @throws BadFileException if they are integers or booleans
   */
  public void requireFloating() throws BadFileException {
    if (!header.type().isFloating()) {
      throw new BadFileException(
          file,
          "element type " + header.type(),
          "'<f4', '<f8' or '<f2'" + NpyType.REMEDY.formatted("<f4"));
    }
  }

  /**
   * Checks that the elements are integers.
   *
   * @throws BadFileException if they are floating-point numbers or booleans
   */
  public void requireIndices() throws BadFileException {
    if (!header.type().isInteger()) {
      throw new BadFileException(
          file,
          "element type " + header.type(),
          "class indices, integers" + NpyType.REMEDY.formatted("<i8"));
    }
  }

  /**
   * Copies the whole array into a matrix with as many elements, in C order. Numbers are rounded to
   * the matrix's element type if it is another one. A mask (a matrix of {@link DType#U8}) takes
   * elements of any type, and gets 1 for every number other than 0.
   *
   * @throws IllegalArgumentException if the number of elements differs
   * @throws BadFileException if the elements are integers or booleans and the matrix is no mask, or
   *     the file has changed meanwhile
   * @throws IOException if reading fails
   */
  public void readInto(Matrix matrix) throws IOException {
    readInto(matrix, bufferElements(header.type()));
  }

  /**
   * Copies the whole array into a matrix with as many elements, at most {@code perBuffer} at a
   * time.
   */
  void readInto(Matrix matrix, int perBuffer) throws IOException {
    if (matrix.shape().elements() != header.elements()) {
      throw new IllegalArgumentException(
          file
              + ": an array of "
              + NpyHeader.text(header.shape())
              + " for a matrix of "
              + matrix.shape()
              + ", expected as many elements");
    }
    if (isInCOrder()) {
      read(matrix, 0, perBuffer);
    } else {
      requireFor(matrix);
      FortranOrder.of(header.shape()).read(this, matrix, perBuffer);
    }
  }

  /**
   * Returns whether the elements lie in C order, the last index running fastest: always true if at
   * most one dimension is not 1.
   */
  public boolean isInCOrder() {
    return !header.fortranOrder() || FortranOrder.of(header.shape()).isAlsoC();
  }

  /**
   * Copies some elements of an array in C order into a matrix: from element {@code first} on, as
   * many as the matrix has, rounded and checked as {@link #readInto(Matrix)} does. Several threads
   * may do so at the same time.
   *
   * @throws IllegalArgumentException if the array is not in C order or ends before the matrix is
   *     full
   * @throws BadFileException if the elements are integers or booleans and the matrix is no mask, or
   *     the file has changed meanwhile
   * @throws IOException if reading fails
   */
  public void readPart(Matrix matrix, long first) throws IOException {
    if (!isInCOrder() || first < 0 || first > header.elements() - matrix.shape().elements()) {
      throw new IllegalArgumentException(
          file
              + ": a matrix of "
              + matrix.shape()
              + " from element "
              + first
              + " on, of an array of "
              + NpyHeader.text(header.shape())
              + ", expected an array in C order that has so many elements");
    }
    read(matrix, first, bufferElements(header.type()));
  }

  private void requireFor(Matrix matrix) throws BadFileException {
    if (matrix.dtype() != DType.U8) {
      requireFloating();
    }
  }

  private void read(Matrix matrix, long first, int perBuffer) throws IOException {
    requireFor(matrix);
    NpyType type = header.type();
    long elements = matrix.shape().elements();
    int most = (int) Math.min(perBuffer, Math.max(elements, 1));
    ByteBuffer raw = rawBuffer(most);
    boolean same = type.isHeldBy(matrix.dtype());
    Values values = new Values(matrix.dtype(), same ? 0 : most);
    Buffer found = type.view(raw);
    Buffer numbers = same ? found : values.buffer();
    for (long offset = 0; offset < elements; offset += most) {
      int count = (int) Math.min(most, elements - offset);
      readRaw(first + offset, count, raw);
      for (int k = 0; k < (same ? 0 : count); k++) {
        values.set(k, type.get(found, k));
      }
      matrix.write(offset, numbers.clear().limit(count));
    }
  }

  /**
   * Reads all numbers of an array in one dimension, rounded to float32, into a new array. Elements
   * may have any type.
   *
   * @throws BadFileException if they are too many for an array, or the file has changed meanwhile
   * @throws IOException if reading fails
   */
  public float[] readVector() throws IOException {
    long elements = header.elements();
    if (elements > Integer.MAX_VALUE - 8) {
      throw new BadFileException(file, elements + " numbers", "at most " + (Integer.MAX_VALUE - 8));
    }
    float[] values = new float[(int) elements];
    int perBuffer = (int) Math.min(Math.max(elements, 1), bufferElements(header.type()));
    ByteBuffer raw = rawBuffer(perBuffer);
    Buffer found = header.type().view(raw);
    for (int offset = 0; offset < elements; offset += perBuffer) {
      int count = (int) Math.min(perBuffer, elements - offset);
      readRaw(offset, count, raw);
      for (int k = 0; k < count; k++) {
        values[offset + k] = (float) header.type().get(found, k);
      }
    }
    return values;
  }

  /**
   * Reads all integers of an array, in C order, into a new array.
   *
   * @throws BadFileException if the elements are not integers, are too many for an array, or one
   *     has more than 32 bits, or if the file has changed meanwhile
   * @throws IOException if reading fails
   */
  public int[] readIndices() throws IOException {
    requireIndices();
    NpyType type = header.type();
    long elements = header.elements();
    if (elements > Integer.MAX_VALUE - 8) {
      throw new BadFileException(
          file, elements + " class indices", "at most " + (Integer.MAX_VALUE - 8));
    }
    FortranOrder order = FortranOrder.of(header.shape());
    boolean permuted = header.fortranOrder() && !order.isAlsoC();
    int[] values = new int[(int) elements];
    int perBuffer = (int) Math.min(Math.max(elements, 1), bufferElements(type));
    ByteBuffer raw = rawBuffer(perBuffer);
    for (int offset = 0; offset < elements; offset += perBuffer) {
      int count = (int) Math.min(perBuffer, elements - offset);
      readRaw(offset, count, raw);
      for (int k = 0; k < count; k++) {
        long value = type.integer(raw, k);
        if (value != (int) value || (type == NpyType.U8 && value < 0)) {
          String found = type == NpyType.U8 ? Long.toUnsignedString(value) : String.valueOf(value);
          throw new BadFileException(
              file, found + " at element " + (offset + k), "class indices of at most 32 bits");
        }
        values[permuted ? (int) order.toC(offset + k) : offset + k] = (int) value;
      }
    }
    return values;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Returns a buffer for elements as they are in the file. */
  ByteBuffer rawBuffer(int elements) {
    return Raw.of(elements * header.type().bytes());
  }

  /** Fills {@code raw} from 0 on with {@code count} elements, the first of them {@code first}. */
  void readRaw(long first, int count, ByteBuffer raw) throws IOException {
    int bytes = header.type().bytes();
    raw.clear().limit(count * bytes);
    fill(raw, dataStart + first * bytes);
  }

  private void fill(ByteBuffer buffer, long from) throws IOException {
    long position = from;
    while (buffer.hasRemaining()) {
      int read = channel.read(buffer, position);
      if (read < 0) {
        throw new BadFileException(file, "the end at byte " + position, "more (it has changed)");
      }
      position += read;
    }
    buffer.flip();
  }

  private void readHeader() throws IOException {
    byte[] start = bytes(0, (int) Math.min(size, 12));
    String magic = new String(start, 0, Math.min(6, start.length), StandardCharsets.ISO_8859_1);
    if (!magic.equals(MAGIC)) {
      throw new BadFileException(file, describe(start), NPY);
    }
    int major = start.length < 8 ? 0 : start[6];
    int minor = start.length < 8 ? 0 : start[7];
    int prefix = major == 1 ? 10 : 12;
    if (start.length < prefix) {
      throw new BadFileException(file, start.length + " bytes", NPY + " (this one is cut off)");
    }
    if (major < 1 || major > 3 || minor != 0) {
      throw new BadFileException(
          file, "format version " + (major & 0xff) + "." + (minor & 0xff), "1.0, 2.0 or 3.0");
    }
    long length = (start[8] & 0xffL) | (start[9] & 0xffL) << 8;
    if (major > 1) {
      length |= (start[10] & 0xffL) << 16 | (start[11] & 0xffL) << 24;
    }
    if (length > size - prefix) {
      throw new BadFileException(
          file,
          "a header of " + length + " bytes in a file of " + size,
          "a whole header (the file is cut off or damaged)");
    }
    if (length > MAX_HEADER) {
      throw new BadFileException(file, "a header of " + length + " bytes", "at most " + MAX_HEADER);
    }
    byte[] text = bytes(prefix, (int) length);
    header =
        new NpyHeaderParser(
                file,
                new String(text, major < 3 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8))
            .parse();
    dataStart = prefix + length;
    if (size - dataStart != header.bytes()) {
      throw new BadFileException(
          file,
          (size - dataStart) + " bytes of data",
          header.bytes() + " for shape " + NpyHeader.text(header.shape()) + " of " + header.type());
    }
  }

  private byte[] bytes(long from, int count) throws IOException {
    byte[] bytes = new byte[count];
    fill(ByteBuffer.wrap(bytes), from);
    return bytes;
  }

  private static String describe(byte[] start) {
    if (start.length == 0) {
      return "an empty file";
    }
    if (start.length >= 2 && start[0] == 'P' && start[1] == 'K') {
      return "a zip archive (an .npz file?)";
    }
    if (start.length >= 2 && start[0] == (byte) 0x80 && start[1] <= 5) {
      return "a Python pickle, which is never loaded";
    }
    StringBuilder text = new StringBuilder("a file that starts with the bytes");
    for (int k = 0; k < Math.min(6, start.length); k++) {
      text.append(String.format(" %02x", start[k]));
    }
    return text.toString();
  }
}
