package dev.logitcl.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import dev.logitcl.backend.Backend;
import dev.logitcl.matrix.DType;
import dev.logitcl.matrix.Matrix;
import dev.logitcl.matrix.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyReaderTest {
  @TempDir private Path folder;

  private static float[] expected() {
    float[] values = new float[24];
    for (int k = 0; k < values.length; k++) {
      values[k] = (k - 11.5f) / 4;
    }
    return values;
  }

  @ParameterizedTest
  @ValueSource(strings = {"f4_c.npy", "f4_fortran.npy", "f8.npy"})
  void readsWhatNumPyWrote(String name) throws IOException {
    Path file = Npys.resource(name);
    assertEquals(List.of(2L, 3L, 4L), Npys.headerOf(file).shape());
    assertEquals(name.contains("fortran"), Npys.headerOf(file).fortranOrder());
    assertArrayEquals(expected(), Npys.read(file));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 7, 12, 23, 24, 100})
  void buffersOfAnySizeGiveTheSame(int perBuffer) throws IOException {
    for (String name : List.of("f4_c.npy", "f4_fortran.npy", "f8.npy")) {
      try (NpyReader reader = NpyReader.open(Npys.resource(name))) {
        HostMatrix matrix = new HostMatrix(6, 4);
        reader.readInto(matrix, perBuffer);
        assertArrayEquals(expected(), matrix.values, name);
      }
    }
  }

  @Test
  void readsHalves() throws IOException {
    float[] values = Npys.read(Npys.resource("f2.npy"));
    float inf = Float.POSITIVE_INFINITY;
    assertArrayEquals(
        new float[] {
          1, -2.5f, 65504, 0x1p-24f, 0x1.ff8p-15f, -0f, inf, -inf, Float.NaN, 0x1.998p-4f
        },
        values);
  }

  @Test
  void readsASingleValueAndNoValues() throws IOException {
    assertEquals(List.of(), Npys.headerOf(Npys.resource("scalar.npy")).shape());
    assertArrayEquals(new float[] {2.5f}, Npys.read(Npys.resource("scalar.npy")));
    assertEquals(List.of(0L, 3L), Npys.headerOf(Npys.resource("empty.npy")).shape());
    assertArrayEquals(new float[0], Npys.read(Npys.resource("empty.npy")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"f4_v2.npy", "f4_v3.npy"})
  void readsLaterFormatVersions(String name) throws IOException {
    assertArrayEquals(new float[] {1, 2, 3}, Npys.read(Npys.resource(name)));
  }

  @Test
  void readsIntegers() throws IOException {
    try (NpyReader reader = NpyReader.open(Npys.resource("i4_fortran.npy"))) {
      assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5}, reader.readIndices());
    }
    try (NpyReader reader = NpyReader.open(Npys.resource("i8.npy"))) {
      assertArrayEquals(new int[] {0, -1, Integer.MAX_VALUE}, reader.readIndices());
    }
  }

  @Test
  void masksTakeElementsOfAnyType() throws IOException {
    assertMask(Npys.resource("bool.npy"), 1);
    assertMask(Npys.resource("i8.npy"), 0, 1, 1);
    assertMask(Npys.resource("i4_fortran.npy"), 0, 1, 1, 1, 1, 1);
    assertMask(Npys.floats(folder.resolve("f.npy"), "(4,)", 0, 0.25f, -0f, Float.NaN), 0, 1, 0, 1);
    assertMask(Npys.booleans(folder.resolve("b.npy"), true, "(2, 2)", 1, 1, 0, 0), 1, 0, 1, 0);
  }

  @Test
  void booleansAreNeitherNumbersNorIndices() throws IOException {
    try (NpyReader reader = NpyReader.open(Npys.resource("bool.npy"))) {
      assertThat(
          assertThrows(BadFileException.class, reader::requireFloating),
          "found element type '|b1', expected '<f4', '<f8' or '<f2'");
      assertThat(
          assertThrows(BadFileException.class, reader::requireIndices),
          "found element type '|b1', expected class indices");
    }
  }

  private static void assertMask(Path file, int... expected) throws IOException {
    try (Backend backend = Backends.cpu();
        NpyReader reader = NpyReader.open(file);
        Matrix mask = backend.allocate(Shape.column(expected.length), DType.U8)) {
      reader.readInto(mask);
      byte[] values = new byte[expected.length];
      mask.read(values);
      for (int k = 0; k < values.length; k++) {
        assertEquals(expected[k], values[k], file + " at " + k);
      }
    }
  }

  @Test
  void keysMayStandInAnyOrderAndQuotes() throws IOException {
    String text = "{\"shape\":(2L,),\n 'fortran_order' : True ,\t'descr':'<f4'}";
    Path file = Files.write(folder.resolve("a.npy"), Npys.bytes(text, new byte[8]));
    assertArrayEquals(new float[2], Npys.read(file));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "bad_objects.npy | found element type '|O' (pickled Python objects, which are never"
            + " loaded)",
        "bad_structured.npy | found a structured element type (named fields), expected '<f4',"
            + " '<f8'",
        "bad_big_endian.npy | found element type '>f4' (big-endian; convert it with"
            + " x.astype('<f4'))",
        "bad_complex.npy | found element type '<c8' (complex numbers)",
        "bad_text.npy | found element type '<U2' (text)",
        "bad_archive.npz | found a zip archive (an .npz file?), expected an .npy file",
      })
  void refusesWhatItCannotUse(String name, String message) {
    assertMessage(Npys.resource(name), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"
            + " | found a negative size in the header's shape, expected sizes of 0 or more",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1152921504606846976,), }"
            + " | found shape (1152921504606846976,) in the header, expected a shape whose",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (288230376151711744,), }"
            + " | found 8 bytes of data, expected 1152921504606846976 for shape",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }"
            + " | found shape (4294967296, 4294967296) in the header, expected a shape whose",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }"
            + " | found a size of more than 63 bits in the header's shape",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"
            + " | found 8 bytes of data, expected 12 for shape (3,) of '<f4'",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"
            + " | found 8 bytes of data, expected 4 for shape (1,) of '<f4'",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2), }"
            + " | found ')' at character 52 of the header, expected ','",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 2, }"
            + " | found '2' at character 50 of the header, expected '('",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }"
            + " | found '0' at character 34 of the header, expected True or False",
        "{'descr': '<f4', 'shape': (2,), } | found a header with the keys",
        "{'descr': '<f4', 'descr': '<f4'} | found the key 'descr' twice in the header",
        "{'descr': '<f4', 'colour': 3} | found the key 'colour' in the header, expected the keys",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,) | found the end of the header",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x | found 'x' at character 56",
        "{'descr': '<f4 | found a header with an open quote, expected a closing '",
        "{'descr': 'f4x', 'fortran_order': False, 'shape': (2,)} | found element type 'f4x'",
        "{'descr': '', 'fortran_order': False, 'shape': (2,)} | found element type ''",
        "[] | found '[' at character 0 of the header, expected '{'",
      })
  void refusesBadHeaders(String header, String message) throws IOException {
    Path file = Files.write(folder.resolve("bad.npy"), Npys.bytes(header, new byte[8]));
    assertMessage(file, message);
  }

  /** The character 0 is no white space, and no end, as in NumPy. */
  @ParameterizedTest
  @ValueSource(strings = {"\0", "\0 garbage"})
  void refusesWhatLiesBehindACharacterZero(String more) throws IOException {
    String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}";
    Path file = Files.write(folder.resolve("bad.npy"), Npys.bytes(header + more, new byte[8]));
    assertMessage(file, "found character 0 at character 55 of the header, expected the end of the");
  }

  @Test
  void refusesTooManyDimensions() throws IOException {
    String header = Npys.header("<f4", false, "(" + "1, ".repeat(65) + ")");
    Path file = Files.write(folder.resolve("bad.npy"), Npys.bytes(header, new byte[4]));
    assertMessage(file, "found more than 64 dimensions in the header, expected at most 64");
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    byte[] whole = Files.readAllBytes(Npys.resource("f4_c.npy"));
    for (int length = 0; length < whole.length; length++) {
      Path file = Files.write(folder.resolve("cut.npy"), java.util.Arrays.copyOf(whole, length));
      assertMessage(file, "cut.npy: found ");
    }
  }

  @Test
  void refusesOtherFiles() throws IOException {
    assertMessage(folder.resolve("none.npy"), "none.npy: found no such file or folder");
    assertMessage(folder, "found a folder, expected an .npy file");
    Path file = folder.resolve("bad.npy");
    Files.writeString(file, "");
    assertMessage(file, "found an empty file, expected an .npy file");
    Files.writeString(file, "1,2\n");
    assertMessage(file, "found a file that starts with the bytes 31 2c 32 0a, expected");
    Files.write(file, new byte[] {(byte) 0x80, 4, 0});
    assertMessage(file, "found a Python pickle, which is never loaded, expected");
    byte[] later = Npys.bytes("{}", new byte[0]);
    later[6] = 4;
    Files.write(file, later);
    assertMessage(file, "found format version 4.0, expected 1.0, 2.0 or 3.0");
  }

  @Test
  void refusesAHeaderBeyondTheFile() throws IOException {
    byte[] bytes = Npys.bytes(Npys.header("<f4", false, "(2,)"), new byte[8]);
    bytes[9] = 100;
    Path file = Files.write(folder.resolve("bad.npy"), bytes);
    assertMessage(file, "bytes in a file of " + bytes.length + ", expected a whole header");
    bytes[6] = 2; // four bytes of length: the next two are text
    Files.write(file, bytes);
    assertMessage(file, "expected a whole header");
  }

  /** The bytes 0xc8 and 0xff tell signed from unsigned; every spelling is one of np.load's. */
  @ParameterizedTest
  @CsvSource({
    "|u1 u1 <u1 =u1 >u1, 1, 200, 255",
    "|i1 i1 <i1 =i1 >i1, 1, -56, -1",
    "<u2 u2 =u2, 2, 200, 65535",
    "<i2 i2 =i2, 2, 200, -1",
    "<u4 u4 =u4, 4, 200, -1",
    "<i4 i4 =i4, 4, 200, -1",
    "<u8 u8 =u8, 8, 200, -1",
    "<i8 i8 =i8, 8, 200, -1",
  })
  void takesIntegersOfEveryType(String spellings, int bytes, int first, int second)
      throws IOException {
    byte[] data = new byte[3 * bytes];
    data[bytes] = (byte) 200;
    Arrays.fill(data, 2 * bytes, 3 * bytes, (byte) 0xff);
    for (String descr : spellings.split(" ", -1)) {
      Path file = folder.resolve("i.npy");
      Files.write(file, Npys.bytes(Npys.header(descr, false, "(3,)"), data));
      assertMask(file, 0, 1, 1);
      try (NpyReader reader = NpyReader.open(file)) {
        boolean signed = !descr.contains("u");
        float last = signed || bytes < 4 ? second : (float) Math.pow(2, 8 * bytes);
        assertArrayEquals(new float[] {0, first, last}, reader.readVector(), descr);
        if (signed || bytes < 4) {
          assertArrayEquals(new int[] {0, first, second}, reader.readIndices(), descr);
        } else {
          String largest = bytes == 4 ? "4294967295" : "18446744073709551615";
          assertThat(
              assertThrows(BadFileException.class, reader::readIndices),
              "found " + largest + " at element 2, expected class indices of at most 32 bits");
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"f4", "=f4", "|f4", "<f4"})
  void takesEverySpellingOfFloats(String descr) throws IOException {
    Path file = Npys.floats(folder.resolve("f.npy"), "(1,)", 1.5f);
    byte[] data =
        Arrays.copyOfRange(
            Files.readAllBytes(file), (int) Files.size(file) - 4, (int) Files.size(file));
    Files.write(file, Npys.bytes(Npys.header(descr, false, "(1,)"), data));
    assertArrayEquals(new float[] {1.5f}, Npys.read(file));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bool", "?", "|?", "b1", "<b1", "|b1", "=b1", ">b1"})
  void takesEverySpellingOfBooleans(String descr) throws IOException {
    Path file = folder.resolve("b.npy");
    Files.write(file, Npys.bytes(Npys.header(descr, false, "(2,)"), new byte[] {0, 1}));
    assertMask(file, 0, 1);
  }

  @Test
  void refusesTheOtherKindOfNumber() throws IOException {
    try (NpyReader reader = NpyReader.open(Npys.resource("i8.npy"))) {
      HostMatrix matrix = new HostMatrix(3, 1);
      assertThat(
          assertThrows(BadFileException.class, () -> reader.readInto(matrix)),
          "found element type '<i8', expected '<f4', '<f8' or '<f2'");
    }
    try (NpyReader reader = NpyReader.open(Npys.resource("f4_c.npy"))) {
      assertThat(
          assertThrows(BadFileException.class, reader::readIndices),
          "found element type '<f4', expected class indices, integers (np.save(FILE, x.astype('<i8')) makes one)");
    }
    try (NpyReader reader = NpyReader.open(Npys.resource("i8_large.npy"))) {
      assertThat(
          assertThrows(BadFileException.class, reader::readIndices),
          "found 5000000000 at element 1, expected class indices of at most 32 bits");
    }
  }

  private static void assertMessage(Path file, String part) {
    assertThat(assertThrows(BadFileException.class, () -> NpyReader.open(file).close()), part);
  }

  private static void assertThat(BadFileException e, String part) {
    String message = String.valueOf(e.getMessage());
    assertTrue(message.contains(part), message);
    assertTrue(message.contains(": found ") && message.contains(", expected "), message);
    assertFalse(message.contains("\n"), message);
  }
}
