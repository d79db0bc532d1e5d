package dev.logitcl.arch;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.logitcl.Backends;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which package may use which, and who may touch what is outside. */
@Tag("once")
final class ArchitectureTest {
  private static final String ROOT = "dev.logitcl";

  /**
   * The arrows; a package may also use what its targets use. A new package is entered here. The
   * packages that nobody above names: cpu.vector, which is loaded by name because its module may be
   * missing.
   */
  private static final Map<String, Set<String>> ARROWS =
      Map.ofEntries(
          Map.entry("cli", Set.of("bench.qualify", "examples", "io")),
          Map.entry("bench.qualify", Set.of("bench.tune")),
          Map.entry("bench.tune", Set.of("bench")),
          Map.entry("bench", Set.of("")),
          Map.entry("examples", Set.of("")),
          Map.entry("", Set.of("split", "opencl")),
          Map.entry("split", Set.of("cpu")),
          Map.entry("cpu.vector", Set.of("cpu")),
          Map.entry("cpu", Set.of("backend")),
          Map.entry("opencl", Set.of("cpu", "kernel", "cl")),
          Map.entry("kernel", Set.of("backend", "files")),
          Map.entry("cl", Set.of("backend", "files")),
          Map.entry("backend", Set.of("op")),
          Map.entry("op", Set.of("matrix")),
          Map.entry("io", Set.of("matrix", "files")),
          Map.entry("files", Set.of()),
          Map.entry("matrix", Set.of()));

  private static JavaClasses main;

  @BeforeAll
  static void readClasses() throws URISyntaxException {
    main =
        new ClassFileImporter()
            .importPath(
                Path.of(
                    Backends.class.getProtectionDomain().getCodeSource().getLocation().toURI()));
  }

  private static String room(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1);
  }

  private static boolean isOurs(JavaClass type) {
    return type.getPackageName().equals(ROOT) || type.getPackageName().startsWith(ROOT + ".");
  }

  private static Set<String> reachable(String room) {
    Set<String> reached = new TreeSet<>();
    for (String target : ARROWS.getOrDefault(room, Set.of())) {
      reached.add(target);
      reached.addAll(reachable(target));
    }
    return reached;
  }

  @Test
  void dependenciesRunOneWay() {
    Set<String> wrong = new TreeSet<>();
    for (JavaClass type : main) {
      Set<String> allowed = reachable(room(type));
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        JavaClass target = dependency.getTargetClass().getBaseComponentType();
        if (isOurs(target) && !room(target).equals(room(type)) && !allowed.contains(room(target))) {
          wrong.add(type.getName() + " uses " + target.getName());
        }
      }
    }
    assertEquals(Set.of(), wrong);
  }

  @Test
  void everyPackageIsKnown() {
    Set<String> rooms = new TreeSet<>();
    main.forEach(type -> rooms.add(room(type)));
    assertEquals(new TreeSet<>(ARROWS.keySet()), rooms);
  }

  @Test
  void packagesFormNoCycle() {
    slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(main);
  }

  @Test
  void onlyClTouchesTheDriver() {
    onlyIn("cl", "org.jocl..");
  }

  @Test
  void onlyTheVectorPathTouchesTheIncubator() {
    onlyIn("cpu.vector", "jdk.incubator.vector..");
  }

  @Test
  void examplesUseWhatUsersHave() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".examples")
        .should()
        .dependOnClassesThat(
            resideInAPackage(ROOT + "..")
                .and(
                    resideOutsideOfPackages(
                        ROOT,
                        ROOT + ".examples",
                        ROOT + ".backend",
                        ROOT + ".op",
                        ROOT + ".matrix")))
        .check(main);
  }

  @Test
  void onlyTheCommandLineUsesItsLibraries() {
    onlyIn(
        "cli",
        "picocli..",
        "com.fasterxml.jackson..",
        "me.tongfei.progressbar..",
        "org.jline..",
        "com.github.freva..",
        "ch.qos.logback..");
  }

  private static void onlyIn(String room, String... packages) {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + "." + room)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(packages)
        .check(main);
    // Guards against a name that has no bearing: the room itself does use at least the first.
    classes()
        .that()
        .resideInAPackage(ROOT + "." + room)
        .and(new Uses(packages[0]))
        .should()
        .resideInAPackage(ROOT + "..")
        .check(main);
  }

  @Test
  void classesAreFinalOrMeantToBeExtended() {
    classes()
        .that()
        .areNotInterfaces()
        .and()
        .areNotEnums()
        .and()
        .areNotAnonymousClasses()
        .and()
        .doNotHaveModifier(JavaModifier.ABSTRACT)
        .and()
        .areNotAssignableTo(RuntimeException.class)
        .should()
        .haveModifier(JavaModifier.FINAL)
        .check(main);
  }
}
