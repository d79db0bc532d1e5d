package dev.logitcl.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.logitcl.cli.ArgumentsFuzz;
import dev.logitcl.cli.ReportFuzz;
import dev.logitcl.io.NpyFuzz;
import dev.logitcl.kernel.TableFuzz;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The inputs that {@code scripts/fuzz} starts from, and all that it ever found, through the targets
 * without a fuzzer.
 */
@Tag("once")
@Tag("turn-4")
final class CorpusTest {
  private record Target(Class<?> type, Body body) {}

  private interface Body {
    void take(byte[] input) throws Exception;
  }

  private static final List<Target> TARGETS =
      List.of(
          new Target(NpyFuzz.class, NpyFuzz::fuzzerTestOneInput),
          new Target(TableFuzz.class, TableFuzz::fuzzerTestOneInput),
          new Target(ReportFuzz.class, ReportFuzz::fuzzerTestOneInput),
          new Target(ArgumentsFuzz.class, ArgumentsFuzz::fuzzerTestOneInput));

  private static Path corpus(Class<?> target) throws Exception {
    String folder = "/fuzz/" + target.getSimpleName();
    return Path.of(Objects.requireNonNull(CorpusTest.class.getResource(folder), folder).toURI());
  }

  private static List<Path> inputs(Class<?> target) throws Exception {
    try (Stream<Path> files = Files.list(corpus(target))) {
      return files.sorted().toList();
    }
  }

  @TestFactory
  List<DynamicNode> everyInput() throws Exception {
    List<DynamicNode> all = new ArrayList<>();
    for (Target target : TARGETS) {
      List<DynamicTest> tests = new ArrayList<>();
      for (Path input : inputs(target.type())) {
        tests.add(
            DynamicTest.dynamicTest(
                input.getFileName().toString(),
                () -> target.body().take(Files.readAllBytes(input))));
      }
      assertFalse(tests.isEmpty(), target + " has no corpus");
      all.add(DynamicContainer.dynamicContainer(target.type().getSimpleName(), tests));
    }
    return all;
  }

  /** The script fuzzes what it finds by this name. */
  @Test
  void everyFolderHasItsTarget() throws Exception {
    List<String> names = TARGETS.stream().map(target -> target.type().getSimpleName()).toList();
    Path folders = Objects.requireNonNull(corpus(NpyFuzz.class).getParent());
    try (Stream<Path> folder = Files.list(folders)) {
      List<String> found = folder.map(path -> path.getFileName().toString()).sorted().toList();
      assertEquals(names.stream().sorted().toList(), found);
    }
  }

  /** What a file that is cut off looks like, at some lengths. */
  @Test
  void everyStartOfAnInput() throws Exception {
    for (Target target : TARGETS) {
      for (Path input : inputs(target.type())) {
        byte[] all = Files.readAllBytes(input);
        for (int length = 0; length < all.length; length += 1 + length / 2) {
          target.body().take(Arrays.copyOf(all, length));
        }
      }
    }
  }
}
