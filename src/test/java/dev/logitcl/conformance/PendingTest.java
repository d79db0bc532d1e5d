package dev.logitcl.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every case either runs or stands in pending.tsv with what it waits for; the list only shrinks.
 */
final class PendingTest {
  /** All cases of the collection. */
  private static final int CASES = 146;

  /** How many may wait. Lower it with every case that runs; never raise it. */
  private static final int MOST_PENDING = 6;

  @Test
  void everyCaseRunsOrIsListedWithItsReason() throws IOException {
    Map<String, String> expected = new TreeMap<>();
    for (ConformanceCase test : ConformanceCase.all()) {
      Obstacle.of(test).ifPresent(reason -> expected.put(test.name(), reason));
    }
    assertEquals(lines(expected), lines(listed()), "pending.tsv: left what waits, right the list");
  }

  @Test
  void theListOnlyShrinks() throws IOException {
    assertEquals(CASES, ConformanceCase.all().size());
    int pending = listed().size();
    assertTrue(pending <= MOST_PENDING, pending + " cases wait, at most " + MOST_PENDING + " may");
  }

  @Test
  void whatRunsHasItsTensors() {
    List<String> missing = new ArrayList<>();
    for (ConformanceCase test : ConformanceCase.all()) {
      if (Obstacle.of(test).isEmpty()
          && !test.tensors().allMatch(ConformanceCase.Tensor::isThere)) {
        missing.add(test.name());
      }
    }
    assertEquals(List.of(), missing, "cases without tensors; README.md says where to get them");
  }

  private static Map<String, String> listed() throws IOException {
    try (Stream<String> lines = Files.lines(ConformanceCase.root().resolve("pending.tsv"))) {
      return lines
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("\t", 2))
          .collect(
              Collectors.toMap(
                  fields -> fields[0],
                  fields -> fields[1],
                  (first, second) -> first + " and " + second,
                  TreeMap::new));
    }
  }

  private static String lines(Map<String, String> cases) {
    return cases.entrySet().stream()
        .map(entry -> entry.getKey() + "\t" + entry.getValue())
        .collect(Collectors.joining("\n"));
  }
}
