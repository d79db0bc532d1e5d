package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.logitcl.bench.DeviceResult;
import dev.logitcl.bench.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page as text; {@link BenchPageBrowserTest} looks at it in a browser. */
@Tag("once")
class BenchPageTest {
  private static final Pattern JSON =
      Pattern.compile(
          "<script type=\"application/json\" id=\"report\">(.*?)</script>", Pattern.DOTALL);

  @TempDir private Path folder;

  @Test
  void namesCannotLeaveTheirPlace() throws IOException {
    String name = "</script><script>alert(1)</script><!-- $1 \\ {{chart.js}} & \u2028 \"";
    DeviceResult device = new DeviceResult("x", "gpu", name, "", 1, 1, 1, List.of());
    Report report = new Report(Report.SCHEMA, "1", "2026", "17", "os", List.of(device));
    String html = BenchPage.html(report);
    assertFalse(html.contains("alert(1)</script>"));
    assertFalse(html.contains("<script>alert"));
    Matcher json = JSON.matcher(html);
    assertTrue(json.find());
    assertEquals(
        name,
        new ObjectMapper().readTree(json.group(1)).path("devices").path(0).path("name").asText());
  }

  @Test
  void everythingIsInIt() throws IOException {
    String html = BenchPage.html(new Report(Report.SCHEMA, "1", "2026", "17", "os", List.of()));
    assertEquals(List.of(), Pattern.compile("\\{\\{[a-z.]+}}").matcher(html).results().toList());
    // The licence of what is in it, and in full.
    assertTrue(html.contains("Released under the MIT License"));
    assertTrue(html.contains("Permission is hereby granted, free of charge"));
    assertTrue(html.contains("THE SOFTWARE IS PROVIDED \"AS IS\""));
    // No address but those in comments about who wrote Chart.js and @kurkle/color.
    assertEquals(
        List.of("https://www.chartjs.org", "https://github.com/kurkle/color#readme"),
        Pattern.compile("https?:[^\\s\"')]*").matcher(html).results().map(m -> m.group()).toList());
    for (String reference : List.of("<link", "src=", "url(", "@import", "sourceMappingURL")) {
      assertFalse(html.contains(reference), reference);
    }
  }

  @Test
  void aRunWritesItWholeOrNotAtAll() throws IOException {
    Path page = folder.resolve("b.html");
    Cli.Result result =
        Cli.run(
            "bench",
            "--quick",
            "--device",
            "cpu",
            "--op",
            "softmax",
            "--shape",
            "8x10",
            "--html",
            page);
    assertEquals(0, result.code(), result.err());
    String html = Files.readString(page);
    assertTrue(html.startsWith("<!DOCTYPE html>") && html.endsWith("</html>\n"));
    assertTrue(html.contains("\"rows\":8,\"cols\":10"));
    Cli.run("bench", "--html", folder.resolve("none/b.html"))
        .assertRefused("none/b.html: found no such file or folder, expected");
    Cli.run("bench", "--json", page, "--html", folder.resolve("./b.html"))
        .assertRefused("--html: found ", "which is the file of --");
    assertEquals(html, Files.readString(page));
    try (var files = Files.list(folder)) {
      assertEquals(List.of(page), files.toList());
    }
  }
}
