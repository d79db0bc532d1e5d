package dev.logitcl.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpyWriterTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"f4_c.npy", "f8.npy", "f2.npy", "scalar.npy", "empty.npy"})
  void writesTheBytesThatNumPyWrites(String name) throws IOException {
    Path original = Npys.resource(name);
    NpyHeader header = Npys.headerOf(original);
    float[] values = Npys.read(original);
    for (int perBuffer : new int[] {1, 5, 1000}) {
      HostMatrix matrix = new HostMatrix(values.length, 1);
      matrix.write(values);
      Path file = folder.resolve("y.npy");
      try (NpyWriter writer = NpyWriter.create(file, header)) {
        writer.write(matrix, perBuffer);
        assertFalse(Files.exists(file) && perBuffer == 1);
        writer.commit();
      }
      assertArrayEquals(Files.readAllBytes(original), Files.readAllBytes(file));
    }
    assertEquals(List.of("y.npy"), names());
  }

  @Test
  void nothingAppearsWithoutCommit() throws IOException {
    Path file = folder.resolve("y.npy");
    Files.writeString(file, "old");
    try (NpyWriter writer = NpyWriter.create(file, NpyHeader.of(NpyType.F4, List.of(2L)))) {
      writer.write(new HostMatrix(2, 1));
    }
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("y.npy"), names());
  }

  @Test
  void aLinkStaysAndItsFileIsReplaced() throws IOException {
    Path file = Files.writeString(folder.resolve("real"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("real"));
    try (WholeFile whole = WholeFile.create(link)) {
      whole.write("new");
      whole.commit();
    }
    assertTrue(Files.isSymbolicLink(link));
    assertEquals("new", Files.readString(file));
  }

  @Test
  void placesThatCannotBeWrittenAreRefused() throws IOException {
    Files.writeString(folder.resolve("file"), "");
    assertRefused(folder, "found a folder, expected a file to write");
    assertRefused(folder.resolve("none/y.npy"), "found no such file or folder, expected a file in");
    assertRefused(folder.resolve("file/y.npy"), "found 'Not a directory', expected a file in");
    assertRefused(Path.of("/dev/null"), "found a device or a pipe, expected a regular file");
    assertEquals(List.of("file"), names());
  }

  @Test
  void theNumberOfElementsMustAgree() throws IOException {
    NpyHeader header = NpyHeader.of(NpyType.F4, List.of(2L, 2L));
    try (NpyWriter writer = NpyWriter.create(folder.resolve("y.npy"), header)) {
      HostMatrix matrix = new HostMatrix(3, 1);
      assertThrows(IllegalArgumentException.class, () -> writer.write(matrix));
    }
    assertEquals(List.of(), names());
  }

  private void assertRefused(Path file, String part) {
    BadFileException e = assertThrows(BadFileException.class, () -> WholeFile.create(file).close());
    assertTrue(String.valueOf(e.getMessage()).contains(part), e.getMessage());
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }
}
