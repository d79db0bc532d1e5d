package dev.logitcl.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.matrix.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Which files know that an element type is there. A type that operations store and do not compute
 * in, as a new one would be, is known to {@link DType} and to its codec; whoever else needs to know
 * of it asks these.
 */
final class ElementTypePlacesTest {
  private static final Path JAVA = Path.of("src/main/java/dev/logitcl");
  private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|//[^\\n]*");

  /** The types that are only stored, joined by {@code |}. */
  private static String stored() {
    return Arrays.stream(DType.values())
        .filter(DType::isHalf)
        .map(DType::name)
        .collect(Collectors.joining("|"));
  }

  @Test
  void onTheHostOneLineAndOneCodecNameAType() throws IOException {
    Pattern type = Pattern.compile("\\b(" + stored() + ")\\b");
    Map<String, Set<String>> places = places(JAVA, ".java", type);
    // .npy files have a type of their own for halves, and none for bfloat16.
    assertEquals(
        Map.of("matrix/DType.java", Set.of("F16", "BF16"), "io/NpyType.java", Set.of("F16")),
        places);
    Pattern conversions = Pattern.compile("\\b(Half|BFloat16)\\.\\w+\\(");
    assertEquals(
        Map.of(
            "matrix/HalfCodec.java",
            Set.of("Half"),
            "matrix/BFloat16Codec.java",
            Set.of("BFloat16"),
            "matrix/BFloat16.java", // rounds a double by way of Half
            Set.of("Half")),
        places(JAVA, ".java", conversions));
  }

  @Test
  void nothingListsTheTypes() throws IOException {
    String all = Arrays.stream(DType.values()).map(DType::name).collect(Collectors.joining("|"));
    Pattern branch = Pattern.compile("\\bcase (?:DType\\.)?(" + all + ")\\b");
    assertEquals(Map.of(), places(JAVA, ".java", branch));
  }

  /** The files of a folder that match outside comments, and the first group of the matches. */
  private static Map<String, Set<String>> places(Path folder, String suffix, Pattern pattern)
      throws IOException {
    Map<String, Set<String>> places = new TreeMap<>();
    boolean any = false;
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file :
          (Iterable<Path>) files.filter(f -> f.toString().endsWith(suffix))::iterator) {
        any = true;
        String code = COMMENT.matcher(Files.readString(file)).replaceAll(" ");
        Set<String> found =
            pattern.matcher(code).results().map(m -> m.group(1)).collect(Collectors.toSet());
        if (!found.isEmpty()) {
          places.put(folder.relativize(file).toString().replace('\\', '/'), found);
        }
      }
    }
    assertTrue(any, "no files in " + folder);
    return places;
  }
}
