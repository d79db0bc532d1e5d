package dev.logitcl.io;

import static dev.logitcl.fuzz.Fuzzing.demand;

import com.sun.management.ThreadMXBean;
import dev.logitcl.backend.Backend;
import dev.logitcl.cpu.CpuBackend;
import dev.logitcl.fuzz.Fuzzing;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import dev.logitcl.matrix.Values;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;

/**
 * Any bytes as an {@code .npy} file: it is read right or refused with a {@link BadFileException},
 * and no more memory is taken than the file has bytes for.
 */
public final class NpyFuzz {
  /** What reading takes besides: buffers, messages. */
  private static final long ALLOWANCE = 4 << 20;

  /** An element of one byte becomes one of eight at most, some three times over. */
  private static final long PER_BYTE = 64;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final Backend BACKEND = CpuBackend.scalar(1);

  private NpyFuzz() {}

  /** One input. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    Path file = Fuzzing.file("x.npy", data);
    long most = ALLOWANCE + PER_BYTE * data.length;
    long taken = take(file);
    if (taken > most) {
      taken = take(file); // a second time, because the first one may load classes
    }
    demand(taken <= most, "more than " + most + " bytes allocated for a file of " + data.length);
  }

  /** Reads a file, or has it refused; returns how many bytes were allocated. */
  private static long take(Path file) throws IOException {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try (NpyReader reader = NpyReader.open(file)) {
      read(reader);
    } catch (BadFileException e) {
      demand(!e.getMessage().contains("\n"), "several lines: " + e.getMessage());
    }
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  private static void read(NpyReader reader) throws IOException {
    NpyHeader header = reader.header();
    demand(header.bytes() >= 0, header + " has " + header.bytes() + " bytes");
    Shape shape = new Shape(1, header.elements());
    if (header.type().isFloating()) {
      for (DType dtype : List.of(DType.F32, DType.F64, DType.F16)) {
        try (Matrix matrix = BACKEND.allocate(shape, dtype)) {
          reader.readInto(matrix, 5); // several buffers
          check(reader, matrix);
        }
      }
    }
    try (Matrix mask = BACKEND.allocate(shape, DType.U8)) {
      reader.readInto(mask);
    }
    if (header.shape().size() == 1) {
      demand(reader.readVector().length == header.elements(), "a vector of another length");
    }
    if (header.type().isInteger()) {
      demand(reader.readIndices().length == header.elements(), "indices of another length");
    } else {
      refused(reader);
    }
  }

  private static void refused(NpyReader reader) throws IOException {
    try {
      reader.readIndices();
    } catch (BadFileException e) {
      return;
    }
    throw new AssertionError("indices from " + reader.header());
  }

  /** Element by element, wherever the element stands in the file. */
  private static void check(NpyReader reader, Matrix matrix) throws IOException {
    NpyHeader header = reader.header();
    Values values = Values.of(matrix);
    var raw = reader.rawBuffer(1);
    for (int at = 0; at < Math.min(header.elements(), 256); at++) {
      reader.readRaw(header.fortranOrder() ? inFortranOrder(header.shape(), at) : at, 1, raw);
      NpyType type = reader.header().type();
      double expected = matrix.dtype().round(type.get(type.view(raw), 0));
      demand(
          Double.compare(expected, values.get(at)) == 0,
          header + ": element " + at + " is " + values.get(at) + ", expected " + expected);
    }
  }

  /** Where an element stands in Fortran order, by its number in C order. */
  private static long inFortranOrder(List<Long> sizes, long number) {
    long rest = number;
    long inFile = 0;
    long stride = 1;
    for (long size : sizes) {
      stride *= size;
    }
    for (int axis = sizes.size() - 1; axis >= 0; axis--) {
      stride /= sizes.get(axis);
      inFile += rest % sizes.get(axis) * stride;
      rest /= sizes.get(axis);
    }
    return inFile;
  }
}
