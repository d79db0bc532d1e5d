package dev.logitcl.files;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The environment variables of this process, and the paths that they name, as the file system has
 * them.
 *
 * <p>Java reads a variable in the character set of the locale. Under cron, in systemd's services
 * and in containers that is often ASCII, and the name of a folder such as {@code /home/jürgen} is
 * lost. A path's name is bytes to Linux, whatever the locale. On Linux this class therefore reads
 * such variables from the kernel and gives their bytes to the file system unchanged. In the texts
 * of this class a byte that is not UTF-8 stands as a lone surrogate, U+DC80 to U+DCFF.
 */
public final class Environment {
  private static final boolean LINUX = System.getProperty("os.name", "").startsWith("Linux");

  /** What Java puts in the place of a character that it cannot read. */
  private static final char REPLACEMENT = '\uFFFD';

  private static final int ESCAPE = 0xDC00;

  private Environment() {}

  /** All variables of this process. */
  public static Map<String, String> variables() {
    Map<String, String> variables = System.getenv();
    if (!LINUX || variables.values().stream().allMatch(Environment::isAscii)) {
      return variables;
    }
    Map<String, String> exact = new HashMap<>(variables);
    kernels().forEach((name, value) -> exact.computeIfPresent(name, (n, old) -> value));
    return exact;
  }

  /** The variables as the kernel has them; none if it does not tell. */
  private static Map<String, String> kernels() {
    Map<String, String> variables = new HashMap<>();
    try {
      String all = text(Files.readAllBytes(Path.of("/proc/self/environ")));
      for (String entry : all.split("\0", -1)) {
        int equals = entry.indexOf('=');
        if (equals > 0) {
          variables.putIfAbsent(entry.substring(0, equals), entry.substring(equals + 1));
        }
      }
    } catch (IOException e) {
      return Map.of();
    }
    return variables;
  }

  /**
   * The path with a name, which may come from {@link #variables}, from {@link #text(Path)}, or from
   * a property of Java's.
   *
   * @throws InvalidPathException if Java has lost characters of the name, or cannot express it; the
   *     message says what to do about it
   */
  public static Path path(String name) {
    if (name.indexOf(REPLACEMENT) >= 0) {
      throw lost(name);
    }
    if (!LINUX || isAscii(name)) {
      return Path.of(name);
    }
    boolean absolute = name.startsWith("/");
    StringBuilder uri = new StringBuilder(absolute ? "file://" : "file:///");
    for (byte b : bytes(name)) {
      char c = (char) (b & 0xff);
      if (c == '/' || (isAscii(c) && Character.isLetterOrDigit(c))) {
        uri.append(c);
      } else {
        uri.append(String.format("%%%02X", (int) c));
      }
    }
    // A path that is made from a URI takes its bytes, and asks no character set.
    Path path = Path.of(URI.create(uri.toString()));
    return absolute ? path : Path.of("/").relativize(path);
  }

  /**
   * The path of a file with a name, as {@link #path}. A name that ends with a slash is a folder's,
   * which a path no longer tells.
   *
   * @throws InvalidPathException if Java has lost characters of the name, cannot express it, or it
   *     ends with a slash
   */
  public static Path file(String name) {
    if (name.endsWith("/") || name.endsWith(File.separator)) {
      throw new InvalidPathException(
          name, "expected the name of a file, and this one ends with a slash");
    }
    return path(name);
  }

  private static InvalidPathException lost(String name) {
    String encoding = System.getProperty("sun.jnu.encoding", "of the locale");
    if (encoding.equals("UTF-8")) {
      return new InvalidPathException(
          name,
          "Java cannot read this name, which is not UTF-8, remedy: rename the file or folder");
    }
    return new InvalidPathException(
        name,
        "Java cannot read this name in the character set "
            + encoding
            + ", remedy: start Java with the environment variable LC_ALL=C.UTF-8");
  }

  /** The name of an absolute path, with all its bytes; {@link #path} makes the path of it again. */
  public static String text(Path absolute) {
    String text = absolute.toString();
    if (!LINUX || isAscii(text)) {
      return text;
    }
    String uri = absolute.toUri().getRawPath();
    ByteBuffer bytes = ByteBuffer.allocate(uri.length());
    for (int k = 0; k < uri.length(); k++) {
      if (uri.charAt(k) == '%') {
        bytes.put((byte) Integer.parseInt(uri.substring(k + 1, k + 3), 16));
        k += 2;
      } else {
        bytes.put((byte) uri.charAt(k));
      }
    }
    String name = text(Arrays.copyOf(bytes.array(), bytes.position()));
    return name.length() > 1 && name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
  }

  /** Whether Java can pass a path on as text, as it must to the dynamic linker. */
  public static boolean isText(Path path) {
    try {
      return Path.of(path.toString()).equals(path);
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /**
   * The user's home: {@code $HOME}, or where it is not set, and on Windows, Java's {@code
   * user.home}.
   *
   * @param variables environment variables
   * @param os the operating system, as Java names it
   * @param userHome Java's {@code user.home}
   * @return null if the user has no home, as in some containers
   * @throws InvalidPathException if Java has lost characters of its name
   */
  public static @Nullable Path home(Map<String, String> variables, String os, String userHome) {
    String named = os.startsWith("Windows") ? "" : variables.getOrDefault("HOME", "");
    String home = named.isEmpty() ? userHome : named;
    if (home.isEmpty() || home.equals("?")) {
      return null;
    }
    if (named.isEmpty() && home.indexOf('?') >= 0) {
      throw lost(home); // in this property Java puts a question mark for what it cannot read
    }
    Path path = path(home);
    return path.isAbsolute() ? path : null;
  }

  /** Text in UTF-8; a byte that is not UTF-8 becomes a lone surrogate. */
  public static String text(byte[] bytes) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(in, out, true);
    while (result.isError()) {
      for (int k = 0; k < result.length(); k++) {
        out.put((char) (ESCAPE + (in.get() & 0xff)));
      }
      result = decoder.decode(in, out, true);
    }
    return out.flip().toString();
  }

  private static byte[] bytes(String text) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (c >= ESCAPE + 0x80 && c <= ESCAPE + 0xff) {
                bytes.put((byte) c);
              } else {
                bytes.put(Character.toString(c).getBytes(StandardCharsets.UTF_8));
              }
            });
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(Environment::isAscii);
  }

  private static boolean isAscii(int c) {
    return c < 0x80;
  }
}
