package dev.logitcl.arch;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.PackageMatcher;

/** Whether a class depends on a package; a rule about no class at all fails. */
final class Uses extends DescribedPredicate<JavaClass> {
  private final PackageMatcher matcher;

  Uses(String packageName) {
    super("use " + packageName);
    this.matcher = PackageMatcher.of(packageName);
  }

  @Override
  public boolean test(JavaClass type) {
    return type.getDirectDependenciesFromSelf().stream()
        .anyMatch(d -> matcher.matches(d.getTargetClass().getPackageName()));
  }
}
