package dev.logitcl.docs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The programs of the page on other libraries, with those libraries and with the library's jar: the
 * commands of the page compile and run them in processes of their own. The profile {@code interop}
 * has the libraries; {@code scripts/test --all --only interop} runs this class.
 */
@Tag("interop")
class InteropTest {
  private static final float[][] WEIGHTS = {{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}};

  /** The command that the page takes for granted, made of the compiler's jars. */
  private static final String KOTLINC =
      """
      #!/bin/sh
      exec java -XX:TieredStopAtLevel=1 -cp "$CLASSPATH" org.jetbrains.kotlin.cli.jvm.K2JVMCompiler \\
        -no-stdlib -no-reflect -Werror "$@"
      """;

  @TempDir static Path folder;
  private static Path jar = Path.of("");

  @BeforeAll
  static void prepare() throws IOException {
    String named = System.getProperty("logitcl.jar");
    assertNotNull(named, "this test needs the profile interop");
    jar = Path.of(named);
    assertTrue(Files.exists(jar), () -> "no jar " + jar + "; scripts/test makes it");
    Files.write(folder.resolve("model.onnx"), OnnxModel.linear(WEIGHTS));
    Files.write(folder.resolve("half.onnx"), OnnxModel.linearHalf(WEIGHTS));
    Path kotlinc = Files.writeString(folder.resolve("kotlinc"), KOTLINC);
    assertTrue(kotlinc.toFile().setExecutable(true));
  }

  static List<Program> programs() {
    return Program.on(Pages.INTEROP);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("programs")
  void programsPrintWhatTheirPageSays(Program program) throws Exception {
    program.write(folder);
    assertFalse(program.commands().isEmpty(), "no command");
    Ended ended = run(program.commands());
    assertEquals(0, ended.code(), ended::said);
    assertFalse(ended.said().matches("(?s).*\\.java:\\d+: warning: .*"), ended::said);
    program.assertPrinted(ended.printed());
  }

  /** What may be null is no text, and what must not be null takes no null. */
  @Test
  void kotlinKnowsWhatMayBeNull() throws Exception {
    String wrong =
        """
        import dev.logitcl.Backends
        import dev.logitcl.Rows

        fun main() {
            val problem: String = Backends.available().first().problem
            Rows.on(null)
        }
        """;
    Files.writeString(folder.resolve("Wrong.kt"), wrong);
    Ended ended = run(List.of("kotlinc Wrong.kt -jvm-target 17 -cp \"$CLASSPATH\" -d wrong"));
    assertNotEquals(0, ended.code());
    List<String> errors =
        ended.said().lines().filter(line -> line.contains(": error: ")).sorted().toList();
    assertEquals(2, errors.size(), ended::said);
    assertTrue(errors.get(0).contains("Wrong.kt:5:"), ended::said);
    assertTrue(errors.get(1).contains("Wrong.kt:6:"), ended::said);
  }

  /** The jar has no class of other libraries, and the POM in it is the one that is published. */
  @Test
  void theJarIsWhatUsersGet() throws IOException {
    try (JarFile opened = new JarFile(jar.toFile())) {
      List<String> others =
          opened.stream()
              .map(ZipEntry::getName)
              .filter(name -> name.endsWith(".class") || name.endsWith(".so"))
              .filter(
                  name ->
                      !name.matches("(META-INF/versions/\\d+/)?(dev/logitcl/.*|module-info.class)"))
              .toList();
      assertEquals(List.of(), others);
      ZipEntry pom = opened.getEntry("META-INF/maven/dev.logitcl/logitcl/pom.xml");
      assertArrayEquals(
          Files.readAllBytes(Path.of("pom.xml")), opened.getInputStream(pom).readAllBytes());
    }
  }

  /** How processes came to their end. */
  private record Ended(int code, String printed, String said) {}

  private static Ended run(List<String> commands) throws Exception {
    Path printed = folder.resolve("printed");
    Path said = folder.resolve("said");
    ProcessBuilder shell =
        new ProcessBuilder("sh", "-e", "-c", String.join("\n", commands))
            .directory(folder.toFile())
            .redirectOutput(printed.toFile())
            .redirectError(said.toFile());
    String java = Path.of(System.getProperty("java.home"), "bin").toString();
    shell.environment().put("CLASSPATH", classPath());
    shell.environment().merge("PATH", folder + ":" + java, (old, first) -> first + ":" + old);
    // PyTorch is unpacked once, and its folder goes when everything that was built does.
    shell.environment().put("DJL_CACHE_DIR", jar.resolveSibling("djl").toString());
    shell.environment().put("OPT_OUT_TRACKING", "true"); // on Amazon EC2, DJL calls home
    Process process = shell.start();
    try {
      assertTrue(process.waitFor(5, TimeUnit.MINUTES), () -> commands + " did not end");
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    return new Ended(process.exitValue(), Files.readString(printed), Files.readString(said));
  }

  /** The library's jar in place of its classes, and the jars of others; no logging provider. */
  private static String classPath() {
    return Stream.concat(
            Stream.of(jar.toString()),
            Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.endsWith(".jar") && !entry.contains("logback")))
        .collect(Collectors.joining(File.pathSeparator));
  }
}
