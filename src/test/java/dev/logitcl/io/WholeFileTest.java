package dev.logitcl.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of the files and links that lie where a result is written. */
@DisabledOnOs(OS.WINDOWS)
final class WholeFileTest {
  @TempDir private Path folder;

  private static void write(Path file, String text) throws IOException {
    try (WholeFile whole = WholeFile.create(file)) {
      whole.write(text);
      whole.commit();
    }
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private static void allow(Path file, String permissions) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  private static Object inode(Path file) throws IOException {
    return Files.getAttribute(file, "unix:ino");
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-------", "rw-rw-rw-", "rwxr-x---", "-w-------"})
  void aReplacedFileGivesItsPermissions(String permissions) throws IOException {
    Path file = file("y", "old");
    allow(file, permissions);
    Object inode = inode(file);
    write(file, "new");
    assertEquals(permissions, permissions(file));
    assertFalse(inode(file).equals(inode), "another file, put there in one step");
    allow(file, "rw-------");
    assertEquals("new", Files.readString(file));
    assertEquals(List.of("y"), names());
  }

  @Test
  void whatReplacesAPrivateFileIsPrivateWhileItIsWritten() throws IOException {
    Path file = file("y", "old");
    allow(file, "rw-------");
    try (WholeFile whole = WholeFile.create(file)) {
      whole.write("secret");
      String temporary =
          names().stream().filter(name -> !name.equals("y")).findFirst().orElseThrow();
      assertEquals("rw-------", permissions(folder.resolve(temporary)));
    }
    assertEquals("old", Files.readString(file));
  }

  @Test
  void aFileThatNobodyMayWriteToIsRefused() throws IOException {
    Path file = file("y", "old");
    allow(file, "r--r--r--");
    BadFileException e = assertThrows(BadFileException.class, () -> write(file, "new"));
    assertTrue(
        e.getMessage().startsWith(file + ": found a file without write permission"),
        e.getMessage());
    assertEquals("old", Files.readString(file));
    assertEquals("r--r--r--", permissions(file));
    assertEquals(List.of("y"), names());
  }

  @Test
  void aFileWithTwoNamesStaysOneFile() throws IOException {
    Path file = file("y", "an old text that is longer than the new one");
    Path other = Files.createLink(folder.resolve("z"), file);
    write(file, "new");
    assertEquals("new", Files.readString(other));
    assertEquals(inode(file), inode(other));
    assertEquals(List.of("y", "z"), names());
  }

  /** Whoever owns the folder may put a link to another file there while data are written. */
  @Test
  void aLinkThatTakesItsNameMeanwhileIsNotFollowed() throws IOException {
    Path file = file("y", "old");
    Path other = Files.createLink(folder.resolve("z"), file);
    Path victim = file("victim", "untouched");
    try (WholeFile whole = WholeFile.create(file)) {
      whole.write("new");
      Files.delete(file);
      Files.createSymbolicLink(file, victim);
      whole.commit();
    }
    assertEquals("untouched", Files.readString(victim));
    assertEquals("new", Files.readString(other), "the file that was there in the beginning");
  }

  /** A step back behind a linked folder leads out of the folder that the link names. */
  @Test
  void aStepBackBehindALinkIsTakenAsTheFileSystemTakesIt() throws IOException {
    Path sub = Files.createDirectories(folder.resolve("c/sub"));
    Files.createSymbolicLink(folder.resolve("up"), sub);
    try (WholeFile whole = WholeFile.create(folder.resolve("y"))) {
      assertFalse(whole.changes(folder.resolve("up/../y")), "which is c/y");
      assertTrue(whole.changes(folder.resolve("c/../y")));
    }
  }

  @Test
  void aFileOfSomebodyElseStaysTheirs() throws IOException {
    Path file = file("y", "old");
    try {
      Files.setAttribute(file, "unix:uid", 12345);
    } catch (IOException e) {
      Assumptions.abort("only root gives files away");
    }
    write(file, "new");
    assertEquals(12345, Files.getAttribute(file, "unix:uid"));
    assertEquals("new", Files.readString(file));
    assertEquals(List.of("y"), names());
  }

  @Test
  void aReplacedFileGivesItsGroup() throws IOException {
    Path file = file("y", "old");
    try {
      Files.setAttribute(file, "unix:gid", 12345);
    } catch (IOException e) {
      Assumptions.abort("only root gives files to any group");
    }
    write(file, "new");
    assertEquals(12345, Files.getAttribute(file, "unix:gid"));
    assertEquals("new", Files.readString(file));
  }

  @Test
  void aLinkToAFileThatIsNotThereYetStays() throws IOException {
    Files.createDirectory(folder.resolve("scratch"));
    Path second = Files.createSymbolicLink(folder.resolve("scratch/link"), Path.of("y"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("scratch/link"));
    write(link, "new");
    assertTrue(Files.isSymbolicLink(link) && Files.isSymbolicLink(second));
    assertEquals("new", Files.readString(folder.resolve("scratch/y")));
    write(link, "newer");
    assertTrue(Files.isSymbolicLink(link) && Files.isSymbolicLink(second));
    assertEquals("newer", Files.readString(folder.resolve("scratch/y")));
  }

  /** A link of the kernel's, such as the one that /dev/stdout is: its text is no path. */
  @Test
  void aLinkToAPipeIsAPipe() throws Exception {
    Process cat = new ProcessBuilder("cat").start(); // its input is a pipe
    try {
      Path link = Path.of("/proc/" + cat.pid() + "/fd/0");
      Assumptions.assumeTrue(Files.exists(link), "no /proc");
      BadFileException e = assertThrows(BadFileException.class, () -> write(link, "new"));
      assertTrue(e.getMessage().startsWith(link + ": found a device or a pipe, "), e.getMessage());
    } finally {
      cat.destroy();
    }
  }

  @Test
  void linksInACircleAreRefused() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("link"));
    BadFileException e = assertThrows(BadFileException.class, () -> write(link, "new"));
    String found = link + ": found symbolic links that lead in a circle, or too many of them, ";
    assertTrue(e.getMessage().startsWith(found), e.getMessage());
    e = assertThrows(BadFileException.class, () -> NpyReader.open(link));
    assertTrue(e.getMessage().startsWith(found), e.getMessage());
    assertEquals(List.of("link"), names());
  }

  @Test
  void aNameThatIsTooLongIsRefusedBeforeAnythingIsWritten() throws IOException {
    Path file = folder.resolve("a".repeat(300));
    BadFileException e = assertThrows(BadFileException.class, () -> WholeFile.create(file).close());
    assertTrue(e.getMessage().contains("found 'File name too long'"), e.getMessage());
    assertEquals(List.of(), names());
  }

  @Test
  void aFolderThatIsRenamedMeanwhileHasTheFile() throws IOException {
    Path before = Files.createDirectory(folder.resolve("before"));
    Path after = folder.resolve("after");
    try (WholeFile whole = WholeFile.create(before.resolve("y"));
        WholeFile left = WholeFile.create(before.resolve("z"))) {
      whole.write("new");
      left.write("never finished");
      Files.move(before, after);
      whole.commit();
    }
    try (Stream<Path> files = Files.list(after)) {
      assertEquals(List.of(after.resolve("y")), files.toList());
    }
    assertEquals("new", Files.readString(after.resolve("y")));
  }

  @Test
  void filesOfOneCommitAppearTogetherOrNotAtAll() throws IOException {
    Path first = file("first", "old");
    Path second = folder.resolve("second");
    Path third = folder.resolve("third");
    try (WholeFile one = WholeFile.create(first);
        WholeFile two = WholeFile.create(second);
        WholeFile three = WholeFile.create(third)) {
      one.write("new");
      two.write("new");
      three.write("new");
      Files.createDirectory(third); // a file cannot take its place
      IOException e =
          assertThrows(IOException.class, () -> WholeFile.commit(List.of(one, two, three)));
      assertTrue(e.getMessage().startsWith(third + " cannot be written: "), e.getMessage());
    }
    assertEquals("old", Files.readString(first));
    assertEquals(List.of("first", "third"), names());
  }

  @Test
  void theSameFileIsKnownByOtherNames() throws IOException {
    Files.createDirectory(folder.resolve("real"));
    Files.createSymbolicLink(folder.resolve("alias"), Path.of("real"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("alias/new"));
    try (WholeFile one = WholeFile.create(folder.resolve("real/new"));
        WholeFile two = WholeFile.create(folder.resolve("alias/new"));
        WholeFile three = WholeFile.create(link);
        WholeFile other = WholeFile.create(folder.resolve("new"))) {
      assertTrue(one.isSame(two) && two.isSame(three) && three.isSame(one));
      assertFalse(one.isSame(other));
    }
    Path file = file("y", "old");
    Path second = Files.createLink(folder.resolve("z"), file);
    try (WholeFile one = WholeFile.create(file)) {
      assertTrue(one.changes(second) && one.changes(folder.resolve("real/../y")));
      assertFalse(one.changes(link));
    }
  }
}
