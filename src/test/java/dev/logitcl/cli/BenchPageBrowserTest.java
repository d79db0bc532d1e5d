package dev.logitcl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.logitcl.bench.DeviceResult;
import dev.logitcl.bench.Measurement;
import dev.logitcl.bench.Report;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page of {@code bench --html} in a real browser, wide and on a phone, light and dark. */
@Tag("once")
class BenchPageBrowserTest {
  private static final int WIDE = 1280;
  private static final int PHONE = 390;
  private static final String NAME = "Device <b>&amp;</script><script>fetch('https://x.test')";

  @TempDir private Path folder;

  private static Measurement result(
      String op, String roof, long rows, long cols, double gbps, boolean ok) {
    long nanoseconds = Math.round(8 * rows * cols / gbps);
    return new Measurement(
        op,
        "forward",
        rows,
        cols,
        "f32",
        "row_per_item_keep ITEMS_PER_CU=8 V=16",
        nanoseconds,
        nanoseconds,
        nanoseconds,
        7,
        nanoseconds,
        gbps,
        0,
        2 * gbps,
        roof,
        4 * gbps,
        ok ? 1e-7 : Double.MAX_VALUE,
        ok,
        true);
  }

  private static DeviceResult device(String id, String name, double speed) {
    List<Measurement> results = new ArrayList<>();
    for (String op : List.of("logsumexp", "softmax")) {
      String roof = op.equals("softmax") ? "copy" : "read";
      results.add(result(op, roof, 64, 1000, speed / 8, true));
      results.add(result(op, roof, 8192, 1000, speed / 2, true));
      results.add(result(op, roof, 1, 1 << 24, speed / 3, !op.equals("softmax")));
    }
    return new DeviceResult(id, "cpu", name, "1.0", speed, speed / 2, speed, results);
  }

  private static Report report(DeviceResult... devices) {
    return new Report(Report.SCHEMA, "1", "2026-01-01T00:00:00Z", "17", "os", List.of(devices));
  }

  @ParameterizedTest(name = "dark: {0}")
  @ValueSource(booleans = {false, true})
  void isDrawnWithoutAFault(boolean dark) throws Exception {
    Report two = report(device("opencl:0", NAME, 40), device("java", "Java", 30));
    Report far = report(device("opencl:0", "GPU", 3000), device("java", "Java", 30));
    Map<String, JsonNode> seen =
        look(
            dark,
            Map.of(
                "wide", page(two), "phone", page(two), "far", page(far), "none", page(report())));
    JsonNode wide = seen.get("wide");
    for (Map.Entry<String, JsonNode> page : seen.entrySet()) {
      JsonNode node = page.getValue();
      int width = page.getKey().equals("phone") ? PHONE : WIDE;
      assertEquals(List.of(), texts(node.path("problems")), page.getKey());
      assertEquals(List.of(), texts(node.path("requests")), page.getKey());
      assertEquals(width, node.path("width").asInt(), page.getKey());
      assertTrue(node.path("documentWidth").asInt() <= width, () -> page.toString());
      assertEquals(dark, node.path("dark").asBoolean());
      assertEquals(
          dark ? "rgb(15, 18, 22)" : "rgb(246, 247, 249)", node.path("background").asText());
      if (!page.getKey().equals("none")) {
        assertDrawn(node, dark);
      }
    }
    assertEquals(0, seen.get("none").path("charts").size());
    assertTrue(wide.path("devices").path(0).asText().contains(NAME), wide.toString());
    assertEquals(12, wide.path("rows").asInt());
    assertEquals(List.of("inf wrong", "inf wrong"), texts(wide.path("wrong")));
    assertEquals(
        List.of("logsumexp forward GB/s, roof: read", "softmax forward GB/s, roof: copy"),
        texts(wide.path("captions")));
    assertEquals(List.of("% of read", "% of copy"), texts(wide.path("captionsAfter")));
    assertEquals(
        """
        8192 × 1000
        ◆ java
        15.0 GB/s · 60.0 % of read
        median 4.37 ms
        min 4.37 ms, p90 4.37 ms
        row_per_item_keep
        ITEMS_PER_CU=8 V=16""",
        wide.path("hover").asText());
    assertTrue(wide.path("first").asText().contains("20.0"), wide.path("first").asText());
  }

  /** Both series in both charts; after a click on the first device, the second one's alone. */
  private static void assertDrawn(JsonNode page, boolean dark) {
    String first = dark ? "#56b4e9" : "#0072b2";
    String second = dark ? "#ff9046" : "#d55e00";
    assertEquals(2, page.path("charts").size());
    for (int k = 0; k < 2; k++) {
      JsonNode chart = page.path("charts").path(k);
      assertTrue(chart.path("drawn").asBoolean());
      assertTrue(chart.path("pixels").asInt() > 2000, chart.toString());
      assertTrue(chart.path("width").asInt() > 300, chart.toString());
      assertTrue(
          texts(chart.path("colours")).containsAll(List.of(first, second)), () -> "" + chart);
      JsonNode after = page.path("after").path(k);
      assertTrue(texts(after.path("colours")).contains(second), () -> "" + after);
      assertFalse(texts(after.path("colours")).contains(first), () -> "" + after);
    }
  }

  /** The page with a probe at the top of its head. */
  private static String page(Report report) throws Exception {
    try (InputStream probe = BenchPageBrowserTest.class.getResourceAsStream("probe.js")) {
      String script = new String(probe.readAllBytes(), StandardCharsets.UTF_8);
      return BenchPage.html(report)
          .replaceFirst(
              "<title>", Matcher.quoteReplacement("<script>" + script + "</script><title>"));
    }
  }

  /**
   * Shows each page in a frame, of the width of a phone if it is called that. The frames lie upon
   * each other: what is outside of the window is not drawn.
   */
  private Map<String, JsonNode> look(boolean dark, Map<String, String> pages) throws Exception {
    StringBuilder frames =
        new StringBuilder(
            """
            <!DOCTYPE html><meta name="color-scheme" content="light dark"><body>
            <style>iframe { position: fixed; inset: 0; border: 0 }</style><script>
            addEventListener("message", e => {
              const pre = document.createElement("pre");
              const frame = [...document.querySelectorAll("iframe")].find(f => f.contentWindow === e.source);
              pre.textContent = frame.name + " " + btoa(unescape(encodeURIComponent(JSON.stringify(e.data))));
              document.body.append(pre);
            });
            </script>
            """);
    for (Map.Entry<String, String> page : pages.entrySet()) {
      Files.writeString(folder.resolve(page.getKey() + ".html"), page.getValue());
      int width = page.getKey().equals("phone") ? PHONE : WIDE;
      frames.append(
          "<iframe name=\"%1$s\" src=\"%1$s.html\" width=\"%2$d\" height=\"900\"></iframe>"
              .formatted(page.getKey(), width));
    }
    Path outer = Files.writeString(folder.resolve("outer.html"), frames);
    String document = Chromium.document(outer, folder, dark);
    Map<String, JsonNode> seen = new TreeMap<>();
    Matcher found = Pattern.compile("<pre>(\\w+) ([\\w+/=]+)</pre>").matcher(document);
    while (found.find()) {
      byte[] json = Base64.getDecoder().decode(found.group(2));
      seen.put(found.group(1), new ObjectMapper().readTree(json));
    }
    assertEquals(pages.keySet(), seen.keySet(), document);
    return seen;
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(item -> texts.add(item.asText()));
    return texts;
  }
}
