package dev.logitcl.contract;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How much of the whole a run of the tests covers, by the system property {@code
 * logitcl.test.scope}: {@code quick}, a chosen part alone; {@code K/N}, the chosen part and of the
 * rest every N-th test, beginning with number K; {@code all}, every test.
 */
public final class Scope {
  private static final Scope RUN = parse(System.getProperty("logitcl.test.scope", "quick"));

  private final int first;
  private final int of;

  private Scope(int first, int of) {
    this.first = first;
    this.of = of;
  }

  /** The scope of this run. */
  public static Scope ofThisRun() {
    return RUN;
  }

  static Scope parse(String text) {
    if (text.equals("quick")) {
      return new Scope(0, 0);
    }
    if (text.equals("all")) {
      return new Scope(0, 1);
    }
    String[] slice = text.split("/", -1);
    if (slice.length == 2) {
      int of = Integer.parseInt(slice[1]);
      return new Scope(Math.floorMod(Integer.parseInt(slice[0]), of), of);
    }
    throw new IllegalArgumentException(
        "logitcl.test.scope is '" + text + "', expected quick, K/N or all");
  }

  /** Whether this run has every test. */
  public boolean isAll() {
    return of == 1;
  }

  /**
   * The tests of this run.
   *
   * @param all every test there is, in an order that stays
   * @param chosen those that every run has
   */
  public <T> List<T> select(Collection<T> all, Collection<T> chosen) {
    Set<T> always = new HashSet<>(chosen);
    List<T> selected = new ArrayList<>();
    int number = 0;
    for (T test : all) {
      if (always.contains(test)) {
        selected.add(test);
      } else if (of > 0 && number++ % of == first) {
        selected.add(test);
      }
    }
    return selected;
  }

  /**
   * Of tests that take turns, those of this run: every test whose number leaves the rest that the
   * slice's number leaves; with the whole, all of them. Of some tests there is always one.
   *
   * @param turns after so many slices each test has run, or earlier where the tests are fewer
   */
  public <T> List<T> turn(Collection<T> tests, int turns) {
    List<T> now = new ArrayList<>();
    int number = 0;
    int cycle = Math.min(turns, tests.size());
    for (T test : tests) {
      if (isAll() || number++ % cycle == first % cycle) {
        now.add(test);
      }
    }
    return now;
  }
}
