package dev.logitcl.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of files as the file system has them; JVMs in other locales run {@code LocaleTest}. */
final class EnvironmentTest {
  @TempDir private Path folder;

  @Test
  void bytesThatAreNotUtf8StandAsLoneSurrogates() {
    byte[] bytes = {'j', (byte) 0xc3, (byte) 0xbc, (byte) 0xfc, 'r', (byte) 0xe2, (byte) 0x82};
    assertEquals("j\u00fc\udcfcr\udce2\udc82", Environment.text(bytes));
    assertEquals("", Environment.text(new byte[0]));
    String smile = "\ud83d\ude00";
    assertEquals(smile, Environment.text(smile.getBytes(StandardCharsets.UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "with space",
        "100%",
        "j\u00fcrgen",
        "\ud83d\ude00",
        "j\udcfcrgen",
        "a#b?c"
      })
  @EnabledOnOs(OS.LINUX)
  void eachNameIsAFileOfItsOwn(String name) throws IOException {
    Path absolute = Environment.path(folder + "/" + name);
    Files.createFile(absolute);
    assertEquals(folder + "/" + name, Environment.text(absolute));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(folder + "/" + name), files.map(Environment::text).toList());
    }
    assertEquals(absolute, folder.resolve(Environment.path(name)), "a relative path");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFolderEndsWithoutASlash() throws IOException {
    Path made = Files.createDirectory(Environment.path(folder + "/j\udcfcrgen"));
    assertEquals(folder + "/j\udcfcrgen", Environment.text(made));
    assertEquals(folder + "/j\udcfcrgen/x", Environment.text(made.resolve("x")));
  }

  @Test
  void aNameThatJavaHasLost() {
    InvalidPathException e =
        assertThrows(InvalidPathException.class, () -> Environment.path("/home/j\ufffdrgen"));
    boolean utf8 = "UTF-8".equals(System.getProperty("sun.jnu.encoding"));
    String remedy = utf8 ? "which is not UTF-8, remedy: rename the file" : "LC_ALL=C.UTF-8";
    assertTrue(e.getMessage().contains(remedy), e.getMessage());
    assertThrows(
        InvalidPathException.class, () -> Environment.home(Map.of(), "Linux", "/home/j??rgen"));
  }

  @Test
  void theUsersHome() {
    assertEquals(Path.of("/h"), Environment.home(Map.of("HOME", "/h"), "Linux", "/u"));
    assertEquals(Path.of("/h"), Environment.home(Map.of("HOME", "/h"), "Linux", "?"));
    assertEquals(Path.of("/u"), Environment.home(Map.of("HOME", ""), "Linux", "/u"));
    assertEquals(Path.of("/u"), Environment.home(Map.of("HOME", "/h"), "Windows 11", "/u"));
    assertNull(Environment.home(Map.of(), "Linux", "?"));
    assertNull(Environment.home(Map.of(), "Linux", ""));
    assertNull(Environment.home(Map.of("HOME", "relative"), "Linux", "/u"));
  }

  @Test
  void allVariablesAreThere() {
    assertEquals(System.getenv().keySet(), Environment.variables().keySet());
    assertEquals(System.getenv("PATH"), Environment.variables().get("PATH"));
  }
}
