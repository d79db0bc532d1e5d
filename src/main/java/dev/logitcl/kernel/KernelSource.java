package dev.logitcl.kernel;

import dev.logitcl.matrix.DType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of a kernel: an op file and a geometry file with their includes put in place, each once,
 * and {@code #line} directives, so that a build log names the file and line of the source.
 */
public final class KernelSource {
  private static final String ROOT = "/opencl-kernels/";
  private static final Pattern INCLUDE = Pattern.compile("#include \"([^\"]+)\"\\s*");
  private static final Pattern REDUCTION =
      Pattern.compile("(?m)^\\s*#define\\s+REDUCTION\\s+(NONE|SUM|LOG_SUM_EXP)\\b");
  private static final Pattern WALK = Pattern.compile("(?m)^\\s*#define\\s+WALK\\s+(\\w+)\\b");
  private static final Pattern EMITS_FROM_EXP =
      Pattern.compile("(?m)^\\s*#define\\s+EMITS_FROM_EXP\\b");

  private static final Pattern NUMBER =
      Pattern.compile("(?m)^\\s*#define\\s+([A-Z_]+)\\s+(\\d+)u?\\s*(?://.*)?$");

  private static final Map<Geometry, Map<String, Set<Integer>>> NUMBERS = new ConcurrentHashMap<>();

  private KernelSource() {}

  /** What a row is reduced to before its elements are emitted. */
  public enum Reduction {
    /** Nothing. */
    NONE,
    /** A sum. */
    SUM,
    /** Maximum and sum of exponentials. */
    LOG_SUM_EXP
  }

  /** Which geometries an op is made for: {@code WALK} of its file. */
  public enum Walk {
    /** A row is reduced, then each of its elements emitted by itself; without a {@code WALK}. */
    REDUCE,
    /** Each element is made from those before it. */
    SCAN,
    /** The largest elements are found while the row is reduced. */
    TOP,
    /** No row is walked: tiles of a matrix product. */
    TILES
  }

  /**
   * What the host must know of an op file, and of the type that it is built for.
   *
   * @param reduction the reduction that it names
   * @param emitsFromExp whether its elements are made from exp(x - m)
   * @param walk which geometries it is made for
   * @param dtype element type of its matrices
   */
  public record Traits(Reduction reduction, boolean emitsFromExp, Walk walk, DType dtype) {
    /** Of an op that is reduced and emitted, for float32. */
    public Traits(Reduction reduction, boolean emitsFromExp) {
      this(reduction, emitsFromExp, Walk.REDUCE, DType.F32);
    }

    /** These traits with another element type. */
    public Traits with(DType newDtype) {
      return newDtype == dtype ? this : new Traits(reduction, emitsFromExp, walk, newDtype);
    }
  }

  /** The source of an op in a geometry. */
  public static String of(String op, Geometry geometry) {
    StringBuilder text = new StringBuilder(32_768);
    Set<String> seen = new HashSet<>();
    append("op/" + op + ".cl", text, seen);
    append("geometry/" + geometry.file(), text, seen);
    return text.toString();
  }

  /** The source that moves a tensor's axes. */
  public static String permute() {
    return "#line 1 \"permute.cl\"\n" + read("permute.cl");
  }

  /** Reads an op file's traits from its defines. */
  public static Traits traits(String op) {
    String text = read("op/" + op + ".cl");
    Matcher matcher = REDUCTION.matcher(text);
    if (!matcher.find()) {
      throw new IllegalStateException("op/" + op + ".cl names no REDUCTION");
    }
    Matcher walk = WALK.matcher(text);
    return new Traits(
        Reduction.valueOf(matcher.group(1)),
        EMITS_FROM_EXP.matcher(text).find(),
        walk.find() ? Walk.valueOf(walk.group(1)) : Walk.REDUCE,
        DType.F32);
  }

  /**
   * A number that a geometry's file defines, or a file that this one includes: a limit, or what
   * stands for an option that a row of the table does not have.
   *
   * @throws IllegalStateException if there is no such number, or more than one
   */
  static int number(Geometry geometry, String name) {
    Set<Integer> values =
        NUMBERS.computeIfAbsent(geometry, KernelSource::numbers).getOrDefault(name, Set.of());
    if (values.size() != 1) {
      throw new IllegalStateException(
          "geometry/" + geometry.file() + " should define " + name + " once, found " + values);
    }
    return values.iterator().next();
  }

  private static Map<String, Set<Integer>> numbers(Geometry geometry) {
    StringBuilder text = new StringBuilder(32_768);
    Set<String> seen = new HashSet<>();
    append("lib/op.clh", text, seen); // of every op
    append("geometry/" + geometry.file(), text, seen);
    Map<String, Set<Integer>> numbers = new HashMap<>();
    Matcher matcher = NUMBER.matcher(text);
    while (matcher.find()) {
      numbers
          .computeIfAbsent(matcher.group(1), name -> new TreeSet<>())
          .add(Integer.valueOf(matcher.group(2)));
    }
    return numbers;
  }

  private static void append(String path, StringBuilder text, Set<String> seen) {
    if (!seen.add(path)) {
      return;
    }
    text.append("#line 1 \"").append(path).append("\"\n");
    int number = 0;
    for (String line : read(path).split("\n", -1)) {
      number++;
      Matcher include = INCLUDE.matcher(line);
      if (include.matches()) {
        append(include.group(1), text, seen);
        text.append("#line ").append(number + 1).append(" \"").append(path).append("\"\n");
      } else {
        text.append(line).append('\n');
      }
    }
  }

  /** A file of {@code opencl-kernels/}. */
  static String read(String path) {
    try (InputStream in = KernelSource.class.getResourceAsStream(ROOT + path)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + ROOT.substring(1) + path);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + path, e);
    }
  }
}
