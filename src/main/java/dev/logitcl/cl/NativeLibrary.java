package dev.logitcl.cl;

import dev.logitcl.files.Environment;
import dev.logitcl.files.PrivateFiles;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jocl.CL;
import org.jocl.LibUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * JOCL's native library, loaded from a file that is this user's alone.
 *
 * <p>JOCL by itself unpacks the library into the temporary folder, which all users share, under a
 * fixed name, and loads whatever lies there under that name. This class unpacks it into the folder
 * of the {@link BinaryCache}, compares the file with the jar's bytes at each start, and replaces
 * atomically a file that differs. Where that folder cannot serve, a new folder in the temporary one
 * does, which is deleted when the library is loaded. So it is where another class loader of this
 * JVM has the library: the JVM refuses one file to two class loaders.
 *
 * <p>JOCL takes the folder from the system property {@code java.io.tmpdir}, when its class is
 * initialised. The property names the chosen folder for the few milliseconds that this takes.
 *
 * <p>On systems other than Linux, JOCL does what it does by itself if no folder can serve.
 */
public final class NativeLibrary {
  /** JOCL's version, as it stands in the names of its libraries. */
  private static final String NAME = "JOCL_2_0_6";

  private static final String FOLDER = "java.io.tmpdir";

  /** What helps where no folder serves. */
  public static final String REMEDY =
      "set "
          + BinaryCache.VARIABLE
          + " to a folder of your own that can be written to and is not mounted noexec, or start"
          + " java with -D"
          + FOLDER
          + "=FOLDER";

  private static final Logger LOG = LoggerFactory.getLogger(NativeLibrary.class);

  /**
   * What came of loading the library.
   *
   * @param file the file that was loaded; empty if JOCL chose it
   * @param passedOver why files before it were not loaded
   * @param problem why OpenCL cannot be used; null if it can
   * @param remedy what helps against the problem; empty if nothing is known to help
   */
  public record Outcome(
      String file, List<String> passedOver, @Nullable String problem, String remedy) {}

  private static final class Loaded {
    static final Outcome OUTCOME = new NativeLibrary().load();
  }

  private final String name =
      LibUtils.createLibraryFileName(LibUtils.createPlatformLibraryName(NAME));
  private final List<String> passedOver = new ArrayList<>();

  /** A folder that was made for this process; null if there is none. */
  private @Nullable Path own;

  /** A folder on a file system that does not let programs be run; null if none was seen. */
  private @Nullable Path noexec;

  private NativeLibrary() {}

  /** Loads the library and the OpenCL loader at the first call; never throws. */
  public static Outcome outcome() {
    return Loaded.OUTCOME;
  }

  private Outcome load() {
    boolean linux = System.getProperty("os.name", "").startsWith("Linux");
    byte[] library = library();
    Path folder = library == null ? null : choose(library);
    if (folder == null && library != null && linux) {
      return unusable(
          "JOCL's native library cannot be unpacked: " + String.join("; ", passedOver), REMEDY);
    }
    String file = folder == null ? "" : folder.resolve(name).toString();
    String shared = System.getProperty(FOLDER);
    try {
      if (folder != null) {
        System.setProperty(FOLDER, folder.toString());
      }
      MethodHandles.lookup().ensureInitialized(CL.class);
      return new Outcome(file, List.copyOf(passedOver), null, "");
    } catch (LinkageError e) {
      return failure(e, file);
    } catch (IllegalAccessException e) {
      throw new AssertionError(e); // CL is public
    } finally {
      if (folder != null && shared != null) {
        System.setProperty(FOLDER, shared);
      } else if (folder != null) {
        System.clearProperty(FOLDER);
      }
      deleteOwn();
    }
  }

  private Outcome unusable(String problem, String remedy) {
    LOG.warn("OpenCL is not used: {}; remedy: {}", problem, remedy);
    return new Outcome("", List.copyOf(passedOver), problem, remedy);
  }

  /** What JOCL's failure means; its message holds the traces of two attempts, one after another. */
  private Outcome failure(LinkageError e, String file) {
    Throwable cause = e.getCause(); // of an earlier failure, if the program itself uses JOCL
    String message = e.getMessage() + (cause == null ? "" : "\n" + cause.getMessage());
    if (!message.contains("Error while loading native library")) {
      return new Outcome(
          file,
          List.copyOf(passedOver),
          "the OpenCL loader is missing or cannot be loaded: "
              + message.lines().findFirst().orElse(""),
          "");
    }
    String error = UnsatisfiedLinkError.class.getName() + ": ";
    String words =
        message
            .lines()
            .filter(line -> line.contains(error))
            .map(line -> line.substring(line.indexOf(error) + error.length()))
            .reduce("no reason given", (first, second) -> second);
    words = words.replace(file + ": " + file, file); // Java's word of it before the linker's
    return words.contains("already loaded in another classloader")
        ? unusable(
            "another class loader of this JVM has JOCL's native library, as after a web"
                + " application was redeployed: "
                + words,
            "put the jars of JOCL and LogitCL where all applications share them, or restart the"
                + " JVM")
        : unusable("JOCL's native library cannot be loaded: " + words, REMEDY);
  }

  /**
   * The library's bytes in JOCL's jar; null in the jar of another version, or of another system.
   */
  private byte @Nullable [] library() {
    try (InputStream in = CL.class.getResourceAsStream("/lib/" + name)) {
      if (in == null) {
        LOG.debug("JOCL's jar has no {}: JOCL loads its native library in its own way", name);
        return null;
      }
      return in.readAllBytes();
    } catch (IOException e) {
      LOG.debug("JOCL's jar cannot be read: JOCL loads its native library in its own way", e);
      return null;
    }
  }

  /** The folder whose file JOCL is to load; null if there is none. */
  private @Nullable Path choose(byte[] library) {
    boolean taken = ProcessFiles.isMapped(name);
    if (!taken) {
      // JOCL looks there first, and whoever started the JVM named these folders.
      for (String folder :
          System.getProperty("java.library.path", "").split(File.pathSeparator, -1)) {
        if (!folder.isEmpty() && new File(folder, name).isFile()) {
          return Path.of(folder);
        }
      }
    }
    Path cache = BinaryCache.ofThisProcess().folder();
    if (cache != null && serves(cache, library, taken)) {
      return own == null ? cache : own;
    }
    try {
      if (serves(Environment.path(System.getProperty(FOLDER, "")), library, true)) {
        return own;
      }
    } catch (InvalidPathException e) {
      passedOver.add("the temporary folder: " + e.getMessage());
    }
    // So that the dynamic linker says what it has against such a folder.
    return noexec == null || !unpackApart(noexec, library) ? null : own;
  }

  /**
   * Sees to it that a folder has the library.
   *
   * @param folder the folder
   * @param apart whether the library goes into a new folder there, which becomes {@link #own}; if
   *     not, the folder is made if it is missing
   */
  private boolean serves(Path folder, byte[] library, boolean apart) {
    if (!Environment.isText(folder)) {
      passedOver.add(
          folder
              + ": Java cannot name this folder to the dynamic linker in the locale's character"
              + " set (start Java with the environment variable LC_ALL=C.UTF-8)");
      return false;
    }
    try {
      if (!apart) {
        PrivateFiles.createFolder(folder);
      }
      if (ProcessFiles.isNoexec(folder)) {
        passedOver.add(folder + ": mounted noexec");
        noexec = folder;
        return false;
      }
      if (!apart) {
        unpack(folder, library);
        return true;
      }
    } catch (IOException e) {
      passedOver.add(folder + ": " + words(e));
      return false;
    }
    return unpackApart(folder, library);
  }

  private boolean unpackApart(Path folder, byte[] library) {
    try {
      own = PrivateFiles.createFolderIn(folder, "logitcl-");
      unpack(own, library);
      return true;
    } catch (IOException e) {
      passedOver.add(folder + ": " + words(e));
      deleteOwn();
      return false;
    }
  }

  private void unpack(Path folder, byte[] library) throws IOException {
    if (!PrivateFiles.isPrivate(folder)) {
      throw new IOException("other users can write to it");
    }
    Path file = folder.resolve(name);
    if (isRight(file, library)) {
      return;
    }
    Path unfinished = PrivateFiles.createFile(folder, BinaryCache.UNFINISHED);
    try {
      Files.write(unfinished, library);
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  private static boolean isRight(Path file, byte[] library) throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    BasicFileAttributes found =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    return found.isRegularFile()
        && found.size() == library.length
        && PrivateFiles.isPrivate(file)
        && Arrays.equals(Files.readAllBytes(file), library);
  }

  /** A loaded library needs its file no more, except on Windows: there it stays until the end. */
  private void deleteOwn() {
    Path folder = own;
    if (folder == null) {
      return;
    }
    try {
      Files.deleteIfExists(folder.resolve(name));
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      folder.toFile().deleteOnExit(); // deleted after what is registered later
      folder.resolve(name).toFile().deleteOnExit();
    }
    own = null;
  }

  private static String words(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof NoSuchFileException) {
      return "no such folder";
    }
    String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return reason == null ? e.toString() : reason;
  }
}
