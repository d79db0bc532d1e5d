package dev.logitcl.arch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.logitcl.Backends;
import dev.logitcl.docs.Pages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What is stable by the page of promises: japicmp compares these packages with the last release,
 * the module exports them, and whoever uses them meets no type of another package.
 */
@Tag("once")
class StableApiTest {
  private static final Set<String> STABLE =
      Set.of("dev.logitcl", "dev.logitcl.backend", "dev.logitcl.matrix", "dev.logitcl.op");

  /** Exported too, and free to change. */
  private static final Set<String> UNSTABLE = Set.of("dev.logitcl.io", "dev.logitcl.split");

  @Test
  void onePlaceSaysWhatTheOthersSay() throws Exception {
    String promises = Files.readString(Pages.SITE.resolve("promises.md"));
    assertEquals(STABLE, found("`([\\w.]+)`", sentence(promises, "The stable packages are ")));
    assertEquals(UNSTABLE, found("`([\\w.]+)`", sentence(promises, "Not stable are ")));
    String pom = Files.readString(Path.of("pom.xml"));
    assertEquals(STABLE, found("<include>(dev\\.logitcl[\\w.]*)</include>", pom));
    Set<String> exported =
        found("exports ([\\w.]+);", Files.readString(Path.of("src/main/module/module-info.java")));
    assertEquals(
        Stream.concat(STABLE.stream(), UNSTABLE.stream()).collect(Collectors.toSet()), exported);
  }

  private static String sentence(String page, String start) {
    assertTrue(page.contains(start), start);
    return page.substring(page.indexOf(start)).split("(?<=\\.)\\s", 2)[0];
  }

  private static Set<String> found(String pattern, String text) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toSet());
  }

  @Test
  void stableTypesLeadToStableTypes() throws Exception {
    Set<String> wrong = new TreeSet<>();
    int types = 0;
    for (JavaClass type :
        new ClassFileImporter()
            .importPath(
                Path.of(
                    Backends.class.getProtectionDomain().getCodeSource().getLocation().toURI()))) {
      if (!STABLE.contains(type.getPackageName()) || !isPublic(type)) {
        continue;
      }
      types++;
      Stream<JavaType> named =
          Stream.of(
                  type.getSuperclass().stream(),
                  type.getInterfaces().stream(),
                  type.getFields().stream()
                      .filter(field -> isSeen(field.getModifiers()))
                      .map(field -> field.getType()),
                  type.getCodeUnits().stream()
                      .filter(unit -> isSeen(unit.getModifiers()))
                      .flatMap(StableApiTest::types))
              .flatMap(each -> each);
      named
          .flatMap(each -> each.getAllInvolvedRawTypes().stream())
          .map(JavaClass::getBaseComponentType)
          .filter(each -> each.getPackageName().startsWith("dev.logitcl"))
          .filter(each -> !STABLE.contains(each.getPackageName()))
          .forEach(each -> wrong.add(type.getName() + " shows " + each.getName()));
    }
    assertEquals(Set.of(), wrong);
    assertTrue(types > 50, types + " types");
  }

  private static Stream<JavaType> types(JavaCodeUnit unit) {
    return Stream.of(
            Stream.of(unit.getReturnType()),
            unit.getParameterTypes().stream(),
            unit.getExceptionTypes().stream())
        .flatMap(each -> each);
  }

  /** Public, as all types around it are. */
  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(StableApiTest::isPublic).orElse(true);
  }

  private static boolean isSeen(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }
}
