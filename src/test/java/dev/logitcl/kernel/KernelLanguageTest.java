package dev.logitcl.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kernels are OpenCL C 1.2 and nothing else. A compiler that knows more than that may hand it to a
 * back end that does not: Mesa's rusticl ends the process over a prefetch of clang's.
 */
@Tag("once")
final class KernelLanguageTest {
  private static final String ROOT = "opencl-kernels";

  /** What clang alone knows, and the option of a table row that asks for it. */
  private static final Map<String, String> OPTION_OF =
      Map.of("__builtin_prefetch", "PREFETCH", "__builtin_nontemporal_store", "STREAM");

  /** Parts of the names of entry points, which the preprocessor joins. */
  private static final Set<String> PARTS_OF_NAMES = Set.of("__", "__partial", "__finish");

  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_]\\w*");

  /** A hint, which compilers that do not know it pass over. */
  private static final Pattern UNROLL = Pattern.compile("_Pragma\\(\"unroll( \\d+)?\"\\)");

  private static final Pattern PRAGMA =
      Pattern.compile("#pragma (unroll( \\d+)?|OPENCL EXTENSION cl_khr_fp64 : enable)");

  private static final Pattern LOCAL_SIZE =
      Pattern.compile("__attribute__\\(\\(reqd_work_group_size\\([^()]*\\)\\)\\)");

  /** Words of later versions of OpenCL C, of extensions, of C++ and of GNU C. */
  private static final Pattern FOREIGN_WORD =
      Pattern.compile(
          "(sub_group|work_group|intel|amd|nv|arm|qcom|cl_(intel|amd|nv|arm|qcom|clang))_\\w+"
              + "|(get_)?(sub_group|enqueued)_\\w+|atomic_(fetch|load|store|exchange|compare)_?\\w*"
              + "|memory_(order|scope)\\w*|to_(global|local|private)|cl_khr_\\w+|convert_half\\w*"
              + "|generic|pipe|auto|register|asm|typeof|alloca|static_assert|_Static_assert"
              + "|_Generic|nullptr|constexpr|template|class|namespace");

  /** GNU C: a block as an expression, and a choice without its middle. */
  private static final Pattern FOREIGN_SYNTAX = Pattern.compile("\\(\\{|\\?\\s*:");

  private static List<Path> kernels() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of(ROOT))) {
      return files.filter(path -> path.toString().matches(".*\\.clh?")).sorted().toList();
    }
  }

  @Test
  void kernelsSayNothingThatOnlySomeCompilersKnow() throws IOException {
    List<Path> kernels = kernels();
    assertTrue(kernels.size() > 60, "kernels: " + kernels.size());
    List<String> faults = new ArrayList<>();
    for (Path file : kernels) {
      faults.addAll(faults(file.toString(), Files.readString(file)));
    }
    assertEquals("", String.join("\n", faults));
  }

  /**
   * Mesa 22.3 computes wrongly around a loop without a condition, which is left from inside: the
   * sum of a row lost its last elements where such a loop looked for the first maximum.
   */
  @Test
  void everyLoopHasACondition() throws IOException {
    Pattern endless =
        Pattern.compile("for \\([^;()]*(\\([^()]*\\)[^;()]*)*;\\s*;|while \\((1|true)\\)");
    assertTrue(endless.matcher("for (uint q = (k - 1) / V;; q--)").find());
    assertTrue(endless.matcher("for (;; j += V)").find());
    assertFalse(endless.matcher("for (uint j = 0; j < n;) {").find());
    for (Path file : kernels()) {
      Matcher found = endless.matcher(Files.readString(file));
      assertFalse(found.find(), file + ": a loop without a condition");
    }
  }

  /** The options would be dead otherwise, and the test above would guard nothing. */
  @Test
  void whatTheOptionsAskForIsThere() throws IOException {
    StringBuilder all = new StringBuilder();
    for (Path file : kernels()) {
      all.append(Files.readString(file));
    }
    OPTION_OF.keySet().forEach(word -> assertTrue(all.indexOf(word) > 0, word));
  }

  /** Rows for any device promise nothing but OpenCL C. */
  @ParameterizedTest
  @ValueSource(strings = {"variants.tsv", "tuned.tsv", "candidates.tsv"})
  void onlyRowsForANamedDriverAskForMoreThanOpenClC(String table) {
    for (String line : KernelSource.read(table).split("\n", -1)) {
      if (VariantTable.isRow(line) && line.matches(".*\\b(PREFETCH|STREAM)=.*")) {
        String device = line.substring(0, line.indexOf('\t'));
        assertFalse(Set.of("*", "cpu", "gpu").contains(device), table + ": " + line);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "f(); __builtin_prefetch(p); | __builtin_prefetch",
        "#ifdef PREFETCH;#else;__builtin_prefetch(p);#endif | __builtin_prefetch",
        "#ifndef PREFETCH;__builtin_prefetch(p);#endif | __builtin_prefetch",
        "#if !defined(STREAM);__builtin_nontemporal_store(v, p);#endif | __builtin_nontemporal_store",
        "#ifdef STREAM;__builtin_prefetch(p);#endif | __builtin_prefetch",
        "#ifdef STREAM;#endif;__builtin_nontemporal_store(v, p); | __builtin_nontemporal_store",
        "#if __has_builtin(__builtin_prefetch);#endif | __has_builtin",
        "#ifdef PREFETCH;a = __builtin_expect(b, 0);#endif | __builtin_expect",
        "float a __attribute__((aligned(64))); | __attribute__",
        "#pragma clang loop vectorize(enable) | #pragma clang loop vectorize(enable)",
        "#ifndef __clang__;#pragma clang diagnostic ignored `-Wall`;#endif | #pragma clang",
        "#pragma OPENCL EXTENSION cl_khr_fp16 : enable | #pragma OPENCL EXTENSION cl_khr_fp16",
        "_Pragma(`ivdep`) for (;;) | _Pragma",
        "s = sub_group_reduce_add(s); | sub_group_reduce_add",
        "s = work_group_reduce_add(s); | work_group_reduce_add",
        "generic float *p; | generic",
        "a = b ?: c; | GNU",
        "a = ({ b; }); | GNU",
      })
  void whatOnlySomeCompilersKnowIsFound(String lines, String word) {
    List<String> faults = faults("op/x.cl", "//\n" + lines.replace('`', '"').replace(";", "\n"));
    assertFalse(faults.isEmpty(), lines);
    assertTrue(
        faults.get(0).matches("op/x\\.cl:[2-9]: .*" + Pattern.quote(word) + ".*"), faults.get(0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "#ifdef PREFETCH;__builtin_prefetch(p);#endif",
        "#if defined(STREAM) && !defined(KEEP);#if V == 4;__builtin_nontemporal_store(v, p);#endif;#endif",
        "kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void f(void)",
        "#pragma unroll",
        "_Pragma(`unroll 4`) for (;;)",
        "#ifdef __clang__;#pragma clang diagnostic ignored `-Wpsabi`;#endif",
        "KERNEL void ENTRY(CAT(GEOMETRY, __partial))(void) // __builtin_prefetch",
      })
  void whatEveryCompilerTakesIsNoFault(String lines) {
    assertEquals(List.of(), faults("op/x.cl", lines.replace('`', '"').replace(";", "\n")));
  }

  /** What of a file is no OpenCL C 1.2, with its line. */
  private static List<String> faults(String file, String text) {
    List<String> faults = new ArrayList<>();
    Deque<String> conditions = new ArrayDeque<>();
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      String code = UNROLL.matcher(line.replaceAll("//.*", "")).replaceAll("").strip();
      if (code.startsWith("#el") || code.startsWith("#endif")) {
        conditions.pop();
      }
      if (code.startsWith("#if") || code.startsWith("#el")) {
        conditions.push(code);
      }
      String where = file + ":" + number + ": ";
      if (code.startsWith("#pragma")) {
        boolean ofClang =
            code.startsWith("#pragma clang diagnostic ") && isUnder("__clang__", conditions);
        if (!ofClang && !PRAGMA.matcher(code).matches()) {
          faults.add(where + "OpenCL C 1.2 has no " + code);
        }
        continue;
      }
      code = LOCAL_SIZE.matcher(code.replaceAll("\"[^\"]*\"", "")).replaceAll("");
      Matcher words = IDENTIFIER.matcher(code);
      while (words.find()) {
        String fault = fault(words.group(), code.startsWith("#"), conditions);
        if (fault != null) {
          faults.add(where + fault);
        }
      }
      if (FOREIGN_SYNTAX.matcher(code).find()) {
        faults.add(where + "GNU C alone has " + code);
      }
    }
    return faults;
  }

  private static @Nullable String fault(String word, boolean directive, Deque<String> conditions) {
    String option = OPTION_OF.get(word);
    if (option != null) {
      return isUnder(option, conditions)
          ? null
          : "clang alone knows " + word + ": expected between #ifdef " + option + " and #endif";
    }
    boolean known =
        word.startsWith("__")
            ? PARTS_OF_NAMES.contains(word) || (directive && word.equals("__clang__"))
            : !word.equals("_Pragma") && !FOREIGN_WORD.matcher(word).matches();
    return known ? null : "OpenCL C 1.2 has no " + word;
  }

  /** Whether the lines at hand are read only where a name is defined. */
  private static boolean isUnder(String name, Deque<String> conditions) {
    return conditions.stream()
        .anyMatch(
            condition ->
                condition.equals("#ifdef " + name)
                    || condition.matches("#(el)?if (.* && )?defined\\(" + name + "\\)( && .*)?"));
  }
}
