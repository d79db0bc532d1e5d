package dev.logitcl.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.backend.Backend;
import dev.logitcl.backend.Options;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Host buffers of every kind, at odd places, with memory of the host and of the device. */
final class TransferTest {
  private static final int COLS = 7;

  private static Backend open(boolean hostMemory) {
    return Opening.of(TestDevices.device(), Options.DEFAULT).withHostMemory(hostMemory).open();
  }

  /** Buffers of 5 elements each, in all the ways that a FloatBuffer can lie. */
  private static List<FloatBuffer> buffers() {
    return List.of(
        FloatBuffer.wrap(new float[9], 3, 5),
        FloatBuffer.wrap(new float[9], 1, 7).slice().position(1).limit(6),
        floats(ByteBuffer.allocateDirect(40), ByteOrder.nativeOrder(), 3),
        floats(ByteBuffer.allocateDirect(41).position(1).slice(), ByteOrder.nativeOrder(), 2),
        floats(ByteBuffer.allocateDirect(40), ByteOrder.BIG_ENDIAN, 3),
        floats(ByteBuffer.allocateDirect(40), ByteOrder.LITTLE_ENDIAN, 1),
        floats(ByteBuffer.allocate(40), ByteOrder.BIG_ENDIAN, 3),
        floats(ByteBuffer.allocate(43).position(3).slice(), ByteOrder.LITTLE_ENDIAN, 1));
  }

  private static FloatBuffer floats(ByteBuffer bytes, ByteOrder order, int start) {
    return bytes.order(order).asFloatBuffer().position(start).limit(start + 5);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void buffersOfEveryKind(boolean hostMemory) {
    try (Backend backend = open(hostMemory);
        Matrix matrix = backend.upload(new float[3 * COLS], 3, COLS)) {
      for (FloatBuffer buffer : buffers()) {
        int start = buffer.position();
        for (int k = 0; k < 5; k++) {
          buffer.put(start + k, k + 1);
        }
        matrix.write(new float[3 * COLS]);
        matrix.write(3, buffer);
        assertEquals(start, buffer.position(), "the position stays");
        float[] expected = new float[3 * COLS];
        System.arraycopy(new float[] {1, 2, 3, 4, 5}, 0, expected, 3, 5);
        assertArrayEquals(expected, read(matrix), "written from " + buffer);

        for (int k = 0; k < 5; k++) {
          buffer.put(start + k, -1);
        }
        matrix.read(4, buffer);
        assertEquals(start, buffer.position(), "the position stays");
        float[] got = new float[5];
        buffer.duplicate().get(got);
        assertArrayEquals(new float[] {2, 3, 4, 5, 0}, got, "read into " + buffer);
      }
    }
  }

  private static float[] read(Matrix matrix) {
    float[] values = new float[(int) matrix.shape().elements()];
    matrix.read(values);
    return values;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aReadOnlyBufferIsWrittenFromButNotReadInto(boolean hostMemory) {
    FloatBuffer heap = FloatBuffer.wrap(new float[] {1, 2, 3}).asReadOnlyBuffer();
    FloatBuffer direct =
        ByteBuffer.allocateDirect(12)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer()
            .put(0, 1)
            .put(1, 2)
            .put(2, 3)
            .asReadOnlyBuffer();
    try (Backend backend = open(hostMemory)) {
      for (FloatBuffer buffer : List.of(heap, direct)) {
        try (Matrix matrix = backend.upload(buffer, 1, 3)) {
          assertArrayEquals(new float[] {1, 2, 3}, read(matrix));
          assertThrows(ReadOnlyBufferException.class, () -> matrix.read(0, buffer));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatDoesNotFitIsRefused(boolean hostMemory) {
    try (Backend backend = open(hostMemory);
        Matrix matrix = backend.allocate(new Shape(2, 3))) {
      FloatBuffer four = FloatBuffer.allocate(4);
      assertThrows(IllegalArgumentException.class, () -> matrix.write(3, four));
      assertThrows(IllegalArgumentException.class, () -> matrix.read(3, four));
      assertThrows(IllegalArgumentException.class, () -> matrix.write(-1, four));
      Exception e =
          assertThrows(IllegalArgumentException.class, () -> matrix.read(Long.MAX_VALUE, four));
      String start = "4 elements from " + Long.MAX_VALUE + " on, in a matrix of ";
      assertTrue(String.valueOf(e.getMessage()).startsWith(start), e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> matrix.write(new float[5]));
      assertThrows(IllegalArgumentException.class, () -> matrix.read(new float[7]));
      assertThrows(IllegalArgumentException.class, () -> backend.upload(new float[5], 2, 3));
      matrix.write(6, FloatBuffer.allocate(0));
      matrix.read(6, FloatBuffer.allocate(0));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void matricesWithoutElements(boolean hostMemory) {
    try (Backend backend = open(hostMemory)) {
      for (Shape shape : List.of(new Shape(0, 0), new Shape(0, 3), new Shape(3, 0))) {
        try (Matrix matrix = backend.upload(new float[0], shape.rows(), shape.cols())) {
          assertArrayEquals(new float[0], read(matrix));
        }
      }
      backend.upload(new int[0]).close();
    }
  }
}
