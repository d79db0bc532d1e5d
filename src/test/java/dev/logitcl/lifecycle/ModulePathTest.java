package dev.logitcl.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.logitcl.Backends;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.jocl.CL;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A program on the module path that requires dev.logitcl and nothing else. */
final class ModulePathTest {
  private static final String DESCRIPTOR = "META-INF/versions/17/module-info.class";

  /** What the library's jar leaves out. */
  private static final List<String> TOOL =
      List.of("dev/logitcl/cli/", "dev/logitcl/bench/", "dev/logitcl/examples/", "logback.xml");

  private static final String PROGRAM =
      """
      package p;

      import dev.logitcl.Backends;
      import dev.logitcl.Rows;

      public class M {
        public static void main(String[] arguments) {
          Backends.available().forEach(device -> System.out.println("LISTED " + device));
          try (var best = Backends.best(); var java = Backends.cpu()) {
            System.out.println(Rows.on(best).logSumExp(new float[] {0, 0}, 1, 2)[0]);
            System.out.println(Rows.on(java).logSumExp(new float[] {0, 0}, 1, 2)[0]);
          }
        }
      }
      """;

  @TempDir private Path folder;
  private Path modules;
  private Path program;

  @BeforeEach
  void compile() throws Exception {
    modules = Files.createDirectory(folder.resolve("modules"));
    program = folder.resolve("program");
    pack(origin(Backends.class), modules.resolve("logitcl.jar"));
    for (Class<?> of : List.of(CL.class, LoggerFactory.class)) {
      Files.copy(origin(of), modules.resolve(origin(of).getFileName()));
    }
    Path source = Files.createDirectories(folder.resolve("source/p")).getParent();
    Path descriptor =
        Files.writeString(
            source.resolve("module-info.java"), "module my.app { requires dev.logitcl; }");
    Path main = Files.writeString(source.resolve("p/M.java"), PROGRAM);
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    int code =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(
                out,
                out,
                "-Xlint:all",
                "-Werror",
                "-p",
                modules.toString(),
                "-d",
                program.toString(),
                descriptor.toString(),
                main.toString());
    assertEquals(0, code, said::toString);
  }

  private static Path origin(Class<?> of) throws Exception {
    return Path.of(of.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  /** The library's jar, as the build makes it of its classes. */
  private static void pack(Path classes, Path jar) throws IOException {
    assertTrue(Files.exists(classes.resolve(DESCRIPTOR)), "\"mvn compile\" makes " + DESCRIPTOR);
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MULTI_RELEASE, "true");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest);
        Stream<Path> files = Files.walk(classes)) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        String name = classes.relativize(each).toString().replace(File.separatorChar, '/');
        if (TOOL.stream().noneMatch(name::startsWith)) {
          out.putNextEntry(new JarEntry(name));
          Files.copy(each, out);
        }
      }
    }
  }

  private String run(String... flags) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (Runtime.version().feature() >= 24) {
      command.add("--enable-native-access=jocl");
    }
    command.addAll(List.of(flags));
    command.addAll(List.of("-p", modules + File.pathSeparator + program, "-m", "my.app/p.M"));
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertTrue(Patience.sees(process));
    String printed = Files.readString(output);
    assertEquals(0, process.exitValue(), printed);
    assertEquals(2, printed.lines().filter("0.6931472"::equals).count(), printed);
    Backends.available()
        .forEach(device -> assertTrue(printed.contains("LISTED " + device.id()), printed));
    return printed;
  }

  @Test
  void requiresThisModuleAlone() throws Exception {
    String printed = run();
    assertTrue(printed.contains("scalar"), printed);
  }

  @Test
  void withTheVectorApi() throws Exception {
    String printed = run("--add-modules", "jdk.incubator.vector");
    assertTrue(printed.contains(" vector "), printed);
  }
}
